"""supervisord with logs that may fail:  python -m portal.running.supervisord -c FILE

Its own ones end it where the disk is full, and with it the whole portal; here such a line is lost, no more.
"""

from contextlib import suppress
from typing import Any

from supervisor import loggers, supervisord


class LastingLog(loggers.RotatingFileHandler):
    """Also one whose file could not be finished or opened is tried again with the next line."""

    stream: Any

    def emit(self, record: Any) -> None:
        with suppress(OSError, ValueError):
            if self.stream.closed:
                self.stream = open(self.baseFilename, "ab")  # noqa: SIM115, PTH123
            super().emit(record)


def main() -> None:
    # It would write about the line that failed to the place that failed.
    loggers.Handler.handleError = lambda handler: None
    loggers.RotatingFileHandler = LastingLog
    supervisord.main()


if __name__ == "__main__":
    main()
