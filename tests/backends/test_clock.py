"""Real workers and a real beat while the machine's clock is wrong, and after it was put right."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from ultahost_api.sandbox import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

DAY = 24 * 3600
READ = "SELECT count(*) FROM ultahost_api_refresh WHERE noun = 'invoices' AND clean_at IS NOT NULL"
HEARD = "SELECT count(*) FROM ultahost_api_heartbeat"
LATER = "SELECT count(*) FROM ultahost_api_{1} WHERE {0} > datetime('now', '{2}')"


def stop(*processes: "subprocess.Popen[bytes]") -> None:
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def said(portal) -> str:
    return "".join(path.read_text() for path in Path(portal.data_dir).glob("celery-*.log"))


def test_it_ticks_and_reads_again_after_a_clock_that_was_a_day_ahead(portal_at):
    with Sandbox(limit=100_000) as sandbox:
        acme = sandbox.add_account()
        acme.add_invoices(3)
        portal = portal_at(sandbox)
        portal.use_wrong_clock("clock", DAY)
        portal.python("tests/backends/adding_key.py", given=sandbox.add_key(acme))
        ahead = (portal.worker(), portal.beat())
        portal.wait_for(READ, seconds=60)
        stop(*ahead)
        portal.use_right_clock()
        acme.add_invoices(1)

        portal.worker()
        portal.beat()

        portal.wait_for("SELECT count(*) = 4 FROM ultahost_api_invoice", seconds=40)
        portal.wait_for(f"SELECT ({LATER.format('completed_at', 'refresh', '+1 minute')}) = 0", seconds=40)
        assert portal.sql(LATER.format("next_due_at", "refresh", "+30 hours")) == [(0,)]
        assert portal.sql(LATER.format("beat_at", "heartbeat", "+1 minute")) == [(0,)]


def test_it_goes_on_ticking_while_its_clock_is_set_back_by_a_day(portal_at):
    with Sandbox(limit=100_000) as sandbox:
        portal = portal_at(sandbox)
        portal.worker()
        clock = portal.use_wrong_clock("clock", DAY)
        portal.beat()
        portal.wait_for(HEARD, seconds=60)

        clock.write_text("0")
        portal.sql("DELETE FROM ultahost_api_heartbeat")

        portal.wait_for(HEARD, seconds=20)


@pytest.mark.parametrize("ahead", [-60, 60])
def test_it_ticks_and_says_so_where_the_clocks_of_beat_and_worker_differ(portal_at, ahead):
    with Sandbox(limit=100_000) as sandbox:
        portal = portal_at(sandbox)
        portal.worker()
        portal.use_wrong_clock("clock", ahead)
        portal.beat()

        portal.wait_for(HEARD, seconds=40)
        assert "clock" in said(portal)
