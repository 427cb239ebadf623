"""The money harness on a portal of its own:  python -m tests.faults OPERATIONS KILLS STORMS BATCHES [SEED]

Prints one line of figures, and after it what went wrong; the exit code is 1 if anything did.
"""

import logging
import os
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django

from tests import migrated
from ultahost_api.sandbox import Sandbox

PASSWORD = "correct horse battery"


def main(operations: int, kills: int, storms: int, batches: int, seed: int = 1) -> int:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-money-"))
        sandbox = stack.enter_context(Sandbox(limit=1_000_000))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_DATA_DIR": folder,
            "PORTAL_PORT": str(_free_port()),
            "PORTAL_URL": "",
            "REDIS_URL": "",
            "ULTAHOST_API_URL": sandbox.url,
        }
        if not os.environ.get("DATABASE_URL"):
            migrated.copy_to(Path(folder, "portal.sqlite3"))
        django.setup()
        logging.disable(logging.WARNING)
        return _run(stack, sandbox, (operations, kills, storms, batches), seed)


def _run(stack: ExitStack, sandbox: Sandbox, counts: tuple[int, int, int, int], seed: int) -> int:
    from portal.models import User
    from portal.running.preparing import collect_static_files, prepare_database
    from tests.faults.money import Harness
    from tests.faults.web import Process, Visitor, Web
    from ultahost_api import keys

    prepare_database(allow_new_api=False)
    collect_static_files()
    web, worker = Web(), Process("worker")
    for process in (Process("valkey"), web, worker):
        process.start()
        stack.callback(process.kill)
    account = sandbox.add_account("Acme", "EUR")
    owner = User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    key = keys.add(owner, "Main", sandbox.add_key(account))
    visitor = Visitor(web.address)
    visitor.sign_in(owner.email, PASSWORD)

    harness = Harness(sandbox, account, key, web, worker, visitor, seed)
    print(harness.run(*counts), flush=True)
    for line in harness.trouble:
        print(line)
    return 1 if harness.figures.wrong or not _is_audited() else 0


def _is_audited() -> bool:
    """Kills and storms leave no operation without an entry, no entry twice and no gap in the chain."""
    from portal import audit
    from portal.models import Act, AuditEntry
    from ultahost_api.models import Operation

    verdict = audit.verify()
    entries = AuditEntry.objects.filter(act=Act.OPERATION_STARTED).values_list("target_id", flat=True)
    operations = [str(pk) for pk in Operation.objects.values_list("pk", flat=True)]
    print(
        f"audit log: {len(entries)} of {len(operations)} operations in it, {len(verdict.problems)} problems",
        flush=True,
    )
    return sorted(entries) == sorted(operations) and not verdict.problems


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
