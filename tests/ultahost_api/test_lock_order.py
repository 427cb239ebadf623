"""Who changes rows of an account at the same time waits for another and never for each other.

All lock in one order: rows, the account, the refreshes. PostgreSQL ends one of two that do not.
"""

import threading
import time

import pytest
from django.db import connection, transaction

from ultahost_api.models import Account, Invoice, Refresh
from ultahost_api.sandbox import Fault

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer, who locks it all"),
]


def lock(rows):
    return list(rows.select_for_update(no_key=True).order_by("pk"))


def is_waited_for():
    """Whether another connection waits for a lock of this one."""
    with connection.cursor() as cursor:
        waiting = "NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        cursor.execute(f"SELECT count(*) FROM pg_locks WHERE {waiting}")
        return cursor.fetchone()[0] > 0


@pytest.fixture
def beside(worker):
    """A refresh of ``noun`` that waits for the invoices, while this thread locks ``then`` after them."""

    def run(noun, then, **how):
        raised = []

        def other():
            try:
                worker.run(noun, **how)
            except Exception as error:
                raised.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=other, daemon=True)
        with transaction.atomic():
            lock(Invoice.objects.all())
            thread.start()
            for _ in range(1000):
                if is_waited_for() or not thread.is_alive():
                    break
                time.sleep(0.01)
            assert is_waited_for()
            lock(then)
        thread.join(30)
        assert not thread.is_alive()
        assert raised == []
        return worker.refresh(noun)

    return run


@pytest.fixture
def read(acme, worker):
    """Two invoices, the second of them new since the profile was read."""
    for noun in ("invoices", "profile", "invoices"):
        acme.add_invoices(1 if noun == "invoices" else 0)
        worker.run(noun)


@pytest.mark.parametrize("then", [Account.objects.all(), Refresh.objects.filter(noun="invoices")])
def test_a_profile_names_rows_before_it_locks_what_a_page_or_details_lock_after_them(
    acme, read, beside, then
):
    acme.profile["currency_code"] = "USD"

    assert beside("profile", then).trouble == ""

    assert Account.objects.get().currency == "USD"
    assert set(Invoice.objects.values_list("remote_id", "currency")) == {(1, "EUR"), (2, "USD")}


def test_details_lock_their_refresh_after_the_row(read, beside):
    assert beside("details", Refresh.objects.filter(noun="details")).trouble == ""

    assert not Invoice.objects.filter(detailed_at=None).exists()


@pytest.mark.parametrize("is_there", [True, False])
def test_an_answer_for_a_missing_row_locks_the_refresh_after_it(sandbox, acme, read, beside, is_there):
    def hide(said):
        rows = [row for row in said["data"] if row["id"] != 1]
        return said | {"data": rows, "meta": said["meta"] | {"total_records": 1}}

    sandbox.faults.add(Fault.edit(hide), action="get_invoices", times=None)
    if not is_there:
        del acme.invoices[1]

    assert beside("invoices", Refresh.objects.filter(noun="invoices"), full=True).trouble == ""

    assert Invoice.objects.get(remote_id=1).is_gone is not is_there


def test_a_refused_row_locks_the_refresh_after_it(sandbox, read, beside):
    sandbox.faults.add(Fault.status(403), action="get_invoice", times=None)

    assert beside("details", Refresh.objects.filter(noun="details")).trouble == ""

    assert not Invoice.objects.filter(details_tries=0).exists()
