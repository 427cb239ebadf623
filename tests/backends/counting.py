"""Counts in the portal's own database from several processes at once:  python counting.py PROCESSES ROUNDS"""

import multiprocessing
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import OperationalError, connection, transaction  # noqa: E402


def count(rounds: int) -> int:
    """How many of the transactions failed; each reads first and writes what it read, plus one."""
    failed = 0
    for _ in range(rounds):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT number FROM counter")
                (number,) = cursor.fetchone()
                cursor.execute("UPDATE counter SET number = %s", [number + 1])
        except OperationalError:
            failed += 1
    return failed


if __name__ == "__main__":
    processes, rounds = int(sys.argv[1]), int(sys.argv[2])
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE counter (number integer)")
        cursor.execute("INSERT INTO counter VALUES (0)")
    connection.close()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        failed = sum(pool.map(count, [rounds] * processes, chunksize=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM counter")
        print(failed, cursor.fetchone()[0])
