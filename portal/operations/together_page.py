"""Acts on many rows that a person selected: one confirmation, and a batch that workers send.

A view says what rows it is about (``Rows``) and what is done with them (``BulkWrite``)::

    return TogetherPage(request, DOMAINS, KINDS["lock"], back=reverse("domains")).respond()
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access, http
from portal.models import User
from portal.operations import acting_key
from portal.operations.form import SelectedForm
from portal.operations.password import asks_password
from portal.operations.together import Item, Together, batch_of
from portal.pages.any_table import drawn
from portal.pages.columns import ACCOUNT, Column
from portal.pages.selection import Selection, wrong_words
from portal.queries.cycles import total
from portal.sign_in import reauthentication
from portal.wording import formats
from portal.wording.durations import about
from ultahost_api.client.core.amounts import read_amount, written
from ultahost_api.client.core.write import Write

_WHY = Column("why", gettext_lazy("Why"), css_class="state why", cell=lambda row, told: told["why"][row.pk])


@dataclass(frozen=True, slots=True)
class Rows:
    """What the pages for rows of one noun have in common; the first of the ``columns`` has their name."""

    select: Callable[[User, QueryDict], Selection]
    columns: Sequence[Column]
    counted: Callable[[int], str]  # "3 domains"
    about: Callable[[], Mapping[str, Any]] = dict  # what the cells of the columns look up


@dataclass(frozen=True, slots=True)
class BulkWrite:
    """One act. ``words`` gives the title for a number of rows, and what the button says.

    With an ``amount``, the page shows the sum for each currency beside ``sum_label``. If the person
    ``agrees`` to it, an amount that is another one when it is sent is not.
    """

    write: type[Write]
    make: Callable[[Any, Any], Write]  # takes the form and a row
    words: Callable[[int], tuple[str, str]]
    form: type[SelectedForm] = SelectedForm
    text: str | Promise = ""
    warning: str | Promise = ""
    danger: bool = False
    asks_again: bool = False  # for the password, even if other writes of this action do not
    amount: Callable[[Any, Any], Decimal | Fraction | None] | None = None  # takes the form and a row
    sum_label: str | Promise = ""
    amount_column: Column | None = None
    agrees: bool = False
    calls: int = 1  # of each write, with what is read before it
    hindered: Callable[[Any], object] = lambda row: ""
    subject: Callable[[Any], str] = lambda row: str(row.remote_id)
    noted: Callable[[Any], Mapping[str, object]] = lambda row: {}


class TogetherPage:
    """The first POST brings the selection, the second one what was confirmed; a GET what was typed before.

    A POST with ``look`` sends nothing: it gets the page, or only what it costs, by what stands in the form.
    """

    def __init__(self, request: http.Request, rows: Rows, kind: BulkWrite, back: str) -> None:
        self.request, self.rows, self.kind = request, rows, kind
        self.back = http.back(request, back)
        self.data, self._typed = _given(request)
        self._token = _token(request)

    def respond(self, on_sent: Callable[[SelectedForm], None] = lambda form: None) -> HttpResponse:
        if way := self._batch():
            return way
        wrong = wrong_words(self.selection)
        if "look" in self.request.POST and not wrong:
            return self._page(self._form())
        needed = self.kind.asks_again or asks_password(self.kind.write)
        typed = reauthentication.as_initial(self.request.POST)
        purpose = self._purpose if needed and not wrong else ""
        if way := reauthentication.ask_first(self.request, typed=typed, purpose=purpose, needed=needed):
            return way
        if wrong:
            messages.warning(self.request, wrong)
            return http.SeeOther(self.back)
        form = self._form(self.data if self._token else None)
        if self._token and form.is_valid():
            if self.together.left_out:
                messages.error(self.request, _("Some rows changed meanwhile. Nothing was sent."))
                return self._batch() or self._page(form)  # another post of the page may have sent them
            try:
                make, agreed = partial(self.kind.make, form), self._agreed()
                batch = self.together.confirm(self._token, self.data, make, agreed)
            except acting_key.OtherKey as words:
                form.add_error(None, str(words))
            else:
                on_sent(form)
                return http.SeeOther(reverse("batch", args=[batch]))
        return self._page(form)

    @cached_property
    def selection(self) -> Selection:
        return self.rows.select(self.request.user, self.data)

    @cached_property
    def together(self) -> Together:
        kind = self.kind
        return Together(
            self.request.user,
            self.selection.rows,
            kind.write.action,
            hindered=kind.hindered,
            calls=kind.calls,
            subject=kind.subject,
            noted=kind.noted,
        )

    def _form(self, data: QueryDict | None = None) -> SelectedForm:
        typed = reauthentication.as_initial(self.request.POST) if "look" in self.request.POST else self._typed
        initial = {"form_token": uuid4(), **typed}
        together = self.together
        return self.kind.form(data, initial=initial, accounts=together.accounts, items=together.items)

    def _batch(self) -> HttpResponse | None:
        """Leads to the batch, if this page was sent before."""
        if self._token is None:
            return None
        batch = batch_of(self.request.user, self._token)
        is_known = access.operations_together(self.request.user, batch).exists()
        return http.SeeOther(reverse("batch", args=[batch])) if is_known else None

    @property
    def _purpose(self) -> str:
        """``Pay 2 invoices, €3,225.79``; a sum for each currency."""
        title, _verb = self.kind.words(len(self.together.doable))
        return ", ".join([title.rstrip("?¿ "), *self._sums_in_words(None)])

    def _sums(self, form: SelectedForm | None) -> dict[str, tuple[Decimal, int]]:
        """By currency, the sum of the amounts, and how many rows have none that is known."""
        amounts: dict[str, list[Decimal | Fraction | None]] = {}
        for item in self.together.doable if self.kind.amount else ():
            amounts.setdefault(_currency(item.row), []).append(self._amount(form, item))
        return {
            currency: (total([one for one in told if one is not None], currency), told.count(None))
            for currency, told in amounts.items()
        }

    def _amount(self, form: SelectedForm | None, item: Item) -> Decimal | Fraction | None:
        return self.kind.amount(form, item.row) if self.kind.amount else None

    def _agreed(self) -> Mapping[UUID, Decimal] | None:
        """The amounts that the page named, in the order of its rows; None of an act that costs nothing."""
        if not self.kind.agrees:
            return None
        rows, amounts = self.data.getlist("row"), self.data.get("amounts", "").split()
        try:
            return {UUID(row): read_amount(told) for row, told in zip(rows, amounts, strict=True)}
        except ValueError:
            raise Http404 from None

    def _page(self, form: SelectedForm) -> HttpResponse:
        doable, left_out = self.together.doable, self.together.left_out
        title, verb = self.kind.words(len(doable) or len(left_out))
        columns = [*self.rows.columns, *filter(None, [self.kind.amount_column])]
        why = {item.row.pk: item.hindrance for item in left_out}
        named = [self._amount(form, item) for item in doable] if self.kind.agrees else []
        context = {
            "kind": self.kind,
            "title": title,
            "verb": ", ".join([verb, *self._sums_in_words(form)]),
            "doable": doable,
            "keys": [
                (account, key, self._with_key(count, whose))
                for account, whose, key, count in self.together.whose
            ],
            "amounts": " ".join(written(amount) for amount in named if isinstance(amount, Decimal)),
            "sums": [
                (formats.money(known, currency), self._unknown(unknown))
                for currency, (known, unknown) in self._sums(form).items()
            ],
            "estimate": about(self.together.seconds),
            "columns": columns,
            "changed": drawn(columns, [item.row for item in doable], self.rows.about()),
            "left_columns": (columns[0], ACCOUNT, _WHY),
            "left_out": drawn(
                (columns[0], ACCOUNT, _WHY), [item.row for item in left_out], {"why": why}
            ),
            "passed_over": self._passed_over(),
            "back": self.back,
        }  # fmt: skip
        return http.form_page(self.request, "operations/together.html", form, context, partials=["costs"])

    def _sums_in_words(self, form: SelectedForm | None) -> list[str]:
        """The sums that the person agrees to, which the question and the button repeat."""
        sums = self._sums(form) if self.kind.agrees else {}
        return [formats.money(known, currency) for currency, (known, _unknown) in sums.items()]

    def _with_key(self, count: int, whose: str) -> str:
        return _("%(rows)s, with the key %(key)s") % {"rows": self.rows.counted(count), "key": whose}

    def _unknown(self, count: int) -> str:
        words = _("and %(rows)s whose amount is not known") % {"rows": self.rows.counted(count)}
        return words if count else ""

    def _passed_over(self) -> list[str]:
        """What the filter finds besides, in sentences."""
        view_only, settled = self.selection.left_out, self.selection.settled
        told = [
            ngettext(
                "%(rows)s of the filter is left out: you can only view its account.",
                "%(rows)s of the filter are left out: you can only view their accounts.",
                view_only,
            )
            % {"rows": self.rows.counted(view_only)},
            ngettext(
                "%(rows)s of the filter is left out: there is nothing to pay.",
                "%(rows)s of the filter are left out: there is nothing to pay.",
                settled,
            )
            % {"rows": self.rows.counted(settled)},
        ]
        return [words for words, count in zip(told, (view_only, settled), strict=True) if count]


def _currency(row: Any) -> str:
    """An invoice has its own, which its account may have left."""
    return str(getattr(row, "currency", "") or row.account.currency)


def _given(request: http.Request) -> tuple[QueryDict, dict[str, Any]]:
    """The data of the request, and what was typed before the password was asked for."""
    if request.method == "POST":
        return request.POST, {}
    typed = reauthentication.typed_before(request)
    if not typed:
        return request.GET, {}
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
