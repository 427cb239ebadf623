from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.forms import Select
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_safe

from portal import access, http
from portal.forms.orders import KINDS, OrderForm, Review, ServiceOrder
from portal.live_reads import reading
from portal.models import Product, User
from portal.operations.page import WritePage
from portal.pages import cells, live_tables, parts
from portal.pages.columns import ACCOUNT, OWN_CURRENCY, REMOTE_ID, UNREADABLE, Add, Column, Listing
from portal.pages.filters import OrderFilter
from portal.pages.ordered import NUMBER, THINGS
from portal.pages.tables import Table
from portal.queries import history, related
from portal.queries.deeds import deed
from portal.queries.freshness import Freshness
from portal.queries.payment_gateways import gateway_words
from portal.queries.prices import last_paid
from portal.sign_in.reauthentication import can_be_asked_first
from portal.wording import formats
from ultahost_api.client import OrderDetails, writes
from ultahost_api.client.orders import OrderedDomain, OrderedService
from ultahost_api.models import Account, Invoice, Noun, Operation
from ultahost_api.models.sorting import Filled
from ultahost_api.refresh import schedule


def _day(order: Any, _about: Mapping[str, Any]) -> Any:
    return parts.readable(order, "date", formats.day(order.date))


LISTING = Listing(
    name="orders",
    title=_("Orders"),
    search=_("Search orders"),
    before_key=_("Add an API key to see your orders."),
    empty=_("There are no orders in the accounts you can see."),
    sorts={
        "number": [Filled("number"), "remote_id"],
        "account": [Filled("account__name"), "date"],
        "status": [Filled("status"), "date"],
        "date": ["date", "remote_id"],
        "amount": ["amount"],
    },
    default_sort="-date",
    shown=("number", "status", "account", "payment_method", "date", "amount"),
    columns=(
        ACCOUNT,
        NUMBER,
        Column("date", _("Ordered"), lambda o: o.date, "date", cell=_day),
        Column("status", _("Status"), lambda o: o.status, "state", cell=cells.status("status")),
        Column("amount", _("Amount"), lambda o: o.amount, "money", cell=cells.amount("amount", "currency")),
        OWN_CURRENCY,
        Column(
            "payment_method",
            _("Payment method"),
            lambda o: o.payment_method,
            "extra",
            cell=cells.gateway,
        ),
        THINGS,
        REMOTE_ID,
        UNREADABLE,
    ),
)


@access.key_holders_only
@require_safe
def orders(request: http.Request) -> HttpResponse:
    table = _table(request)
    schedule.watch(table.accounts)
    if access.accounts_to_operate(request.user).exists():
        table.add = Add(_("New order"), reverse("create_order", args=["service"]))
    return table.respond(gateways=gateway_words())


@access.key_holders_only
@require_safe
def orders_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


@access.key_holders_only
@require_safe
def order(request: http.Request, account_id: UUID, order_id: int) -> HttpResponse:
    """What was ordered is read live; where that cannot be read, it is shown as it was last read."""
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    row = access.orders_to_view(request.user).of([account]).filter(remote_id=order_id).first()
    context: dict[str, object] = {"account": account, "order_id": order_id, "row": row}
    context["currency"] = row.currency if row else account.currency
    context["reads_besides"] = access.reads_besides(request.user, account)
    if row and not http.is_partial(request, "order"):  # which is without it
        context["history"] = history.history(request.user, row)
    if live_tables.is_wanted(request):
        answer = reading.read(account, lambda client: client.orders.get(order_id))
        context |= {"live": answer}
        if answer.is_there:
            context |= _rows_of(answer.content, account, request.user)
    if row and "services" not in context and (row.is_gone or "live" in context):
        context["ordered"], context["invoice"] = related.of_order(request.user, row)
    invoice = context.get("invoice")
    if isinstance(invoice, Invoice) and invoice.is_payable:
        context["may_pay"] = access.accounts_to_pay(request.user).contains(invoice.account)
    return http.page(request, "orders/detail.html", context, partials=["order"])


def _rows_of(order: OrderDetails, account: Account, user: User) -> dict[str, object]:
    """Each line with our row of it, where there is one."""
    services = access.services_to_view(user).of([account])
    domains = access.domains_to_view(user).of([account])
    ours = {service.remote_id: service for service in services.filter(remote_id__in=_ids(order.services))}
    names = {domain.remote_id: domain for domain in domains.filter(remote_id__in=_ids(order.domains))}
    return {
        "services": [(line, ours.get(line.id or 0)) for line in order.services],
        "domains": [(line, names.get(line.id or 0)) for line in order.domains],
        "invoice": invoice_row(user, account, order.invoice_id),
    }


def invoice_row(user: User, account: Account, remote_id: int | None) -> Invoice | None:
    """Our row of the invoice of an order or a quote; None until a refresh has read it."""
    return access.invoices_to_view(user).of([account]).filter(remote_id=remote_id or 0).first()


def _ids(lines: Iterable[OrderedService | OrderedDomain]) -> list[int]:
    return [line.id for line in lines if line.id]


