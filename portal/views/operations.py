from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from portal import access, http
from portal.acts import operations as acts
from portal.live_reads import reading
from portal.live_reads.slots import Busy, provider_call
from portal.models import User
from portal.pages import cells, parts
from portal.pages.columns import ACCOUNT, Column, Listing
from portal.pages.filters import OperationFilter
from portal.pages.tables import Table
from portal.queries.batches import recent
from portal.queries.deeds import Deeds
from portal.views.orders import invoice_row
from portal.wording import formats
from portal.wording.links import href
from portal.wording.operations import meaning
from portal.wording.reasons import said
from ultahost_api.models import Account
from ultahost_api.models.operations import OperationQuerySet
from ultahost_api.models.sorting import Filled
from ultahost_api.operations import settling
from ultahost_api.operations.actions import action_of

_READ = (
    *("action", "noun", "remote_id", "subject", "parameters", "before", "agreed_total", "result"),
    *("state", "reason", "message", "key_last_four", "created_at", "withdrawn_at"),
)
_PEOPLE = {"who", "settled_by", "withdrawn_by"}  # the columns with their names


def _what(operation: Any, about: Mapping[str, Any]) -> str:
    return parts.link(href("operation", operation.pk), about["deeds"].words(operation))


LISTING = Listing(
    name="operations",
    head=_("History"),
    tabs="changes/_tabs.html",
    title=_("Activity"),
    search=_("Search activity"),
    empty=_("No changes have been sent to Ultahost yet."),
    without_account=_("Requests that were sent to Ultahost."),
    file="activity",
    sorts={
        "when": ["created_at"],
        "status": ["state", "created_at"],
        "account": [Filled("account__name"), "created_at"],
    },
    default_sort="-when",
    above="operations/_batches.html",
    shown=("what", "status", "account", "who", "when"),
    columns=(
        Column(
            "when", _("When"), lambda o: formats.stamp(o.created_at), "date", cell=cells.when("created_at")
        ),
        Column("who", _("Who"), lambda o: o.user.name, "extra", cell=cells.plain("user")),
        ACCOUNT,
        Column("what", _("What"), lambda o: o.words, "name", cell=_what),
        Column("subject", pgettext_lazy("column", "On"), lambda o: o.about),
        Column("status", _("State"), lambda o: o.get_state_display(), "state", cell=cells.status("state")),
        Column("message", _("Answer from Ultahost"), said),
        Column("key", _("Key"), lambda o: f"…{o.key_last_four}"),
        Column("settled_by", _("Decided by"), lambda o: o.settled_by and o.settled_by.name),
        Column(
            "withdrawn",
            _("Withdrawn"),
            lambda o: formats.stamp(o.withdrawn_at),
        ),
        Column("withdrawn_by", _("Withdrawn by"), lambda o: o.withdrawn_by and o.withdrawn_by.name),
    ),
)


@require_safe
def operations(request: http.Request) -> HttpResponse:
    """The activity list: a person's own operations; for an admin those of all people."""
    shown = LISTING.shown_to(request.user.columns.get(LISTING.name, ()))
    table = _table(request, _as_shown(access.operations_to_view(request.user), shown))
    if not request.user.is_admin:
        table.shown = [name for name in table.shown if name != "who"]
    # The names of people are not of the accounts, and end nothing that is kept. A search looks at them too.
    tells_people = _PEOPLE & {*table.shown} or request.GET.get("q")
    table.may_be_kept = not tells_people and access.are_followed(request.user, table.accounts)
    return table.respond(batches=recent(request.user), deeds=Deeds(request.user, table.page))


@require_safe
def operations_csv(request: http.Request) -> HttpResponseBase:
    mine = access.operations_to_view(request.user)
    return _table(request, mine).as_csv(prepare=lambda operations: _word(request.user, operations))


@require_safe
def operation(request: http.Request, operation_id: UUID) -> HttpResponse:
    operation = access.operation_to_view(request.user, operation_id)
    can_be_read = action_of(operation.action).can_be_seen
    made = operation.made_invoice if operation.took_effect else None
    invoice = invoice_row(request.user, operation.account, made)
    deeds = Deeds(request.user, [operation])
    context = {
        "operation": operation,
        "words": deeds.words(operation),
        "subject": deeds.subject(operation),
        "may_pay": invoice
        and invoice.is_payable
        and access.accounts_to_pay(request.user).contains(invoice.account),
        "meaning": meaning(operation),
        "can_be_read": can_be_read,
        "awaits": (operation.is_pending and can_be_read) or (made and not invoice),
        "invoice": invoice,
        "made": made,
    }
    return http.page(request, "operations/detail.html", context, partials=["operation"])


@require_POST
def look_again(request: http.Request, operation_id: UUID) -> HttpResponse:
    operation = access.operation_to_settle(request.user, operation_id)
    try:
        with provider_call():
            look = settling.look_again(operation)
    except Busy:
        messages.error(request, gettext("The portal is busy. Try again."))
    else:
        if look.failure:
            messages.error(request, _not_read(look.failure))
        elif look.was_too_short:
            messages.info(request, gettext("Still looking. The result appears here when it is known."))
    return http.SeeOther(reverse("operation", args=[operation.pk]))


def _not_read(why: Exception) -> str:
    if isinstance(why, settling.NoKey):
        return gettext("No active key can read this account.")
    problem = reading.failed(why)
    if problem.retry_at is None:
        return problem.problem
    words = gettext("The rate limit is used up %(until)s. Nothing was read.")
    return words % {"until": formats.until(problem.retry_at)}


@require_POST
def decide(request: http.Request, operation_id: UUID) -> HttpResponse:
    """Stores the result that a person saw at Ultahost."""
    operation = access.operation_to_settle(request.user, operation_id)
    if request.POST.get("happened") not in {"yes", "no"}:
        raise Http404
    acts.decide(request.user, operation, took_effect=request.POST["happened"] == "yes")
    return http.SeeOther(reverse("operation", args=[operation.pk]))


def _as_shown(operations: OperationQuerySet, shown: Sequence[str]) -> OperationQuerySet:
    """With what the page's cells and sentences read, since each further column costs time in each row."""
    people = "user", *({"settled_by", "withdrawn_by"} & {*shown})
    named = [f"{person}__{field}" for person in people for field in ("name", "email")]
    related = operations.select_related(None).select_related(*people, "account")
    money = [f"account__{field}" for field in ("currency", "former_currency", "currency_changed_at")]
    return related.only(*_READ, *named, "account__name", *money)


def _word(user: User, operations: Iterable[Any]) -> None:
    """Gives each the sentence of its column in the file."""
    deeds = Deeds(user, operations)
    for operation in operations:
        operation.words = deeds.words(operation)


def _table(request: http.Request, mine: OperationQuerySet) -> Table:
    accounts = Account.objects.filter(pk__in=mine.order_by().values("account")).only("name", "folded")
    return Table(request, LISTING, mine, accounts=accounts, filter=OperationFilter)
