"""What a page costs at 100,000 rows of each noun against 1,000, on both databases.

    python -m tests.bench.growth [quick]

Every list, under every order, filter and search, on its first and last page, in one process.
"""

import json
import statistics
import sys
from typing import Any

from tests.bench.parts import report, servers
from tests.postgres import NoPostgreSQL, temporary_postgres

QUICK = "quick" in sys.argv
FEW, MANY = 1_000, 10_000 if QUICK else 100_000
TRIES = 2 if QUICK else 3
WORST = 12
Told = dict[str, dict[str, dict[str, float]]]
WORDS = (
    "Every list under every order, on its first and its last page, with each filter and with "
    "searches, as the part of the page that htmx asks for. A figure is the time with 100,000 rows of "
    "each noun as a ratio to the time with 1,000, both in one process and the least of three tries; "
    "the first number is the median of all of them, the second the worst. *Rows* is everything but "
    "the statements that count and add up. *CPU* is the most that any such page takes with 100,000 "
    "rows, in milliseconds of this machine (on PostgreSQL without what the database spends)."
)


def main() -> None:
    found = {"SQLite": {rows: measured(rows) for rows in (FEW, MANY)}}
    try:
        with temporary_postgres() as url:
            found["PostgreSQL"] = {rows: measured(rows, f"{url}_{rows}") for rows in (FEW, MANY)}
    except NoPostgreSQL as error:
        print(f"PostgreSQL: {error}")
    lines = (
        (
            "the rows of a page, ÷ with 1,000 rows",
            "1.5",
            *(spread(t, "rows", "rows") for t in found.values()),
        ),
        ("with counts and sums", "4", *(spread(t, "rows", "page") for t in found.values())),
        ("CPU with counts and sums, ms", "60", *(most(t[MANY], "rows") for t in found.values())),
        ("search", "2", *(spread(t, "search", "page") for t in found.values())),
        ("agenda and statements", "4", *(spread(t, "books", "page") for t in found.values())),
        ("statements of a list", "10", *(statements(t[MANY]) for t in found.values())),
    )
    report.say("Growth", WORDS, report.table(("", "aim", *found), [*lines]))
    for name, told in found.items():
        print(f"\nThe worst on {name}: ratio of the rows, of the whole page; ms of counts and of the page")
        for line in worst(told):
            print(f"  {line}")


def measured(rows: int, url: str = "") -> Told:
    with servers.database(rows, url) as on:
        arguments = (on.told["member"], on.told["account"], str(TRIES))
        told: Told = json.loads(on.run("-m", "tests.bench.parts.paced", *arguments))
        return told


def ratios(told: dict[int, Told], kind: str, part: str) -> dict[str, float]:
    few, many = told[FEW][kind], told[MANY][kind]
    return {path: many[path][part] / few[other][part] for path, other in zip(many, few, strict=True)}


def spread(told: dict[int, Told], kind: str, part: str) -> str:
    found = ratios(told, kind, part).values()
    return f"{statistics.median(found):.2f}, {max(found):.2f}"


def most(told: Told, kind: str) -> str:
    return f"{max(one['cpu'] for one in told[kind].values()):.0f}"


def statements(told: Told) -> str:
    counted = [one["statements"] for one in told["rows"].values()]
    return f"{min(counted):.0f} to {max(counted):.0f}"


def worst(told: dict[int, Told]) -> list[str]:
    lines: list[Any] = []
    for kind in ("rows", "search", "books"):
        whole, rows = ratios(told, kind, "page"), ratios(told, kind, "rows")
        for path in sorted(whole, key=whole.__getitem__)[-WORST:]:
            one = told[MANY][kind][path]
            lines.append(
                f"{rows[path]:5.2f} {whole[path]:6.2f} {one['counts']:6.0f} {one['page']:6.0f}  {path}"
            )
    return lines


if __name__ == "__main__":
    main()
