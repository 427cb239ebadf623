"""A real beat and real workers, killed while they talk to a mail server on a socket."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.backends.conftest import Portal
from tests.smtp import mail_server
from ultahost_api.sandbox import Fault, Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

TOLD = "SELECT count(*) FROM portal_notification WHERE kind = 'key_refused' AND state = '{}'"


def start(make: Callable[[Sandbox], Portal], sandbox: Sandbox, port: int) -> Portal:
    """A portal whose only key Ultahost refuses as soon as a worker refreshes with it."""
    acme = sandbox.add_account()
    portal = make(sandbox)
    portal.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
    portal.python("tests/backends/adding_key.py", given=sandbox.add_key(acme))
    sandbox.faults.add(Fault.status(401, "No such key"), action="get_services", times=None)
    return portal


def test_it_arrives_once_with_two_beats_and_two_workers(portal_at: Any) -> None:
    with Sandbox(limit=100_000) as sandbox, mail_server() as server:
        portal = start(portal_at, sandbox, server.port)
        for _ in range(2):
            portal.worker()
            portal.beat()

        portal.wait_for(TOLD.format("sent"), seconds=90)
        time.sleep(5)

        refused = [mail for mail in server.mails if mail["Subject"] == "Ultahost refuses an API key"]
        assert [mail["To"] for mail in refused] == ["alma@example.com"]


def test_it_is_not_sent_again_after_a_worker_was_killed_over_it(portal_at: Any) -> None:
    with Sandbox(limit=100_000) as sandbox, mail_server() as server:
        server.fault = "stall"
        portal = start(portal_at, sandbox, server.port)
        portal.beat()
        first = portal.worker()
        assert server.hangs.wait(90)

        os.killpg(first.pid, signal.SIGKILL)
        server.fault = ""
        portal.worker()
        portal.sql("UPDATE portal_notification SET next_try_at = '2000-01-01'")
        time.sleep(40)  # longer than the queue takes to give the task back, and than a beat

        assert portal.sql(TOLD.format("tried")) == [(1,)]
        assert [mail for mail in server.mails if mail["Subject"] == "Ultahost refuses an API key"] == []
