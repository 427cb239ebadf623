from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.live_reads import reading
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.pages import cells, live_tables
from portal.pages.columns import ACCOUNT, OWN_CURRENCY, REMOTE_ID, UNREADABLE, Column, Listing
from portal.pages.filters import QuoteFilter
from portal.pages.tables import Table
from portal.queries import history
from portal.queries.freshness import Freshness
from portal.sign_in.reauthentication import can_be_asked_first
from portal.views.orders import told_with_invoice, where_it_led
from portal.wording import fields, formats
from portal.wording.reasons import REASONS
from ultahost_api.client import QuoteDetails, writes
from ultahost_api.models import Account, Noun, Operation, Reason
from ultahost_api.models.quotes import ACCEPTABLE, EXPIRED, shown_stage
from ultahost_api.models.sorting import Filled
from ultahost_api.refresh import schedule

LISTING = Listing(
    name="quotes",
    title=_("Quotes"),
    search=_("Search quotes"),
    before_key=_("Add an API key to see your quotes."),
    empty=_(
        "Ultahost has made no quotes to the accounts you can see."
        " Ask its sales team for one, and it appears here."
    ),
    sorts={
        "subject": [Filled("subject"), "remote_id"],
        "account": [Filled("account__name"), "created_on"],
        "stage": [Filled("stage"), "valid_until"],
        "made": ["created_on", "remote_id"],
        "valid": ["valid_until", "remote_id"],
        "total": ["total"],
    },
    default_sort="-made",
    shown=("subject", "stage", "account", "made", "valid", "total"),
    columns=(
        ACCOUNT,
        Column("subject", _("Quote"), str, "name", cell=cells.name("quote", "account_id", "remote_id")),
        Column("stage", _("Stage"), lambda q: q.shown_stage, "state", cell=cells.status("shown_stage")),
        Column("made", _("Made"), lambda q: q.created_on, "extra", cell=cells.day("created_on")),
        Column("valid", _("Valid until"), lambda q: q.valid_until, "date", cell=cells.day("valid_until")),
        Column("total", _("Total"), lambda q: q.total, "money", cell=cells.amount("total", "currency")),
        OWN_CURRENCY,
        REMOTE_ID,
        UNREADABLE,
    ),
)


@access.key_holders_only
@require_safe
def quotes(request: http.Request) -> HttpResponse:
    table = _table(request)
    schedule.watch(table.accounts)
    return table.respond()


@access.key_holders_only
@require_safe
def quotes_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


@access.key_holders_only
@require_safe
def quote(request: http.Request, account_id: UUID, quote_id: int) -> HttpResponse:
    """Its items are read live; a quote that is gone is shown as it was last read."""
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    row = access.quotes_to_view(request.user).of([account]).filter(remote_id=quote_id).first()
    context: dict[str, object] = {"account": account, "quote_id": quote_id, "row": row}
    context["currency"] = row.currency if row else account.currency
    context["reads_besides"] = access.reads_besides(request.user, account)
    if row:
        context |= {"stage": row.shown_stage, "subject": row.subject}
    if row and not http.is_partial(request, "quote"):  # which is without it
        context["history"] = history.history(request.user, row)
    if live_tables.is_wanted(request):
        context["live"] = answer = _read(account, quote_id)
        if answer.is_there:
            context |= _told(answer.content)
        may_operate = access.accounts_to_operate(request.user).contains(account)
        context["may_accept"] = may_operate and answer.is_there and _is_open(answer.content)
    return http.page(request, "quotes/detail.html", context, partials=["quote"])


@can_be_asked_first
def accept_quote(request: http.Request, account_id: UUID, quote_id: int) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    row = access.quotes_to_view(request.user).of([account]).filter(remote_id=quote_id).first()
    read = _read(account, quote_id)
    currency = row.currency if row else account.currency
    writing = WritePage(
        request,
        account,
        writes.AcceptQuote,
        title=gettext("Accept quote %(number)s?") % {"number": quote_id},
        text=gettext("Ultahost creates an invoice for it. An acceptance cannot be undone in the portal."),
        verb=gettext("Accept the quote"),
        back=reverse("quote", args=[account.pk, quote_id]),
        facts=_facts(read, currency),
        extra={"busy": gettext("Accepting…")},
        priced=True,
        currency=currency,
        agreed=read.content.total if read.is_there else None,
        closed=_why_closed(read.content) if read.is_there else "",
    )

    def accepted(operation: Operation) -> SafeString:
        writing.done = where_it_led(request.user, operation)
        return told_with_invoice(request.user, operation)

    writing.on_done = accepted
    return writing.respond(WriteForm, lambda form: writes.AcceptQuote(quote_id))


def _is_open(quote: QuoteDetails) -> bool:
    return not _why_closed(quote) and quote.total is not None


def _why_closed(quote: QuoteDetails) -> str:
    """Why it cannot be accepted; empty if it can."""
    stage = shown_stage(quote.stage, quote.valid_until)
    if stage in ACCEPTABLE:
        return ""
    if stage == "Accepted":
        return str(REASONS[Reason.QUOTE_ACCEPTED])
    if stage == EXPIRED and quote.valid_until:
        words = gettext("This quote expired on %(day)s. Ask Ultahost for a new one.")
        return words % {"day": formats.day(quote.valid_until)}
    return gettext("This quote cannot be accepted in its current stage.")


def _told(quote: QuoteDetails) -> dict[str, object]:
    """Beside its fields. Most quotes have no discount, so it has a column only where there is one."""
    return {
        "stage": shown_stage(quote.stage, quote.valid_until),
        "subject": quote.subject,
        "is_discounted": any(item.discount or "discount" in item.unreadable for item in quote.items),
    }


def _read(account: Account, quote_id: int) -> reading.Live:
    return reading.read(account, lambda client: client.quotes.get(quote_id))


def _facts(read: reading.Live, currency: str) -> list[tuple[object, object]]:
    """What it costs, or why that could not be read."""
    if not read.is_there:
        return [(gettext("Quote"), f"{read.problem} {read.said}".strip())]
    quote: QuoteDetails = read.content
    return [
        (gettext("Quote"), quote.subject),
        (gettext("Total"), fields.money(quote, "total", currency)),
        (gettext("Valid until"), fields.day(quote, "valid_until")),
    ]


def _table(request: http.Request) -> Table:
    accounts = access.accounts_to_view(request.user)
    return Table(
        request,
        LISTING,
        access.quotes_to_view(request.user),
        accounts=accounts,
        filter=QuoteFilter,
        freshness=Freshness(Noun.QUOTES, accounts),
    )
