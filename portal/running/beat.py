"""When beat sends its tasks: by the monotonic clock, which cannot be set, and without a file."""

import time

from celery.beat import Scheduler


class SteadyScheduler(Scheduler):
    """Sends each entry at the start and then after every interval, whatever the wall clock is set to.

    Celery's own scheduler keeps in a file when an entry was sent last by the wall clock, and sends nothing
    before that time has come again.
    """

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self._due = dict.fromkeys(self.app.conf.beat_schedule, time.monotonic())

    def tick(self) -> float:  # type: ignore[override]  # its parameters are for Celery's own tests
        """Seconds to sleep before the next one."""
        for name, told in self.app.conf.beat_schedule.items():
            if self._due[name] <= (now := time.monotonic()):
                self._due[name] = now + told["schedule"]
                self.apply_entry(self.schedule[name], producer=self.producer)
        return max(0.0, min(self._due.values()) - time.monotonic())
