"""Acts on many selected domains: one confirmation, and a batch that workers send."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access, http
from portal.acts import nameservers as acts
from portal.forms.renewals import NOT_RENEWABLE
from portal.forms.selected_domains import SelectedForm, SelectedNameserversForm, SelectedRenewalForm
from portal.operations import acting_key
from portal.operations.together import Together, batch_of
from portal.pages.selection import Selection, selected, wrong_words
from portal.sign_in import reauthentication
from portal.wording.durations import about
from portal.wording.operations import WRITES
from ultahost_api.client import writes
from ultahost_api.client.core.write import Write
from ultahost_api.models import Domain

_ENDED = ("Cancelled", "Transferred Away", "Fraud")


@dataclass(frozen=True, slots=True)
class Kind:
    """One act. ``words`` gives the title for a number of domains, and what the button says."""

    write: type[Write]
    make: Callable[[Any, Domain], Write]  # takes the form and a domain
    words: Callable[[int], tuple[str, str]]
    form: type[SelectedForm] = SelectedForm
    text: str | Promise = ""
    warning: str | Promise = ""
    danger: bool = False
    asks_password: bool = False
    priced: bool = False  # whether the page shows renewal amounts
    calls: int = 1  # of each write, with what is read before it
    hindered: Callable[[Domain], object] = lambda domain: ""


def _ended(domain: Domain) -> object:
    return _("Its status is %(status)s.") % {"status": domain.status} if domain.status in _ENDED else ""


def _not_renewable(domain: Domain) -> object:
    is_ended = domain.status in NOT_RENEWABLE
    return _("Its status is %(status)s.") % {"status": domain.status} if is_ended else ""


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
    years = form.cleaned_data["years"]
    return writes.CreateOrder(form.method(domain.account), domainrenewals={domain.name: years})


KINDS: Mapping[str, Kind] = {
    "nameservers": Kind(
        writes.UpdateNameservers,
        lambda form, domain: writes.UpdateNameservers(domain.remote_id, form.nameservers),
        _nameserver_words,
        SelectedNameserversForm,
        text=gettext_lazy(
            "This replaces all current nameservers. The current ones are not available from Ultahost."
        ),
        warning=gettext_lazy("Wrong nameservers take the website and e-mail of the domain offline."),
        asks_password=WRITES["update_nameservers"].asks_password,
        hindered=_ended,
    ),
    "auto-renew-on": Kind(
        writes.SetAutoRenew,
        lambda form, domain: writes.SetAutoRenew(domain.remote_id, True),
        _on_words,
        text=gettext_lazy("Ultahost creates an invoice before the domain is due. You still need to pay it."),
        priced=True,
        hindered=partial(_switched, True),
    ),
    "auto-renew-off": Kind(
        writes.SetAutoRenew,
        lambda form, domain: writes.SetAutoRenew(domain.remote_id, False),
        _off_words,
        warning=gettext_lazy(
            "Ultahost creates no more renewal invoices. You lose the domain when it expires."
        ),
        danger=True,
        asks_password=True,
        priced=True,
        hindered=partial(_switched, False),
    ),
    "lock": Kind(
        writes.SetLock,
        lambda form, domain: writes.SetLock(domain.remote_id, True),
        _lock_words,
        text=gettext_lazy("The registrar then refuses to transfer the domain away."),
        hindered=_ended,
    ),
    "unlock": Kind(
        writes.SetLock,
        lambda form, domain: writes.SetLock(domain.remote_id, False),
        _unlock_words,
        text=gettext_lazy(
            "Unlock it only to move it to another registrar. Lock it again if the transfer doesn't go ahead."
        ),
        warning=gettext_lazy("While it is unlocked, a person who has its EPP code can transfer the domain."),
        danger=True,
        asks_password=True,
        hindered=_ended,
    ),
    "renew": Kind(
        writes.CreateOrder,
        _renewal,
        _renew_words,
        SelectedRenewalForm,
        text=gettext_lazy("Each domain is an order of its own. Ultahost shows the price on its invoice."),
        asks_password=WRITES["create_order"].asks_password,
        priced=True,
        calls=2,
        hindered=_not_renewable,
    ),
}


@http.require_safe_or_post
def change_domains(request: http.Request, act: str) -> HttpResponse:
    """The first POST brings the selection, the second one what was confirmed; a GET what was typed before."""
    kind = KINDS.get(act)
    if kind is None or not access.accounts_to_operate(request.user):
        raise Http404
    if kind.asks_password:
        typed = reauthentication.as_initial(request.POST)
        if way := reauthentication.ask_first(request, typed=typed):
            return way
    data, initial = _given(request)
    if token := _token(request):
        batch = batch_of(request.user, token)
        if access.operations_together(request.user, batch):
            return http.SeeOther(reverse("batch", args=[batch]))
    selection = selected(request.user, "domains", data)
    if words := wrong_words(selection):
        messages.warning(request, words)
        return http.SeeOther(http.back(request, reverse("domains")))
    together = Together(
        request.user,
        selection.rows.order_by("account__name", "name"),
        kind.write.action,
        hindered=kind.hindered,
        calls=kind.calls,
    )
    initial = {"form_token": uuid4(), **initial}
    form = kind.form(data if token else None, initial=initial, accounts=together.accounts)
    if token and form.is_valid() and _is_as_shown(request, together):
        try:
            batch = together.confirm(token, data, partial(kind.make, form))
        except acting_key.OtherKey as words:
            form.add_error(None, str(words))
        else:
            _save_set(request, form)
            return http.SeeOther(reverse("batch", args=[batch]))
    return _page(request, kind, selection, together, form)


def _given(request: http.Request) -> tuple[QueryDict, dict[str, Any]]:
    if request.method == "POST":
        return request.POST, {}
    typed = reauthentication.typed_before(request)
    data = QueryDict(mutable=True)
    for name, value in typed.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data, typed


def _token(request: http.Request) -> UUID | None:
    """That of the confirmation page; None if the selection was just made."""
    told = request.POST.get("form_token")
    try:
        return UUID(told) if told else None
    except ValueError:
        raise Http404 from None


def _is_as_shown(request: http.Request, together: Together) -> bool:
    """The page names only what can be done: what cannot any more is shown again before anything is sent."""
    if together.left_out:
        messages.error(request, _("Some domains changed meanwhile. Nothing was sent."))
    return not together.left_out


def _save_set(request: http.Request, form: SelectedForm) -> None:
    if name := form.cleaned_data.get("save_as"):
        acts.save(request.user, name, form.nameservers)  # type: ignore[attr-defined]


def _page(
    request: http.Request, kind: Kind, selection: Selection, together: Together, form: SelectedForm
) -> HttpResponse:
    title, verb = kind.words(len(together.doable))
    context = {
        "kind": kind,
        "title": title,
        "verb": verb,
        "form": form,
        "together": together,
        "left_out": selection.left_out,
        "totals": _totals(together) if kind.priced else {},
        "estimate": about(together.seconds),
        "back": http.back(request, reverse("domains")),
    }
    status = 422 if form.is_bound else 200
    return http.page(request, "domains/selected.html", context, status=status)


def _totals(together: Together) -> dict[str, tuple[Decimal, int]]:
    """By currency, the sum of the renewal amounts, and how many domains have none that is known."""
    totals: dict[str, tuple[Decimal, int]] = {}
    for item in together.doable:
        amount, currency = item.row.recurring_amount, item.row.account.currency
        known, unknown = totals.get(currency, (Decimal(0), 0))
        totals[currency] = (known + (amount or 0), unknown + (amount is None))
    return totals
