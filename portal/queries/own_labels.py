"""The labels that a person may see, how many rows carry each, and how many of these they may change."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from portal import access
from portal.models import Label, Remark, User


@dataclass(frozen=True, slots=True)
class Carried:
    """How many rows have a label; ``lines`` are texts of invoice lines that are remembered."""

    services: int = 0
    domains: int = 0
    lines: int = 0

    @property
    def count(self) -> int:
        return self.services + self.domains + self.lines


@dataclass(frozen=True, slots=True)
class OwnLabel:
    """``changes`` are rows that the person may label; the rest of what is ``seen`` keeps the label."""

    label: Label
    seen: Carried
    changes: Carried
    may_change: bool

    @property
    def keeps(self) -> int:
        """How many rows that the person sees will keep it."""
        return self.seen.count - self.changes.count


def own_labels(user: User) -> list[OwnLabel]:
    """Three statements at most."""
    labels = list(access.labels_to_see(user))
    seen, changes = _counted(access.remarks_to_view(user)), _counted(access.remarks_to_change(user))
    return [_of(user, label, seen, changes) for label in labels]


def own_label(user: User, label: Label) -> OwnLabel:
    seen, changes = access.remarks_to_view(user), access.remarks_to_change(user)
    return _of(user, label, _counted(seen.filter(label=label)), _counted(changes.filter(label=label)))


def _of(user: User, label: Label, seen: dict[object, Carried], changes: dict[object, Carried]) -> OwnLabel:
    mine = changes.get(label.pk, Carried())
    return OwnLabel(label, seen.get(label.pk, Carried()), mine, may_change=user.is_admin or mine.count > 0)


def _counted(remarks: QuerySet[Remark]) -> dict[object, Carried]:
    found = remarks.order_by().values("label")
    counts = found.annotate(services=Count("service"), domains=Count("domain"), lines=Count("line"))
    return {one["label"]: Carried(one["services"], one["domains"], one["lines"]) for one in counts}
