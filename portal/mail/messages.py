"""The content of each mail, in the reader's language and time zone, of objects that they may still see."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.mail import digests, outbox
from portal.models import Act, Grant, Notification, User
from portal.queries.deeds import deed
from portal.wording import preferences
from ultahost_api.models import Account, Domain, Operation

Kind = Notification.Kind
Facts = dict[str, Any]

# Fixed subjects: a name from outside must not be in a header.
_TITLES: dict[str, str | Promise] = {
    Kind.NEW_DEVICE: _("Your login was used in a new browser"),
    Kind.KEY_REFUSED: _("Ultahost refuses an API key"),
    Kind.ACT: _("A domain was prepared for transfer"),
    Kind.SHARING: _("Access to an account has changed"),
    Kind.OUTCOME: _("The result of a request is unknown"),
    Kind.DIGEST: _("Invoices and domains that need attention"),
}


def letter(notification: Notification) -> EmailMessage | None:
    """None if the reason for the mail is gone, or if the person may no longer see it."""
    person = notification.person
    with preferences.worn(person):
        facts = _FACTS[notification.kind](notification) if person.is_active else None
        if facts is None:
            return None
        facts |= {"person": person, "profile": url("profile")}
        body = _tidy(render_to_string(f"mail/{notification.kind}.txt", facts))
        host = urlsplit(settings.PORTAL_URL).hostname
        headers = {"Message-ID": f"<{notification.pk}@{host}>", "Auto-Submitted": "auto-generated"}
        title = str(_TITLES[notification.kind])
        return EmailMessage(title, body, settings.DEFAULT_FROM_EMAIL, [person.email], headers=headers)


def url(name: str, *arguments: object, query: str = "") -> str:
    return f"{settings.PORTAL_URL}{reverse(name, args=arguments)}{query}"


def _tidy(text: str) -> str:
    """Paragraphs one empty line apart, whatever the template's tags left between them."""
    return re.sub(r"\s*\n\s*\n\s*?(?=\S| )", "\n\n", text).strip() + "\n"


def _new_device(notification: Notification) -> Facts:
    facts = notification.facts
    return facts | {
        "at": datetime.fromisoformat(facts["at"]),
        "zone": timezone.get_current_timezone_name(),
        "sessions": url("usersessions_list"),
        "password": url("account_change_password"),
    }


def _key_refused(notification: Notification) -> Facts | None:
    """The owner is always mailed; other people only if they want this kind of mail."""
    person = notification.person
    key = access.keys_to_manage(person).filter(pk=notification.facts["key"]).first()
    if key is None or key.refused_at is None or key.disabled_at:
        return None
    own = key.owner_id == person.pk
    if not own and not person.wants(Kind.KEY_REFUSED):
        return None
    return {"key": key, "own": own, "url": url("key", key.pk)}


def _act(notification: Notification) -> Facts | None:
    facts = notification.facts
    domain = Domain.objects.select_related("account").filter(pk=facts["domain"]).first()
    by = User.objects.filter(pk=facts["by"]).first()
    if domain is None or not access.owners_of(domain.account).filter(pk=notification.person_id).exists():
        return None
    at = datetime.fromisoformat(facts["at"])
    return {"act": facts["act"], "domain": domain, "by": by, "at": at, "url": url("domain", domain.pk)}


def _sharing(notification: Notification) -> Facts | None:
    """The right as it is now, for a person who still has it or owns a key."""
    facts, person = notification.facts, notification.person
    account = Account.objects.filter(pk=facts["account"]).first()
    people = User.objects.in_bulk([facts["by"], *([facts["to"]] if "to" in facts else [])])
    to = next((one for pk, one in people.items() if str(pk) == facts.get("to")), None)
    grant = Grant.objects.filter(account=account, user=person).select_related("user").first()
    own = to == person and grant is not None
    if account is None or not (own or access.owners_of(account).filter(pk=person.pk).exists()):
        return None
    seen = access.accounts_to_view(person).contains(account)
    told = grant if own else Grant(user=to, level=facts["right"]) if to else None
    return {
        "account": account,
        "own": own,
        "act": Act(facts["act"]).label,
        "to": to,
        "right": told.gives if told else "",
        "by": next((one for pk, one in people.items() if str(pk) == facts["by"]), None),
        "at": datetime.fromisoformat(facts["at"]),
        "url": url("account", account.pk) if seen else url("accounts"),
    }


def _outcome(notification: Notification) -> Facts | None:
    """None if the result is known, or if the person may no longer view or pay for the account."""
    person = notification.person
    operations = Operation.objects.select_related("user", "account", "key__owner")
    operation = operations.filter(pk=notification.subject).first()
    accounts = access.accounts_to_view(person) | access.accounts_to_pay(person)
    if operation is None or not outbox.needs_a_person(operation) or not person.wants(Kind.OUTCOME):
        return None
    if not accounts.filter(pk=operation.account_id).exists():
        return None
    seen = access.operations_to_view(person).filter(pk=operation.pk).exists()
    return {
        "operation": operation,
        "words": deed(person, operation),
        "own": operation.user_id == person.pk,
        "url": url("operation", operation.pk) if seen else "",
    }


def _digest(notification: Notification) -> Facts | None:
    """None if it is not the person's day any more, or if nothing is new."""
    if digests.day_of(notification.person, timezone.now()) != notification.subject:
        return None
    digest = digests.compose(notification)
    if not digest.bills and not digest.endings:
        return None
    return {
        "digest": digest,
        "invoices": url("invoices", query="?status=Overdue"),
        "domains": url("domains", query="?view=at-risk"),
    }


_FACTS: dict[str, Callable[[Notification], Facts | None]] = {
    Kind.NEW_DEVICE: _new_device,
    Kind.KEY_REFUSED: _key_refused,
    Kind.ACT: _act,
    Kind.SHARING: _sharing,
    Kind.OUTCOME: _outcome,
    Kind.DIGEST: _digest,
}
