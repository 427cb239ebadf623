"""What was promised, and whether what was seen keeps it. Nothing here looks by itself: it is told."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.faults.witness import Books
from ultahost_api.sandbox.log import RequestSeen

LEASE, SLACK, RINGING = 90.0, 30.0, 60.0  # seconds
PATIENCE_WITH_PAGES, PATIENCE_WITH_WRITES = 15.0, 50.0  # seconds, on a busy machine
PATIENCE_WITH_CLICKS, PATIENCE_WITH_SUPERVISOR = 10.0, 10.0
NEWS_TRAVEL = 1.0  # seconds, of news that was never written down
REFUSAL_GRACE = 5.0  # a request that was on its way when the refusal was noted

DONE, FAILED = {"done", "confirmed"}, {"refused", "not_sent", "not_confirmed"}

Copy = Mapping[tuple[str, str], Mapping[int, tuple[Any, ...]]]

PROMISES = {
    "stuck": "rows stuck",
    "overlaps": "lists walked by two at once",
    "early": "requests before a reset",
    "refused_keys": "calls with a refused key",
    "lost_changes": "changes lost",
    "lost_events": "events lost or told twice",
    "wrongly_gone": "rows gone that exist",
    "silent_pages": "pages silent",
    "slow_clicks": "clicks lost or slow",
    "errors": "unhandled errors",
    "lost_operations": "operations lost",
    "double_effects": "sent twice",
    "mistold": "outcomes mistold",
    "late_returns": "processes back late",
    "left_behind": "processes left behind",
}


@dataclass
class Verdict:
    faults: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[str]] = field(default_factory=dict)  # promise: what broke it
    figures: dict[str, str] = field(default_factory=dict)

    def find(self, promise: str, what: Iterable[str]) -> None:
        self.broken.setdefault(promise, []).extend(what)

    @property
    def is_good(self) -> bool:
        return not any(self.broken.values())

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.faults.items()))
        kept = ", ".join(f"{len(self.broken.get(key, ()))} {words}" for key, words in PROMISES.items())
        figures = ", ".join(f"{name} {figure}" for name, figure in self.figures.items())
        return f"{self.faults.total()} faults: {kept}; {figures} ({kinds})"

    def explain(self) -> str:
        lines = [f"{PROMISES[key]}: {one}" for key, found in self.broken.items() for one in found[:20]]
        return "\n".join(lines)


# Rows that wait


@dataclass(frozen=True, slots=True)
class RowSeen:
    """One refresh at one moment. ``work`` changes whenever anybody worked on it."""

    name: str
    wants_work: bool
    work: object
    rung: str = ""  # which ringing of the doorbell is out for it


@dataclass(slots=True)
class _Waiting:
    since: float
    work: object
    rung: str
    lost_ringings: set[str] = field(default_factory=set)
    told: bool = False


class Patience:
    """How long each row that is due has seen no work: a lease that died holds it, and no more than that.

    A message that died with its broker or its worker is not rung again for a minute, which is granted,
    also for one that was rung since the rows were last seen.
    """

    def __init__(self) -> None:
        self.stuck: list[str] = []
        self.longest = 0.0
        self._waiting: dict[str, _Waiting] = {}
        self._lost_since_seen = False

    def see(self, now: float, rows: Iterable[RowSeen]) -> None:
        for row in rows:
            waiting = self._waiting.get(row.name)
            if not row.wants_work:
                self._waiting.pop(row.name, None)
            elif waiting is None or waiting.work != row.work:
                self._waiting[row.name] = _Waiting(now, row.work, row.rung)
            else:
                waiting.rung = row.rung
                if self._lost_since_seen and row.rung:
                    waiting.lost_ringings.add(row.rung)
                self._measure(now, row.name, waiting)
        self._lost_since_seen = False

    def doorbell_lost(self) -> None:
        self._lost_since_seen = True
        for waiting in list(self._waiting.values()):
            if waiting.rung:
                waiting.lost_ringings.add(waiting.rung)

    def _measure(self, now: float, name: str, waiting: _Waiting) -> None:
        waited = now - waiting.since
        self.longest = max(self.longest, waited)
        if waited > LEASE + SLACK + RINGING * len(waiting.lost_ringings) and not waiting.told:
            waiting.told = True
            lost = len(waiting.lost_ringings)
            self.stuck.append(f"{name} for {waited:.0f} s, {lost} ringings lost: {waiting.work}")


# The copy


def lost_changes(theirs: Copy, ours: Copy) -> list[str]:
    """Where our copy differs from what the provider has, after it had all the time to become the same."""
    return [
        f"{noun} {number} of {account}: {told} there, {known} here"
        for account, noun in theirs
        for number, told, known in _differences(theirs[account, noun], ours.get((account, noun), {}))
    ]


def _differences(theirs: Mapping[int, Any], ours: Mapping[int, Any]) -> list[tuple[int, Any, Any]]:
    numbers = sorted({*theirs, *ours})
    return [(n, theirs.get(n), ours.get(n)) for n in numbers if theirs.get(n) != ours.get(n)]


def wrongly_gone(gone: Mapping[tuple[str, str], Iterable[int]], theirs: Copy) -> list[str]:
    return [
        f"{noun} {number} of {account}"
        for (account, noun), numbers in gone.items()
        for number in numbers
        if number in theirs.get((account, noun), {})
    ]


# Pages and clicks


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to the portal; the times are monotonic, ``status`` is None when no answer came."""

    path: str
    began: float
    ended: float
    status: int | None
    text: str = ""

    def without_text(self) -> "Asked":
        """As it is kept: an hour of pages is a lot of text."""
        return replace(self, text="")

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def __str__(self) -> str:
        return f"{self.path}: {self.status or 'no answer'} after {self.seconds:.1f} s"


