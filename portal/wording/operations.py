"""Operations in people's words: what was done, and what its state means now."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import AuditEntry
from portal.wording.reasons import is_of_another
from portal.wording.translated import Translated
from ultahost_api.models import Operation
from ultahost_api.operations.actions import action_of

State = Operation.State

_DIGEST = 64


# By the action's name.
WRITES: dict[str, str | Promise] = {
    "update_account": gettext_lazy("Change account details"),
    "change_password": gettext_lazy("Change the password at Ultahost"),
    "verify_2fa": gettext_lazy("Turn on two-factor sign-in"),
    "disable_2fa": gettext_lazy("Turn off two-factor sign-in"),
    "request_cancellation": gettext_lazy("Request a cancellation"),
    "service_reset_password": gettext_lazy("Reset a service's password"),
    "service_module_custom": gettext_lazy("Run a command on a service"),
    "upgrade_service": gettext_lazy("Upgrade a service"),
    "create_order": gettext_lazy("Place an order"),
    "pay_invoice": gettext_lazy("Pay an invoice"),
    "add_payment_method": gettext_lazy("Add a payment method"),
    "delete_payment_method": gettext_lazy("Delete a payment method"),
    "accept_quote": gettext_lazy("Accept a quote"),
    "create_contact": gettext_lazy("Add a contact"),
    "update_contact": gettext_lazy("Change a contact"),
    "delete_contact": gettext_lazy("Delete a contact"),
    "update_nameservers": gettext_lazy("Set nameservers"),
    "manage_domain_lock": gettext_lazy("Lock or unlock a domain"),
    "toggle_autorenew": gettext_lazy("Switch auto-renew"),
}
_ACTS = Translated(WRITES)
# Of many rows at once
_ACTS_TOGETHER = Translated(
    {
        "service_module_custom": gettext_lazy("Run a command on services"),
        "create_order": gettext_lazy("Renew domains"),
        "pay_invoice": gettext_lazy("Pay invoices"),
        "update_contact": gettext_lazy("Change contacts"),
        "manage_domain_lock": gettext_lazy("Lock or unlock domains"),
    }
)

# The names of an audit entry's details.
DETAILS: dict[str, str | Promise] = {
    "before": gettext_lazy("before"),
    "filters": gettext_lazy("filters"),
    "happened": gettext_lazy("happened"),
    "level": gettext_lazy("level"),
    "on": gettext_lazy("on"),
    "owner": gettext_lazy("owner"),
    "role": gettext_lazy("role"),
    "rows": gettext_lazy("rows"),
    "until": gettext_lazy("until"),
}


_SPELLED = Translated({True: gettext_lazy("yes"), False: gettext_lazy("no")})
_DETAILS = Translated(DETAILS)


def act(action: str) -> str:
    """In people's words. An action of another version of the portal keeps its name."""
    return _ACTS.get(action)


def act_together(action: str) -> str:
    """Of a batch."""
    return _ACTS_TOGETHER[action] if action in _ACTS_TOGETHER else act(action)


def audited(entry: AuditEntry) -> str:
    """What an entry is about; an operation's action in words, and no digest of what had no id yet."""
    if entry.noun != AuditEntry.Noun.OPERATION:
        return entry.target
    action, _space, subject = entry.target.partition(" ")
    # Entries of earlier versions name the whole account, or a digest of what had no id yet.
    is_told = subject and subject != "account" and len(subject) != _DIGEST
    return f"{act(action)}, {subject}" if is_told else act(action)


def details(entry: AuditEntry) -> str:
    """``before: member, role: admin``."""
    return ", ".join(
        f"{_DETAILS.get(name)}: {_SPELLED[value] if isinstance(value, bool) else value}"
        for name, value in entry.details.items()
        if value not in ("", None)
    )


def meaning(operation: Operation) -> str:
    """What the state says about the world, and what to do."""
    if operation.state == State.UNKNOWN and not action_of(operation.action).can_be_seen:
        return _("The answer did not arrive. Check at Ultahost, then tell us the result.")
    if operation.ended_as_gone:
        return _(
            "The answer did not arrive, and the item is no longer at Ultahost. Whether it happened can no"
            " longer be found out."
        )
    if operation.state == State.REFUSED and is_of_another(operation):
        return _("Ultahost did not receive it. Nothing was changed; you can try again.")
    return {
        State.QUEUED: _("Queued: the portal sends it after the ones before it."),
        State.SENDING: _("It is being sent."),
        State.DONE: _("Ultahost has done it."),
        State.REFUSED: _("Ultahost refused it. Nothing was changed."),
        State.NOT_SENT: _("It was not sent. Nothing was changed; you can try again."),
        State.UNKNOWN: _(
            "The answer did not arrive, so the result is unknown. The portal checks at Ultahost until it"
            " knows the result. It does not send the request again."
        ),
        State.CONFIRMED: _("The answer did not arrive, but we found that it was applied."),
        State.NOT_CONFIRMED: _("The answer did not arrive, and we found no sign it was applied."),
    }[State(operation.state)]


def nameservers_of(operation: Operation | None) -> list[str]:
    """That were asked for; none of an operation that sets none."""
    numbered = operation.parameters if operation else {}
    return [numbered[name] for name in ("ns1", "ns2", "ns3", "ns4", "ns5") if numbered.get(name)]
