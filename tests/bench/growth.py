"""What a page costs at 100,000 rows of each noun against 1,000, on both databases.

    python -m tests.bench.growth [quick]

Every list, under every order, filter and search, on its first and last page, in one process.
"""

import json
import statistics
import sys

from tests.bench.parts import report, servers
from tests.postgres import NoPostgreSQL, temporary_postgres

QUICK = "quick" in sys.argv
FEW, MANY = 1_000, 10_000 if QUICK else 100_000
TRIES = 2 if QUICK else 3
WORST = 12
Told = dict[str, dict[str, dict[str, float]]]
WORDS = (
    "Every list under every order, on its first and its last page, with each filter and with "
    "searches, as the part of the page that htmx asks for. A figure is the CPU that a page takes of its "
    "process and of the database with 100,000 rows of each noun, as a ratio to that with 1,000, both the "
    "least of some tries; the first number is the median of all pages, the second the worst. *Kept* is "
    "with the counts, sums and rows that a process keeps until a row changes (docs/refreshing.md), *anew* "
    "is without them, as after each change of a row and in a process that has just started. *Rows* is with "
    "counts and sums kept and the rows of the page read. The lines in ms are the most that any list takes of "
    "its own process with 100,000 rows, on this machine; on SQLite that is all of it."
)


def main() -> None:
    found = {"SQLite": {rows: measured(rows) for rows in (FEW, MANY)}}
    try:
        with temporary_postgres() as url:
            found["PostgreSQL"] = {rows: measured(rows, f"{url}_{rows}") for rows in (FEW, MANY)}
    except NoPostgreSQL as error:
        print(f"PostgreSQL: {error}")
    told = [*found.values()]
    lines = [
        ("the rows of a page, ÷ with 1,000 rows", "1.5", *(spread(t, "rows", "rows") for t in told)),
        ("with counts and sums, kept", "4", *(spread(t, "rows", "kept") for t in told)),
        ("with counts and sums, anew", "4", *(spread(t, "rows", "anew") for t in told)),
        ("ms with counts and sums, kept", "60", *(most(t[MANY], "rows", "kept_own") for t in told)),
        ("ms with counts and sums, anew", "60", *(most(t[MANY], "rows", "own") for t in told)),
        ("search, kept", "2", *(spread(t, "search", "kept") for t in told)),
        ("search, anew", "2", *(spread(t, "search", "anew") for t in told)),
        *(
            (f"{words}, {how}", "4", *(spread(t, kind, how) for t in told))
            for kind, words in (("spend", "Spend"), ("books", "agenda and statements"))
            for how in ("kept", "anew")
        ),
        ("statements of a list, anew", "10", *(statements(t[MANY]) for t in told)),
    ]
    report.say("Growth", WORDS, report.table(("", "aim", *found), lines))
    for name, told in found.items():
        print(f"\nThe worst on {name}: ratio of the rows, kept, anew; ms anew")
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


def most(told: Told, kind: str, part: str) -> str:
    return f"{max(one[part] for one in told[kind].values()):.0f}"


def statements(told: Told) -> str:
    counted = [one["statements"] for one in told["rows"].values()]
    return f"{min(counted):.0f} to {max(counted):.0f}"


def worst(told: dict[int, Told]) -> list[str]:
    lines: list[str] = []
    for kind in told[MANY]:
        rows, kept, anew = (ratios(told, kind, part) for part in ("rows", "kept", "anew"))
        for path in sorted(anew, key=anew.__getitem__)[-WORST:]:
            ms = told[MANY][kind][path]["anew"]
            lines.append(f"{rows[path]:5.2f} {kept[path]:5.2f} {anew[path]:6.2f} {ms:6.0f}  {path}")
    return lines


if __name__ == "__main__":
    main()
