from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import access, http
from portal.live_reads import reading
from portal.models import User
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.pages import exports, live_tables
from portal.pages.filters import QuoteFilter
from portal.pages.tables import ListPage, Sorts, filled
from portal.queries import history
from portal.queries.freshness import Freshness
from portal.views.ordering import where_it_led
from portal.wording import fields
from ultahost_api import conf
from ultahost_api.client import QuoteDetails, writes
from ultahost_api.models import Account, Noun, Operation
from ultahost_api.models.quotes import ACCEPTABLE
from ultahost_api.refresh import schedule

SORTS: Sorts = {
    "subject": [filled("subject"), "remote_id"],
    "account": ["account__name", "created_on"],
    "stage": [filled("stage"), "valid_until"],
    "made": ["created_on", "remote_id"],
    "valid": ["valid_until", "remote_id"],
    "total": ["total"],
}


@access.key_holders_only
@require_safe
def quotes(request: http.Request) -> HttpResponse:
    accounts = access.accounts_to_view(request.user)
    schedule.watch(accounts)
    context = {"list": _listing(request, request.user), "freshness": Freshness(Noun.QUOTES, accounts)}
    return http.page(request, "quotes/list.html", context, partials=["quotes"])


@access.key_holders_only
@require_safe
def quotes_csv(request: http.Request) -> HttpResponseBase:
    return _listing(request, request.user).as_csv("quotes.csv", _columns())


@access.key_holders_only
@require_safe
def quote(request: http.Request, account_id: UUID, quote_id: int) -> HttpResponse:
    """Its items are read live; a quote that is gone is shown as it was last read."""
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    row = access.quotes_to_view(request.user).of([account]).filter(remote_id=quote_id).first()
    context: dict[str, object] = {"account": account, "quote_id": quote_id, "row": row}
    if row and not http.is_partial(request, "quote"):  # which is without it
        context["history"] = history.history(request.user, row)
    if live_tables.is_wanted(request):
        context["live"] = answer = _read(account, quote_id)
        may_operate = access.accounts_to_operate(request.user).contains(account)
        context["may_accept"] = may_operate and answer.is_there and _is_open(answer.content)
    return http.page(request, "quotes/detail.html", context, partials=["quote"])


@require_http_methods(["GET", "HEAD", "POST"])
def accept_quote(request: http.Request, account_id: UUID, quote_id: int) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    read = _read(account, quote_id)
    writing = WritePage(
        request,
        account,
        writes.AcceptQuote,
        title=_("Accept quote %(number)s?") % {"number": quote_id},
        text=_("Ultahost makes an invoice of it. The portal cannot take an acceptance back."),
        verb=_("Accept the quote"),
        back=reverse("quote", args=[account.pk, quote_id]),
        facts=_facts(account, read),
        extra={"busy": _("Accepting…")},
        priced=True,
        agreed=read.content.total if read.is_there else None,
    )

    def accepted(operation: Operation) -> None:
        writing.done = where_it_led(request.user, operation)

    writing.on_done = accepted
    return writing.respond(WriteForm, lambda form: writes.AcceptQuote(quote_id))


def _is_open(quote: QuoteDetails) -> bool:
    expired = quote.valid_until and quote.valid_until < conf.today()
    return quote.stage in ACCEPTABLE and not expired and quote.total is not None


def _read(account: Account, quote_id: int) -> reading.Live:
    return reading.read(account, lambda client: client.quotes.get(quote_id))


def _facts(account: Account, read: reading.Live) -> list[tuple[object, object]]:
    """What it costs, or why that could not be read."""
    if not read.is_there:
        return [(_("Quote"), f"{read.problem} {read.said}".strip())]
    quote: QuoteDetails = read.content
    return [
        (_("Quote"), quote.subject),
        (_("Total"), fields.money(quote, "total", account.currency)),
        (_("Valid until"), fields.day(quote, "valid_until")),
    ]


def _listing(request: http.Request, user: User) -> ListPage:
    return ListPage(
        request,
        access.quotes_to_view(user),
        accounts=access.accounts_to_view(user),
        filter_class=QuoteFilter,
        sorts=SORTS,
        default_sort="-made",
    )


def _columns() -> list[exports.Column]:
    return [
        (_("Account"), lambda q: q.account.name),
        (_("Quote"), str),
        (_("Stage"), lambda q: q.shown_stage),
        (_("Made"), lambda q: q.created_on),
        (_("Valid until"), lambda q: q.valid_until),
        (_("Total"), lambda q: q.total),
        (_("Currency"), lambda q: q.account.currency),
        (_("Number at Ultahost"), lambda q: q.remote_id),
        (_("Could not be read"), fields.unread_words),
    ]
