"""Which fault meets which request."""

from dataclasses import dataclass
from threading import Lock

from ultahost_api.sandbox.faults import Fault


@dataclass(slots=True)
class _Planned:
    fault: Fault
    action: str | None
    key: str | None
    after: int
    times: int | None

    def wants(self, action: str, key: str) -> bool:
        return self.action in {None, action} and self.key in {None, key} and self.times != 0


class Script:
    """Faults in the order they were added; the first that wants a request gets it."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = Lock()

    def add(
        self,
        fault: Fault,
        *,
        action: str | None = None,
        times: int | None = 1,
        after: int = 0,
        key: str | None = None,
    ) -> Fault:
        """`after` matching requests pass first; `times=None` lasts until `clear()`."""
        with self._lock:
            self._planned.append(_Planned(fault, action, key, after, times))
        return fault

    def clear(self) -> None:
        self.release()
        with self._lock:
            self._planned.clear()

    def release(self) -> None:
        """Let go of every request that a hold keeps."""
        for planned in list(self._planned):
            planned.fault.release.set()

    def pending(self) -> list[Fault]:
        """Faults that have not happened as often as they should."""
        with self._lock:
            return [planned.fault for planned in self._planned if planned.times]

    def match(self, action: str, key: str) -> Fault | None:
        """Every plan that wants the request counts it as passed, whichever fault it meets."""
        with self._lock:
            chosen: _Planned | None = None
            for planned in self._planned:
                if not planned.wants(action, key):
                    continue
                if planned.after:
                    planned.after -= 1
                elif chosen is None:
                    chosen = planned
            return self._use(chosen) if chosen else None

    def _use(self, planned: _Planned) -> Fault:
        if planned.times is not None:
            planned.times -= 1
        return planned.fault
