"""Checks that no entry of the audit log was changed, removed or inserted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.models import AuditEntry, AuditHead
from portal.models.audit import HASHED, hash_of

_SHOWN = 20  # problems; a log that was changed all over has one in every line


@dataclass(slots=True)
class Verdict:
    """The result of reading the whole chain. ``problems`` is empty if no entry was changed."""

    count: int = 0
    seq: int = 0
    hash: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def head(self) -> str:
        return f"{self.seq}:{self.hash}"


def verify(noted: str = "") -> Verdict:
    """Read every entry. ``noted`` is a head that was printed before: ``seq:hash``."""
    verdict = Verdict()
    known = {(head.seq, head.hash): "the log's head" for head in AuditHead.objects.exclude(seq=0)}
    if noted:
        seq, _, wanted = noted.partition(":")
        known[int(seq), wanted] = "the head that was noted"
    for problem in _problems(verdict, known):
        verdict.problems.append(problem)
        if len(verdict.problems) == _SHOWN:
            break
    return verdict


def _problems(verdict: Verdict, known: dict[tuple[int, str], str]) -> Iterator[str]:
    entries = AuditEntry.objects.order_by("seq").values_list("hash", *HASHED)
    for found, *values in entries.iterator(chunk_size=2000):
        seq, prev_hash = values[0], values[-1]
        if seq != verdict.seq + 1:
            yield f"Before entry {seq} there are {seq - verdict.seq - 1} missing."
        elif prev_hash != verdict.hash:
            yield f"Entry {seq} does not follow the one before it."
        if found != hash_of(values):
            yield f"Entry {seq} is not as it was written."
        verdict.count, verdict.seq, verdict.hash = verdict.count + 1, seq, found
        known.pop((seq, found), None)
    for (seq, _), which in known.items():
        yield f"The end was cut off or written anew: {which} knows an entry {seq} that is not there."
    # Read after the entries, so that what was appended meanwhile is known to it.
    if not AuditHead.objects.filter(seq__gte=verdict.seq).exists() and verdict.count:
        yield f"The log's head does not know entry {verdict.seq}."
