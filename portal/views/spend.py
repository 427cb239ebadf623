from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from portal import audit, http
from portal.models import Act
from portal.pages import exports
from portal.views.spend_page import SpendPage
from ultahost_api.refresh import schedule


@require_safe
def spend(request: http.Request) -> HttpResponse:
    """What invoices came to in one currency, and what the active services and domains will."""
    page = SpendPage(request)
    schedule.watch(page.accounts)
    return http.page(request, "spend/page.html", {"page": page})


@require_safe
def spend_csv(request: http.Request) -> HttpResponseBase:
    """One of the tables, named by ``?table=``."""
    page = SpendPage(request)
    make = page.tables.get(request.GET.get("table", "months"))
    if make is None:
        raise Http404
    sheet = make()
    name = f"spend-{sheet.name}.csv"
    filters = urlencode({"currency": page.currency, "period": page.form.span.value})
    account = page.form.chosen_account
    audit.record(request, Act.EXPORTED, name, account=account, rows=len(sheet.lines), filters=filters)
    return exports.response(name, sheet.columns, sheet.lines)
