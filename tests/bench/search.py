"""How long a search takes at 100,000 rows of each noun and at 1,000, on both databases.

    python -m tests.bench.search [quick]

The aim is 100 ms of server time for the results that the dialog shows while a person types.
"""

import json
import statistics
import sys

from tests.bench.parts import report, servers
from tests.postgres import NoPostgreSQL, temporary_postgres

QUICK = "quick" in sys.argv
FEW, MANY = 1_000, 10_000 if QUICK else 100_000
TRIES = 3 if QUICK else 5
Times = dict[str, dict[str, float]]
WORDS = (
    "The results of the dialog for a member with keys of 50 accounts, in one process: milliseconds of this "
    "machine, the least of five tries, for names, parts of them, numbers, amounts, short words, words that "
    "all rows have and words that none has. First the median of the searches, then the slowest."
)


def main() -> None:
    found = {"SQLite": {rows: measured(rows) for rows in (FEW, MANY)}}
    try:
        with temporary_postgres() as url:
            found["PostgreSQL"] = {rows: measured(rows, f"{url}_{rows}") for rows in (FEW, MANY)}
    except NoPostgreSQL as error:
        print(f"PostgreSQL: {error}")
    lines = [
        (f"with {rows:,} rows of each noun, ms", "100", *(spread(told[rows]) for told in found.values()))
        for rows in (FEW, MANY)
    ]
    report.say("Search", WORDS, report.table(("", "aim", *found), lines))
    for name, told in found.items():
        print(f"\n{name}: ms at {FEW:,} rows, at {MANY:,}; statements")
        for query, one in told[MANY].items():
            few = told[FEW][query]["anew"]
            print(f"  {few:7.1f} {one['anew']:7.1f} {one['statements']:4.0f}  {query}")


def measured(rows: int, url: str = "") -> Times:
    with servers.database(rows, url) as on:
        times: Times = json.loads(on.run("-m", "tests.bench.parts.sought", on.told["member"], str(TRIES)))
        return times


def spread(times: Times) -> str:
    pages = [one["anew"] for one in times.values()]
    return f"{statistics.median(pages):.0f}, {max(pages):.0f}"


if __name__ == "__main__":
    main()
