"""What recurs: the run rate, and what is expected of it."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.pages import charts
from portal.pages.charts import Bar
from portal.pages.sheets import Line, Sheet
from portal.queries.cycles import end_of, rounded
from portal.queries.run_rate import Change, RunRate
from portal.views.spend.chosen import Chosen
from portal.wording import formats
from portal.wording import spend as words
from portal.wording.links import href
from ultahost_api.models import Domain, Service


class Recurring:
    """What the active services and domains cost a month, and what they will come to."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self.rates = RunRate(chosen.user, chosen.currency, chosen.account)

    @property
    def is_seen(self) -> bool:
        """Whether there is an account of this currency whose services the person may view."""
        return bool(self.rates.accounts)

    @cached_property
    def run_rate(self) -> str:
        return self._chosen.money(self._rounded(self.rates.rate))

    def _rounded(self, amount: Fraction) -> Decimal:
        return rounded(amount, self._chosen.currency)

    @property
    def month_start(self) -> datetime:
        first = timezone.localdate().replace(day=1)
        return datetime.combine(first, time.min, timezone.get_current_timezone())

    @cached_property
    def is_first_month(self) -> bool:
        """Whether no account was here before this month, in this currency: no change of it is known."""
        return not self.rates.told_at(self.month_start)

    @cached_property
    def changes(self) -> list[Change]:
        return [] if self.is_first_month else self.rates.changes(self.month_start)

    @property
    def change_words(self) -> str:
        """`+€214.00 since October: 2 new, 1 dearer`."""
        month = words.since(self.month_start.date())
        if self.is_first_month:
            return _("Change since %(month)s not known") % {"month": month}
        if not self.changes:
            return _("No change since %(month)s") % {"month": month}
        difference = self._rounded(sum((one.difference for one in self.changes), Fraction(0)))
        told = {"sum": words.signed(difference, self._chosen.currency), "month": month}
        told |= {"what": words.changed(one.kind for one in self.changes)}
        return _("%(sum)s since %(month)s: %(what)s") % told

    def changed(self) -> Sheet:
        lines = [
            Line(
                str(one.row),
                tuple(self._rounded(told) for told in (one.was, one.now, one.difference)),
                words.kind(one.kind),
                _page_of(one.row),
            )
            for one in self.changes
        ]
        headings = (_("Service or domain"), _("Was a month"), _("Is a month"), _("Difference"))
        title = _("Changes of the run rate this month")
        return self._chosen.sheet("changes", title, headings, lines)

    @cached_property
    def _expected(self) -> Sequence[Any]:
        return self.rates.forecast(self._chosen.today)

    @property
    def _whole(self) -> Decimal:
        return sum((month.amount for month in self._expected), Decimal(0))

    @property
    def expected(self) -> str:
        return self._chosen.money(self._whole)

    def forecast(self) -> Sheet:
        today = self._chosen.today
        last = end_of(today, 12) - date.resolution
        lines = []
        for place, one in enumerate(self._expected):
            note = words.renewals(
                one.count,
                since=None if place else today,
                until=last if place == 12 else None,
                unread=one.unread,
            )
            url = self._chosen.agenda(one.first)
            plain = words.plain_month(one.first)
            lines.append(Line(words.month(one.first), (one.amount,), note, url, plain=plain))
        lines.append(Line(_("12 months from today"), (self._whole,), kind="total"))
        title, headings = _("Expected in the next 12 months"), (_("Month"), _("Expected"))
        return self._chosen.sheet("forecast", title, headings, lines, shows_all=True)

    @property
    def undated(self) -> list[tuple[str, str]]:
        """What the forecast does not hold: how many services and domains, and where they are."""
        return words.undated(self.rates.undated, self._chosen.of_currency)

    @property
    def chart(self) -> SafeString:
        """Of the forecast."""
        bars = [
            Bar(
                words.month_of_chart(one.first),
                self._chosen.agenda(one.first),
                f"{words.month(one.first)}: {self._chosen.money(one.amount)}",
                (("expected", one.amount),),
            )
            for one in self._expected
        ]
        return charts.bars(bars, self._chosen.short)

    def dearer(self) -> Sheet:
        lines = [
            Line(
                str(one.row),
                (one.was, one.next),
                f"+{one.percent}{formats.NON_BREAKING}% · {formats.day(one.row.next_due_date)}",
                _page_of(one.row),
            )
            for one in self.rates.dearer(self._chosen.today)
        ]
        headings = (_("Service or domain"), _("Last renewal"), _("Next renewal"))
        return self._chosen.sheet("dearer", _("Renewals dearer by over 10 %"), headings, lines)


def _page_of(row: Service | Domain) -> str:
    return href(row._meta.model_name or "", row.pk)
