"""supervisord with logs that may fail:  python -m portal.running.supervisord FILE

Paths of the configuration begin at its folder; PORTAL_CODE names the folder that this is called in. Its own
logs end it where the disk is full, and with it the whole portal; here such a line is lost, no more.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
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
    configuration = Path(sys.argv[1]).absolute()
    os.environ["PORTAL_CODE"] = str(Path.cwd())
    os.chdir(configuration.parent)
    supervisord.main(["-c", configuration.name])


if __name__ == "__main__":
    main()
