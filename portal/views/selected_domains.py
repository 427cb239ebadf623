"""Acts on many selected domains: one confirmation, and a batch that workers send."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access, http
from portal.acts import nameservers as acts
from portal.forms.selected_domains import SelectedNameserversForm
from portal.forms.selected_renewals import SelectedRenewalForm
from portal.operations.form import SelectedForm
from portal.operations.together_page import BulkWrite, Rows, TogetherPage
from portal.pages import cells
from portal.pages.columns import ACCOUNT, Column
from portal.pages.selection import selected
from portal.sign_in.reauthentication import can_be_asked_first
from portal.wording.statuses import its_status
from ultahost_api.client import writes
from ultahost_api.client.core.write import Write
from ultahost_api.models import Domain
from ultahost_api.models.row_statuses import ENDED_DOMAIN, NOT_RENEWABLE_DOMAIN

_DUE = Column("due", gettext_lazy("Due"), css_class="date", cell=cells.day("next_due_date"))
_RENEWAL = Column(
    "renewal", gettext_lazy("Renewal"), css_class="money", cell=cells.amount("recurring_amount")
)


def _counted(count: int) -> str:
    return ngettext("%(count)s domain", "%(count)s domains", count) % {"count": count}


_DOMAINS = Rows(
    lambda user, data: selected(user, "domains", data),
    (
        Column("name", gettext_lazy("Domain"), css_class="name", cell=cells.name("domain", "pk")),
        Column("status", gettext_lazy("Status"), css_class="state", cell=cells.status("status")),
        ACCOUNT,
        _DUE,
    ),
    _counted,
)


def _ended(domain: Domain) -> object:
    return its_status(domain.status) if domain.status in ENDED_DOMAIN else ""


def _not_renewable(domain: Domain) -> object:
    return its_status(domain.status) if domain.status in NOT_RENEWABLE_DOMAIN else ""


def _switched(on: bool, domain: Domain) -> object:
    if domain.auto_renew is on:
        return _("Auto-renew is on already.") if on else _("Auto-renew is off already.")
    return _ended(domain)


def _nameserver_words(count: int) -> tuple[str, str]:
    title = ngettext(
        "Set the nameservers of %(count)s domain", "Set the nameservers of %(count)s domains", count
    )
    return title % {"count": count}, _("Set nameservers")


def _on_words(count: int) -> tuple[str, str]:
    title = ngettext(
        "Turn auto-renew of %(count)s domain on?", "Turn auto-renew of %(count)s domains on?", count
    )
    return title % {"count": count}, _("Turn on")


def _off_words(count: int) -> tuple[str, str]:
    title = ngettext(
        "Turn auto-renew of %(count)s domain off?", "Turn auto-renew of %(count)s domains off?", count
    )
    return title % {"count": count}, _("Turn off")


def _lock_words(count: int) -> tuple[str, str]:
    title = ngettext("Lock %(count)s domain?", "Lock %(count)s domains?", count)
    return title % {"count": count}, _("Lock")


def _unlock_words(count: int) -> tuple[str, str]:
    title = ngettext("Unlock %(count)s domain?", "Unlock %(count)s domains?", count)
    return title % {"count": count}, _("Unlock")


def _renew_words(count: int) -> tuple[str, str]:
    title = ngettext("Renew %(count)s domain?", "Renew %(count)s domains?", count)
    return title % {"count": count}, _("Order the renewals")


def _renewal(form: SelectedRenewalForm, domain: Domain) -> Write:
    renewed = {domain.name: form.years_of(domain)}
    return writes.CreateOrder(form.method(domain.account), domainrenewals=renewed)


_PRICED: Mapping[str, Any] = {
    "amount": lambda form, domain: domain.recurring_amount,
    "sum_label": gettext_lazy("Renewal amounts"),
    "amount_column": _RENEWAL,
}

KINDS: Mapping[str, BulkWrite] = {
    "nameservers": BulkWrite(
        writes.UpdateNameservers,
        lambda form, domain: writes.UpdateNameservers(domain.remote_id, form.nameservers),
        _nameserver_words,
        SelectedNameserversForm,
        text=gettext_lazy(
            "This replaces all current nameservers. The current ones are not available from Ultahost."
        ),
        warning=gettext_lazy("Wrong nameservers take the website and e-mail of the domain offline."),
        hindered=_ended,
    ),
    "auto-renew-on": BulkWrite(
        writes.SetAutoRenew,
        lambda form, domain: writes.SetAutoRenew(domain.remote_id, True),
        _on_words,
        text=gettext_lazy("Ultahost creates an invoice before the domain is due. You still need to pay it."),
        **_PRICED,
        hindered=partial(_switched, True),
    ),
    "auto-renew-off": BulkWrite(
        writes.SetAutoRenew,
        lambda form, domain: writes.SetAutoRenew(domain.remote_id, False),
        _off_words,
        warning=gettext_lazy(
            "Ultahost creates no more renewal invoices. You lose the domain when it expires."
        ),
        danger=True,
        asks_again=True,
        **_PRICED,
        hindered=partial(_switched, False),
    ),
    "lock": BulkWrite(
        writes.SetLock,
        lambda form, domain: writes.SetLock(domain.remote_id, True),
        _lock_words,
        text=gettext_lazy("The registrar then refuses to transfer the domain away."),
        hindered=_ended,
    ),
    "unlock": BulkWrite(
        writes.SetLock,
        lambda form, domain: writes.SetLock(domain.remote_id, False),
        _unlock_words,
        text=gettext_lazy(
            "Unlock it only to move it to another registrar. Lock it again if the transfer doesn't go ahead."
        ),
        warning=gettext_lazy("While it is unlocked, a person who has its EPP code can transfer the domain."),
        danger=True,
        asks_again=True,
        hindered=_ended,
    ),
    "renew": BulkWrite(
        writes.CreateOrder,
        _renewal,
        _renew_words,
        SelectedRenewalForm,
        text=gettext_lazy("Each domain is an order of its own. Ultahost shows the price on its invoice."),
        amount=lambda form, domain: form.price_of(domain),
        sum_label=gettext_lazy("Renewal amounts"),
        calls=2,
        hindered=_not_renewable,
    ),
}


@can_be_asked_first
def change_domains(request: http.Request, act: str) -> HttpResponse:
    kind = KINDS.get(act)
    if kind is None or not access.accounts_to_operate(request.user):
        raise Http404
    page = TogetherPage(request, _DOMAINS, kind, reverse("domains"))
    return page.respond(partial(_save_set, request))


def _save_set(request: http.Request, form: SelectedForm) -> None:
    if name := form.cleaned_data.get("save_as"):
        acts.save(request.user, name, form.nameservers)  # type: ignore[attr-defined]
