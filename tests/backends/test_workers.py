"""Real workers and a real beat, against a stand-in Ultahost that counts and misbehaves."""

import os
import signal
import time

import pytest

from ultahost_api.sandbox import Fault, Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


def offsets(sandbox: Sandbox) -> list[int]:
    return [int(seen.parameters["offset"]) for seen in sandbox.requests if seen.action == "get_invoices"]


def test_it_copies_six_hundred_invoices_without_asking_once_too_early(portal_at):
    with Sandbox(limit=20, window=10, max_page=10) as sandbox:
        acme = sandbox.add_account()
        acme.add_invoices(600)
        portal = portal_at(sandbox)
        portal.python("tests/backends/adding_key.py", given=sandbox.add_key(acme))
        for _ in range(2):
            portal.worker()
        portal.beat()
        began = time.monotonic()

        portal.wait_for("SELECT clean_at FROM ultahost_api_refresh WHERE noun = 'invoices'", seconds=90)

        print(f"600 invoices in {time.monotonic() - began:.0f} s")
        assert portal.sql("SELECT count(*) FROM ultahost_api_invoice WHERE gone_at IS NULL") == [(600,)]
        assert offsets(sandbox) == list(range(0, 600, 10))
        assert sandbox.early_requests() == []
        assert not [seen for seen in sandbox.requests if seen.limited]


def test_it_asks_again_at_the_reset_without_waiting_for_a_tick(portal_at):
    """There is no beat: whoever met the limit has itself called when it ends."""
    with Sandbox(limit=10, window=6, max_page=10) as sandbox:
        acme = sandbox.add_account()
        acme.add_invoices(200)
        portal = portal_at(sandbox)
        portal.worker()
        portal.python("tests/backends/adding_key.py", given=sandbox.add_key(acme))

        portal.wait_for("SELECT clean_at FROM ultahost_api_refresh WHERE noun = 'invoices'", seconds=90)

        assert offsets(sandbox) == list(range(0, 200, 10))
        assert sandbox.early_requests() == []


def test_it_finishes_from_its_place_when_a_worker_is_killed_half_way(portal_at):
    with Sandbox(limit=100_000, max_page=10) as sandbox:
        acme = sandbox.add_account()
        acme.add_invoices(100)
        hold = sandbox.faults.add(Fault.hold(), action="get_invoices", after=4)
        portal = portal_at(sandbox)
        portal.python("tests/backends/adding_key.py", given=sandbox.add_key(acme))
        portal.beat()
        first = portal.worker()
        assert hold.arrived.wait(30)

        os.killpg(first.pid, signal.SIGKILL)
        hold.release.set()
        portal.worker()
        # Nobody else may come before the lease has run out; the test would rather not wait for that.
        portal.sql("UPDATE ultahost_api_refresh SET lease_until = '2000-01-01' WHERE noun = 'invoices'")

        portal.wait_for("SELECT clean_at FROM ultahost_api_refresh WHERE noun = 'invoices'", seconds=40)
        assert offsets(sandbox) == [0, 10, 20, 30, 40, *range(40, 100, 10)]
        assert portal.sql("SELECT count(*) FROM ultahost_api_invoice") == [(100,)]


def test_it_leaves_the_api_key_in_no_file(portal_at):
    """After what went well, what failed, what was refused, and what no code foresaw."""
    with Sandbox(limit=100_000) as sandbox:
        acme = sandbox.add_account()
        for noun in ("services", "domains", "invoices"):
            acme.add(noun)
        secret = sandbox.add_key(acme)
        sandbox.faults.add(Fault.status(500, f"Failed for {secret}"), action="get_invoices", times=None)
        portal = portal_at(sandbox)
        portal.python("tests/backends/adding_key.py", given=secret)
        portal.beat()
        portal.worker(app="tests.backends.stumbling")
        for condition in (
            "completed_at IS NOT NULL AND noun = 'services'",
            "trouble = 'unreachable' AND noun = 'invoices'",
            "trouble_words = 'RuntimeError' AND noun = 'domains'",
        ):
            portal.wait_for(f"SELECT count(*) FROM ultahost_api_refresh WHERE {condition}", seconds=40)
        sandbox.faults.add(Fault.status(401, f"No key {secret}"), action="get_services", times=None)
        portal.sql("UPDATE ultahost_api_refresh SET next_due_at = '2000-01-01' WHERE noun = 'services'")
        portal.wait_for("SELECT refused_at FROM ultahost_api_apikey", seconds=40)

        content = {path: path.read_bytes() for path in portal.data_dir.rglob("*") if path.is_file()}

    assert not [path for path, held in content.items() if secret.encode() in held]
    # That the search finds what is there:
    everything = b"".join(content.values())
    for known in (
        b"alma@example.com",
        b"RuntimeError: stumbled",
        b"ultahost_api.tasks.refresh",
        b"get_invoices",
    ):
        assert known in everything
    assert any("appendonly" in str(path) for path in content)
    assert any(path.name.endswith("-wal") for path in content)
