from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from portal import access, http
from portal.forms.orders import KINDS, OrderForm, Review
from portal.models import User
from portal.operations.page import WritePage
from portal.pages import live_tables
from portal.views.orders import invoice_row
from ultahost_api.client import writes
from ultahost_api.models import Account, Operation


@sensitive_variables()
@sensitive_post_parameters("epp_code", "root_password")
@http.require_safe_or_post
def create_order(request: http.Request, kind: str) -> HttpResponse:
    """The order stands in the address; ``?review`` shows what will be sent, and a POST there sends it."""
    choice = live_tables.choose(request, access.accounts_to_operate(request.user))
    if choice.account is None or kind not in KINDS:
        raise Http404
    form = _form(request, KINDS[kind], choice.account)
    if form.is_valid():
        return _review(request, choice.account, form)
    context = {
        "choice": choice,
        "kind": kind,
        "kinds": [(word, entry.title) for word, entry in KINDS.items()],
        "form": form,
    }
    return http.page(request, "orders/new.html", context, status=422 if form.is_bound else 200)


def _form(request: http.Request, form_class: type[OrderForm], account: Account) -> OrderForm:
    if request.method == "POST" or "review" in request.GET:
        return form_class(request.GET, account=account)
    given = {name: values if len(values) > 1 else values[0] for name, values in request.GET.lists()}
    return form_class(initial=given, account=account)


def _review(request: http.Request, account: Account, form: OrderForm) -> HttpResponse:
    query = request.GET.copy()
    query["account"] = str(account.pk)  # what is shown is what will be ordered for
    there = f"{request.path}?{query.urlencode()}"
    query.pop("review", None)
    writing = WritePage(
        request,
        account,
        writes.CreateOrder,
        title=_("Order this?"),
        text=_("Ultahost tells no price beforehand: it makes an invoice, which shows what there is to pay."),
        verb=_("Place the order"),
        back=f"{request.path}?{query.urlencode()}",
        facts=form.facts,
        extra={"action": there, "busy": _("Ordering…")},
    )

    def placed(operation: Operation) -> None:
        writing.done = where_it_led(request.user, operation)

    writing.on_done = placed

    def order(review: Review) -> writes.CreateOrder:
        return writes.CreateOrder(**form.fields_to_send, **review.secret_fields())

    return writing.respond(form.review, order)


def where_it_led(user: User, operation: Operation) -> str:
    """The invoice that the write made, if our copy has it already; else the operation, which names it."""
    invoice = invoice_row(user, operation.account, operation.made_invoice)
    if invoice:
        return reverse("invoice", args=[invoice.pk])
    return reverse("operation", args=[operation.pk])
