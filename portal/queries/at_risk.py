"""The one act that helps a domain at risk, as a button for a person with these rights."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal import access
from portal.models import User
from portal.wording import formats
from portal.wording.links import href, provider_help
from portal.wording.translated import Translated
from ultahost_api.models import Domain, Invoice, Remedy

_WORDS = Translated(
    {
        "pay": _("Pay %(sum)s"),
        "renew": _("Turn auto-renew on"),
        "ask": _("Ask Ultahost"),
        "open": pgettext_lazy("act", "Open"),
    }
)


@dataclass(frozen=True, slots=True)
class Button:
    """A link to where the act is done. One that leads out of the portal opens a new window.

    ``confirms``: it leads to the confirmation of the act, which opens in a dialog over the page.
    """

    label: str
    url: str
    leads_out: bool = False
    confirms: bool = False


class Remedies:
    """The buttons of many rows. It reads each right once, and the invoices with one statement."""

    def __init__(self, user: User, invoices: Iterable[UUID | None]) -> None:
        self._operated = {account.pk for account in access.accounts_to_operate(user)}
        self._paid_for = {account.pk for account in access.accounts_to_pay(user)}
        wanted = [pk for pk in invoices if pk]
        self._invoices = access.invoices_to_view(user).in_bulk(wanted) if wanted else {}

    def invoice(self, pk: UUID | None) -> Invoice | None:
        return self._invoices.get(pk) if pk else None

    def payment(self, invoice: Invoice | None) -> Button | None:
        """None if the person may not pay it, or if it cannot be paid now."""
        if invoice is None or invoice.account_id not in self._paid_for or not invoice.is_payable:
            return None
        words = _WORDS["pay"] % {"sum": formats.money(invoice.total, invoice.currency)}
        return Button(words, href("pay_invoice", invoice.pk), confirms=True)

    def button(self, domain: Domain) -> Button:
        """What helps, if the person may do it; else the page of the domain."""
        payment = self.payment(self.invoice(domain.renewal_invoice))
        if domain.remedy == Remedy.PAY and payment:
            return payment
        if domain.remedy == Remedy.RENEW and domain.account_id in self._operated:
            return Button(_WORDS["renew"], href("set_auto_renew", domain.pk, "on"), confirms=True)
        if domain.remedy == Remedy.ASK and (address := provider_help()):
            return Button(_WORDS["ask"], address, leads_out=True)
        return Button(_WORDS["open"], href("domain", domain.pk))