def _table(request: http.Request) -> Table:
    accounts = access.accounts_to_view(request.user)
    return Table(
        request,
        LISTING,
        access.orders_to_view(request.user).prefetch_related("items"),
        accounts=accounts,
        filter=OrderFilter,
        freshness=Freshness(Noun.ORDERS, accounts),
    )


@sensitive_variables()
@sensitive_post_parameters("epp_code", "root_password")
@can_be_asked_first
def create_order(request: http.Request, kind: str) -> HttpResponse:
    """The order is in the query string. ``?review`` shows what will be sent; a POST there sends it."""
    choice = live_tables.choose(request, access.accounts_to_operate(request.user))
    if choice.account is None or kind not in KINDS:
        raise Http404
    if "usual" in request.GET:
        return _usual(request, ServiceOrder, choice.account)
    form = _form(request, KINDS[kind], choice.account)
    if form.is_valid():
        return _review(request, choice.account, form)
    products = list(Product.objects.filter(kind=Product.Kind.SERVICE)) if _is_shop(request, form) else []
    chosen = getattr(form, "chosen", None)
    context = {
        "choice": choice,
        "kind": kind,
        "kinds": [(word, entry.title) for word, entry in KINDS.items()],
        "chosen": chosen,
        "summary": [] if products else _so_far(request, form),
        "prices": last_paid(request.user, products or filter(None, [chosen])),
        "products": products,
    }
    return http.form_page(request, "orders/new.html", form, context, partials={"order-summary": "summary"})


def _is_shop(request: http.Request, form: OrderForm) -> bool:
    """Whether a product is still to be chosen from the catalogue."""
    is_open = isinstance(form, ServiceOrder) and not form.chosen and not form.is_bound
    return is_open and not {"product", "product_id"} & {*request.GET}


def _usual(request: http.Request, form_class: type[OrderForm], account: Account) -> HttpResponse:
    """To the review of the product ``?usual=`` as one orders it most often; what is missing is asked for."""
    query = request.GET.copy()
    query["product"] = query.pop("usual")[-1]
    form = form_class(initial={"product": query["product"]}, account=account)
    chosen = getattr(form, "chosen", None)
    if chosen is None:
        raise Http404
    price = last_paid(request.user, [chosen]).get(chosen.pk)
    if price and price.cycle.lower() in dict(form.fields["cycle"].choices):  # type: ignore[attr-defined]
        query["cycle"] = price.cycle.lower()
    _choose_first(query, form)
    query["account"] = str(account.pk)
    if form_class(query, account=account).is_valid():
        query["review"] = "1"
    return http.SeeOther(f"{reverse('create_order', args=[form_class.kind])}?{query.urlencode()}")


def _choose_first(query: QueryDict, form: OrderForm) -> None:
    """What a browser shows in a choice of which nothing was chosen yet."""
    for name, field in form.fields.items():
        if type(field.widget) is Select and name not in query:
            query[name] = str(next(iter(field.widget.choices))[0])


def _so_far(request: http.Request, form: OrderForm) -> list[tuple[Any, Any]]:
    """What the address tells of the order, whether that is whole or not."""
    query = request.GET.copy()
    _choose_first(query, form)
    told = type(form)(query, account=form.account)
    told.is_valid()
    return told.summary


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
        title=gettext("Place this order?"),
        text=_price_words(request.user, form),
        verb=gettext("Place the order"),
        back=f"{request.path}?{query.urlencode()}",
        facts=form.facts,
        extra={"action": there, "busy": gettext("Ordering…")},
    )

    def placed(operation: Operation) -> SafeString:
        writing.done = where_it_led(request.user, operation)
        return told_with_invoice(request.user, operation)

    writing.on_done = placed

    def order(review: Review) -> writes.CreateOrder:
        return writes.CreateOrder(**form.fields_to_send, **review.secret_fields())

    return writing.respond(form.review, order, is_priced=form.expected is not None)


def _price_words(user: User, form: OrderForm) -> str:
    chosen = getattr(form, "chosen", None)
    words = gettext("Ultahost shows the price only on the invoice it creates.")
    price = last_paid(user, [chosen]).get(chosen.pk) if chosen else None
    if price is None:
        return words
    return (
        words
        + " "
        + gettext("Last paid: %(price)s, %(day)s.") % {"price": price, "day": formats.day(price.on)}
    )


def told_with_invoice(user: User, operation: Operation) -> SafeString:
    """``Ordered …; invoice #347: Pay now``, where our copy has the invoice that it made."""
    words = deed(user, operation)
    made = invoice_row(user, operation.account, operation.made_invoice)
    if made is None:
        return conditional_escape(words)
    told = gettext("invoice %(invoice)s") % {"invoice": made}
    if not made.is_payable or not access.accounts_to_pay(user).contains(made.account):
        return format_html("{}; {}", words, told)
    pay = reverse("pay_invoice", args=[made.pk])
    return format_html('{}; {}: <a href="{}">{}</a>', words, told, pay, gettext("Pay now"))


def where_it_led(user: User, operation: Operation) -> str:
    """The invoice that the write made, if our copy has it already; else the operation, which names it."""
    invoice = invoice_row(user, operation.account, operation.made_invoice)
    if invoice:
        return reverse("invoice", args=[invoice.pk])
    return reverse("operation", args=[operation.pk])