Covered = Callable[[float, float], bool]  # whether a part of the time is excused


def unanswered(asked: Iterable[Asked], good: set[int], patience: float, excused: Covered) -> list[str]:
    """Those that got none of the ``good`` answers, or got it late."""
    return [
        str(one)
        for one in asked
        if (one.status not in good or one.seconds > patience) and not excused(one.began, one.ended)
    ]


# Operations


@dataclass(frozen=True, slots=True)
class Sent:
    """A write as a person posted it; ``status`` is the portal's answer, None when none came."""

    token: str
    action: str
    target: int
    status: int | None


def judge_operations(
    sent: Iterable[Sent],
    states: Mapping[str, str],
    requests: Mapping[tuple[str, int], int],
    effects: Mapping[tuple[str, int], int],
) -> dict[str, list[str]]:
    """``states`` by form token; ``requests`` and ``effects`` are what the provider counted per target."""
    found: dict[str, list[str]] = {"lost_operations": [], "double_effects": [], "mistold": []}
    by_target: dict[tuple[str, int], list[Sent]] = {}
    for one in sent:
        by_target.setdefault((one.action, one.target), []).append(one)
        if one.status in {302, 303} and one.token not in states:
            found["lost_operations"].append(f"{one} was answered and is not written down")
    for target, posts in by_target.items():
        told = [states[one.token] for one in posts if one.token in states]
        happened = effects.get(target, 0)
        if happened > len(told):
            found["lost_operations"].append(f"{target} took effect {happened} times, {len(told)} are written")
        if requests.get(target, 0) > len(posts):
            found["double_effects"].append(f"{target}: {requests[target]} requests for {len(posts)} posts")
        done, failed = sum(s in DONE for s in told), sum(s in FAILED for s in told)
        if not done <= happened <= max(happened, len(told)) - failed or "sending" in told:
            found["mistold"].append(f"{target} took effect {happened} times: {told}")
        elif happened and "unknown" in told and len(told) == 1:
            found["mistold"].append(f"{target} took effect, which reading could tell, and is unknown")
    return found


# The rate and the keys


def early(
    suspects: Iterable[RequestSeen], requests: Iterable[RequestSeen], books: Books, excused: Covered
) -> list[str]:
    """Of the suspects between a spent window and its reset, those which the portal granted although it knew.

    What was told takes its way through the database to the other processes, and a granted request its way to
    the provider: both take as long as the machine makes them. Where the news was never written down a second
    is granted; what was told to a process that was struck is ``excused``.
    """
    told = [one for one in requests if one.answered and one.closed_until]
    found = []
    for one in suspects:
        news = [n for n in told if n.bucket == one.bucket and n.answered <= one.at < n.closed_until]
        first = min((n.answered for n in news), default=one.at)
        if any(_ignored(n, one, books) and not excused(n.answered, one.at) for n in news):
            found.append(f"{one.action} with …{one.key}, {one.at - first:.1f} s after it was told to wait")
    return found


def _ignored(news: RequestSeen, request: RequestSeen, books: Books) -> bool:
    known = books.written_down(news)
    if known is None:
        return request.at - (news.answered or 0) > NEWS_TRAVEL
    return books.granted(request.key, known, request.at)


def news_travelled(requests: Iterable[RequestSeen], books: Books) -> float:
    """The longest that news took until it was written down."""
    told = [one for one in requests if one.answered and one.closed_until]
    return max((known - one.answered for one in told if (known := books.written_down(one))), default=0.0)


def calls_with_refused_keys(
    calls: Iterable[tuple[str, float]], refusals: Mapping[str, float], grace: float = REFUSAL_GRACE
) -> list[str]:
    """``calls`` are (last four, wall clock); a refused key is asked about no more."""
    return [
        f"…{key}, {at - refusals[key]:.0f} s after it was refused"
        for key, at in calls
        if key in refusals and at > refusals[key] + grace
    ]


def late_returns(returns: Iterable[tuple[str, float]]) -> list[str]:
    return [f"{who} after {seconds:.1f} s" for who, seconds in returns if seconds > PATIENCE_WITH_SUPERVISOR]
