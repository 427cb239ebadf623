"""An act is one transaction: what cannot be noted in the audit log has not happened, and no mail tells it."""

from functools import partial

import pytest
from django.core import serializers

from portal.acts import (
    catalogue,
    grants,
    invitations,
    keys,
    labels,
    operations,
    password_links,
    people,
    share_links,
)
from portal.models import (
    AccountPolicy,
    AuditEntry,
    Gateway,
    Grant,
    Invitation,
    Label,
    Notification,
    PasswordLink,
    Remark,
    ShareLink,
    Switches,
    User,
)
from ultahost_api.models import ApiKey, AssignedLine, InvoiceItem, Operation, Service

WATCHED = [
    AccountPolicy, ApiKey, AssignedLine, Gateway, Grant, Invitation, InvoiceItem, Label, Notification,
    Operation, PasswordLink, Remark, Service, ShareLink, Switches, User,
]  # fmt: skip


class CannotBeNoted(Exception):
    pass


@pytest.fixture
def team_of(people):
    """The fixture, beside the acts of the same name."""
    return people


@pytest.fixture
def acme(sandbox):
    return sandbox.add_account(company="Acme", currency="EUR")


@pytest.fixture
def dana(team_of):
    return team_of.admin("Dana")


@pytest.fixture
def team(settings, dana, team_of, rows, sandbox, acme, add_key):
    """What there is before an act, by name."""
    settings.EMAIL_URL = "smtp://localhost:1"
    alma, bo, vera = team_of.member("Alma"), team_of.admin("Bo"), team_of.member("Vera")
    key = add_key(alma, acme)
    account = key.account
    link, _ = ShareLink.objects.make(dana, name="Tax", days=7, accounts=[account])
    invoice = rows.invoice(account)
    InvoiceItem.objects.create(invoice=invoice, position=0, description="Support")
    return {
        "service": rows.service(account),
        "invoice": invoice,
        "alma": alma,
        "bo": bo,
        "key": key,
        "account": account,
        "grant": Grant.objects.create(user=vera, account=account, level="view", given_by=alma),
        "disabled": rows.key(alma, account, "Old", disabled_at=key.created_at),
        "link": link,
        "gateway": Gateway.objects.create(name="stripe", words="Card"),
        "unknown": rows.operation(key, state="unknown"),
        "cancellation": rows.operation(key, "service 5", action="request_cancellation"),
        "invitation": Invitation.objects.create(
            email="nils@example.com", name="Nils", invited_by=bo, hash="x", expires_at=link.expires_at
        ),
    }


ACTS = {
    "key added": lambda by, t, secret: keys.add(by, by, "Second", secret()),
    "key replaced": lambda by, t, secret: keys.replace(by, t["key"], secret()),
    "key disabled": lambda by, t, _: keys.disable(by, t["key"]),
    "key enabled": lambda by, t, _: keys.enable(by, t["disabled"]),
    "key removed": lambda by, t, _: keys.remove(by, t["key"]),
    "rotation begun": lambda by, t, secret: keys.begin_rotation(by, t["key"], secret()),
    "grant given": lambda by, t, _: grants.give(by, t["account"], t["bo"], "view"),
    "grant changed": lambda by, t, _: grants.change(by, t["grant"], "operate"),
    "grant taken": lambda by, t, _: grants.take(by, t["grant"]),
    "made private": lambda by, t, _: grants.set_private(by, t["account"], True),
    "share link made": lambda by, t, _: share_links.make(by, name="Bank", days=3, accounts=[t["account"]]),
    "share link revoked": lambda by, t, _: share_links.revoke(by, t["link"]),
    "entry saved": lambda by, t, _: catalogue.save(by, Gateway(name="paypal", words="PayPal")),
    "entry deleted": lambda by, t, _: catalogue.delete(by, t["gateway"]),
    "cards switched": lambda by, t, _: catalogue.switch_cards(by, True),
    "role changed": lambda by, t, _: people.change_role(by, t["bo"], "member"),
    "deactivated": lambda by, t, _: people.deactivate(by, t["alma"], [t["key"]]),
    "sessions ended": lambda by, t, _: people.end_sessions(by, t["alma"]),
    "two-factor required": lambda by, t, _: people.require_second_factor(by, True),
    "invitation sent": lambda by, t, _: invitations.send(t["invitation"], by),
    "invitation revoked": lambda by, t, _: invitations.revoke(t["invitation"], by),
    "password link made": lambda by, t, _: password_links.make(t["alma"], by),
    "operation decided": lambda by, t, _: operations.decide(by, t["unknown"], took_effect=True),
    "label and note set": lambda by, t, _: labels.set_remark(by, t["service"], "Shop", "a note"),
    "label set": lambda by, t, _: labels.set_label(by, Service.objects.all(), "Shop"),
    "line assigned": lambda by, t, _: labels.assign_line(by, t["invoice"], "Support", t["service"], ""),
    "line labelled": lambda by, t, _: labels.assign_line(by, t["invoice"], "Support", None, "Shop"),
    "cancellation withdrawn": lambda by, t, _: operations.withdraw(by, t["cancellation"]),
}


def everything():
    return {model.__name__: serializers.serialize("json", model.objects.order_by("pk")) for model in WATCHED}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ACTS)
def test_it_does_nothing_that_it_cannot_note(monkeypatch, dana, team, sandbox, acme, act):
    do = partial(ACTS[act], dana, team, lambda: sandbox.add_key(acme))

    def fail(*_, **__):
        raise CannotBeNoted

    with monkeypatch.context() as broken:
        broken.setattr("portal.audit.record", fail)
        before = everything()
        with pytest.raises(CannotBeNoted):
            do()

    assert everything() == before

    noted = AuditEntry.objects.count()
    for row in team.values():
        row.refresh_from_db()
    do()
    assert everything() != before
    assert AuditEntry.objects.count() > noted
