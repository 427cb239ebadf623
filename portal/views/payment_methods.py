from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_safe

from portal import access, http
from portal.forms.payment_methods import FORMS
from portal.live_reads import reading
from portal.models import Switches, User
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.pages import live_tables
from portal.sign_in.reauthentication import can_be_asked_first
from ultahost_api.client import BadAnswer, Client, PaymentMethod, writes
from ultahost_api.models import Account

NAME = "payment_methods"  # in the live cache


@require_safe
def payment_methods(request: http.Request) -> HttpResponse:
    choice = live_tables.choose(request, access.accounts_to_pay(request.user))
    context: dict[str, object] = {"choice": choice}
    if choice.account:
        cards = _accounts_to_add_to(request.user, "card")
        context["may_change"] = access.accounts_to_operate(request.user).contains(choice.account)
        context["may_add_cards"] = Switches.current().cards and cards.contains(choice.account)
        if live_tables.is_wanted(request):
            context["live"] = _read(choice.account)
    return http.page(request, "payment_methods/list.html", context, partials=["payment-methods"])


@sensitive_variables()
@sensitive_post_parameters("card_number", "card_expiry", "bank_code", "bank_account")
@can_be_asked_first
def add_payment_method(request: http.Request, account_id: UUID, method: str) -> HttpResponse:
    if method not in FORMS or (method == "card" and not Switches.current().cards):
        raise Http404
    account = access.account_among(_accounts_to_add_to(request.user, method), account_id)
    is_card = method == "card"
    writing = WritePage(
        request,
        account,
        writes.AddPaymentMethod,
        title=_("Add a card") if is_card else _("Add a bank account"),
        text=_("The portal sends these details to Ultahost and does not store them."),
        verb=_("Add the card") if is_card else _("Add the bank account"),
        back=_list_of(account),
        extra={"busy": _("Adding…")},
        own_key_only=is_card,
        on_done=lambda operation: reading.forget(account, NAME),
    )
    return writing.respond(FORMS[method], lambda form: writes.AddPaymentMethod(**form.fields_to_send()))


@http.require_safe_or_post
def delete_payment_method(request: http.Request, account_id: UUID, method_id: int) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    writing = WritePage(
        request,
        account,
        writes.DeletePaymentMethod,
        title=_("Delete this payment method?"),
        text=_("Ultahost deletes it. Pay open invoices that use it with another payment method."),
        verb=_("Delete the payment method"),
        back=_list_of(account),
        facts=_facts(account, method_id),
        danger=True,
        extra={"busy": _("Deleting…")},
        on_done=lambda operation: reading.forget(account, NAME),
    )
    return writing.respond(WriteForm, lambda form: writes.DeletePaymentMethod(method_id))


def _accounts_to_add_to(user: User, method: str) -> QuerySet[Account]:
    """Requires the right to operate, not only to pay. A card requires an own key."""
    operated = access.accounts_to_operate(user)
    return access.accounts_of_own_keys(user) & operated if method == "card" else operated


def _read(account: Account) -> reading.Live:
    return reading.read_list(account, NAME, PaymentMethod, _whole)


def _whole(client: Client) -> reading.Whole:
    page = client.payment_methods.page()
    if page.total is None:
        raise BadAnswer("the answer has no data")
    return live_tables.whole([page])


def _facts(account: Account, method_id: int) -> list[tuple[object, object]]:
    """Which one it is, or why that could not be read."""
    answer = _read(account)
    found = [one for one in answer.content.records if one.id == method_id] if answer.is_there else []
    if not found:
        return [(_("Payment method"), answer.problem or f"#{method_id}")]
    one = found[0]
    number = f"•••• {one.card_last_four}" if one.card_last_four else ""
    told = [one.description, one.card_type, number, one.bank_name]
    return [(_("Payment method"), " · ".join(filter(None, told)) or f"#{method_id}")]


def _list_of(account: Account) -> str:
    return f"{reverse('payment_methods')}?account={account.pk}"
