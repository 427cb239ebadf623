"""Month end: the statement of an account and a month, as page, on paper and as a file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, audit, http
from portal.models import Act
from portal.pages import cells, exports, parts
from portal.pages.accounting_columns import (
    CREDIT_USED,
    LABEL,
    NET,
    SERVICE,
    TAX,
    first_line_texts,
    first_service_names,
    label_names,
    line_texts,
)
from portal.pages.any_table import drawn
from portal.pages.columns import UNREADABLE, Column
from portal.pages.feet import feet
from portal.pages.months import MonthPicker
from portal.pages.named_periods import month_named
from portal.pages.periods import month_after
from portal.queries import statements as query
from portal.queries.cycles import last_of_month
from portal.queries.freshness import Freshness
from portal.wording.translated import Translated
from ultahost_api import conf
from ultahost_api.models import Account, Invoice, Noun
from ultahost_api.refresh import schedule

PAGE_SIZE, PRINTED = 100, 2000  # rows
_MONTHS_BACK = 240  # that can be chosen, however old a date the copy has

_WORDS = Translated({"not counted": _("Not counted")})
_HEADS = Translated({"for": _("For"), SERVICE.name: SERVICE.title, LABEL.name: LABEL.title})


def _state(invoice: Invoice, _about: Mapping[str, Any]) -> Any:
    status = parts.status(invoice.shown_status)
    return status if invoice.is_counted else format_html("{} {}", status, parts.quiet(_WORDS["not counted"]))


def _clamped(name: str, text: Callable[[Invoice], str]) -> cells.Cell:
    """A long text takes three lines on a screen and all on paper. In a second line it names its column."""

    def cell(invoice: Invoice, _about: Mapping[str, Any]) -> Any:
        told = text(invoice)
        return told and format_html('<span class="clamped" data-head="{}">{}</span>', _HEADS[name], told)

    return cell


# The page, the paper and the file have the same columns; in the file an amount has its currency beside it.
COLUMNS = (
    Column("date", _("Date"), lambda i: i.date, "date", cell=cells.day("date")),
    Column("number", _("Number"), str, "name", _("Invoice"), cells.name("invoice", "pk")),
    Column(
        "for", _("For"), line_texts, "for extra", cell=_clamped("for", first_line_texts), tip=first_line_texts
    ),
    replace(SERVICE, cell=_clamped(SERVICE.name, first_service_names), tip=first_service_names),
    replace(LABEL, cell=_clamped(LABEL.name, label_names)),
    Column("status", _("Status"), lambda i: i.shown_status, "state", cell=_state),
    NET,
    TAX,
    CREDIT_USED,
    Column("total", _("Total"), lambda i: i.total, "money", cell=cells.amount("total", "currency")),
    Column(
        "paid", _("Paid"), lambda i: i.paid_total, "number extra", cell=cells.amount("paid_total", "currency")
    ),
)
_UNDER = [(column.name, column.css_class) for column in COLUMNS[2:]]  # what names a sum takes two
_IN_FILE = (*COLUMNS, Column("currency", _("Currency"), lambda i: i.currency), UNREADABLE)
# Of the list: the account, how many invoices, the sums, and the file.
_UNDER_ACCOUNTS = [
    *((name, "number extra") for name in ("count", "net", "tax", "credit")),
    ("total", "money"),
    *((name, "number extra") for name in ("paid", "open", "file")),
]


@require_safe
def statements(request: http.Request) -> HttpResponse:
    """What each account came to in a month, the last one unless another is chosen."""
    month = month_named(request.GET.get("month", "")) or month_after(conf.today(), -1)
    accounts = access.accounts_with_invoices(request.user)
    schedule.watch(accounts)
    first, last = month, last_of_month(month)
    told = query.Month(request.user, month)
    context = {
        "rows": told.by_account,
        "feet": feet(told.sums, _UNDER_ACCOUNTS),
        "freshness": Freshness(Noun.INVOICES, accounts),
        "csv_url": reverse("invoices_csv") + "?" + urlencode({"since": first, "until": last}),
        **_months(request, month, lambda chosen: f"{reverse('statements')}?month={chosen}"),
    }
    return http.page(request, "statements/list.html", context, partials=["statements"])


@require_safe
def statement(request: http.Request, account_id: UUID, month: str) -> HttpResponse:
    context = _context(request, account_id, month, PAGE_SIZE)
    schedule.watch(context["freshness"].accounts)
    return http.page(request, "statements/detail.html", context, partials=["statement"])


@require_safe
def statement_print(request: http.Request, account_id: UUID, month: str) -> HttpResponse:
    """A separate page for printing: all of it, without the portal's frame."""
    return http.page(request, "statements/print.html", _context(request, account_id, month, PRINTED))


@require_safe
def statement_csv(request: http.Request, account_id: UUID, month: str) -> HttpResponseBase:
    told = query.statement(request.user, _account(request, account_id), _month(month))
    name = f"statement-{month}.csv"
    audit.record(request, Act.EXPORTED, name, account=told.account, rows=told.invoices.count())
    return exports.response(name, _IN_FILE, told.invoices.iterator(chunk_size=500))


def _context(request: http.Request, account_id: UUID, month: str, size: int) -> dict[str, Any]:
    first, account = _month(month), _account(request, account_id)
    told = query.statement(request.user, account, first)
    page = Paginator(told.invoices, size).get_page(request.GET.get("page"))
    return {
        "statement": told,
        "columns": COLUMNS,
        "feet": feet(told.sums, _UNDER),
        "page": page,
        "rows": drawn(COLUMNS, page, {}),
        "freshness": Freshness(Noun.INVOICES, access.accounts_with_invoices(request.user)),
        **_months(request, first, lambda chosen: reverse("statement", args=[account.pk, chosen])),
    }


def _months(request: http.Request, month: date, address: Callable[[str], str]) -> dict[str, Any]:
    today = conf.today()
    first = max(query.first_day(request.user) or today, month_after(today, -_MONTHS_BACK))
    return {
        "month": month,
        "last": last_of_month(month),
        "picker": MonthPicker(month, first, today, address),
    }


def _account(request: http.Request, account_id: UUID) -> Account:
    return access.account_among(access.accounts_with_invoices(request.user), account_id)


def _month(text: str) -> date:
    month = month_named(text)
    if month is None:
        raise Http404
    return month
