"""Strangers at their worst against the portal's own web server: what somebody else notices of it.

python -m tests.faults.slow_clients   forty slow clients of each kind and fifty sign-ins at once, three times
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from tests.portal.storm import Figures, prepare, storm, warm
from tests.portal.web_server import SLOW, WebServer

ROUNDS = 3


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="portal-storm-") as folder:
        server = WebServer(Path(folder), PORTAL_LOG_LEVEL="ERROR", PORTAL_TRUSTED_PROXIES="1")
        browser = prepare(server)
        with server.running():
            warm(server)
            print(f"before: {Figures.measure(server, browser)}", flush=True)
            for what, (sent, takes) in SLOW.items():
                clients = [server.connect(sent, takes=takes) for _ in range(40)]
                print(f"40 clients {what}: {Figures.measure(server, browser)}", flush=True)
                for client in clients:
                    client.close()
            rounds = [storm(server, browser) for _ in range(ROUNDS)]
    figures = Figures.of(rounds)
    print(f"{ROUNDS} times 40 slow clients and 50 sign-ins at once: {figures}")
    return 0 if figures.is_as_promised else 1


if __name__ == "__main__":
    sys.exit(main())
