"""What the sums of Spend leave out, or hold although it may have been paid back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.views.spend.chosen import Chosen
from ultahost_api.models.spending import Sums


@dataclass(frozen=True, slots=True)
class OfTime:
    """The invoices from ``since`` to ``until``. ``label`` names that time on a page with several.

    ``read_in`` tells how long reading their details will take; it is empty where this is not known.
    """

    sums: Sums
    chosen: Chosen
    since: date
    until: date
    label: str = ""
    read_in: str = ""

    def __bool__(self) -> bool:
        return bool(self.sums.undetailed or self.sums.unread or self.sums.refunded)

    @property
    def undetailed_url(self) -> str:
        return self._url(unreadable="details")

    @property
    def unread_url(self) -> str:
        return self._url(unreadable="any")

    @property
    def refunded_url(self) -> str:
        return self._url(status="Refunded")

    def _url(self, **also: str) -> str:
        return self.chosen.invoices(self.since, self.until, **also)


@dataclass(frozen=True, slots=True)
class Notes:
    """``undated`` is how many invoices are in no time at all."""

    times: Sequence[OfTime]
    undated: int

    def __bool__(self) -> bool:
        return bool(self.undated or any(self.times))
