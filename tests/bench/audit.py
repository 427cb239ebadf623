"""Reading an audit log of 100,000 entries whole, and appending to it.

    python -m tests.bench.audit

The aim is 10 s for the first. It is compared with hashing the same lines bare, in the same run.
"""

import hashlib
import hmac
import logging
import os
import time

import django

ENTRIES, APPENDS = 100_000, 500


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    logging.disable(logging.WARNING)
    from django.db import connection

    from portal import audit
    from portal.models import Act, User

    connection.creation.create_test_db(verbosity=0)
    alma = User.objects.create_user("alma@example.com", name="Alma")
    fill(alma)

    started = time.perf_counter()
    verdict = audit.verify()
    took = time.perf_counter() - started
    assert (verdict.count, verdict.problems) == (ENTRIES, [])
    print(
        f"{ENTRIES:,} entries read whole in {took:.1f} s (at most 10), {took / bare():.0f} times bare HMACs"
    )

    started = time.perf_counter()
    for _ in range(APPENDS):
        audit.record(alma, Act.EXPORTED, "invoices.csv")
    print(f"an entry is appended in {(time.perf_counter() - started) * 1000 / APPENDS:.1f} ms")


def fill(alma: object) -> None:
    """A chain as appending would have made it, in one go."""
    from django.db.models import QuerySet
    from django.utils import timezone

    from portal.models import AuditEntry, AuditHead
    from portal.models.audit import HASHED, hash_of

    rows, last = [], ""
    for seq in range(1, ENTRIES + 1):
        row = AuditEntry(seq=seq, at=timezone.now(), prev_hash=last, actor=alma, actor_name="Alma")
        row.act, row.noun, row.target, row.details = "export.csv", "export", "invoices.csv", {"rows": seq}
        row.hash = last = hash_of([getattr(row, name) for name in HASHED])
        rows.append(row)
    QuerySet(AuditEntry).bulk_create(rows, batch_size=500)
    AuditHead.objects.create(seq=ENTRIES, hash=last)


def bare() -> float:
    started = time.perf_counter()
    for seq in range(ENTRIES):
        hmac.new(b"k" * 32, b"x" * 300 + str(seq).encode(), hashlib.sha256).hexdigest()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
