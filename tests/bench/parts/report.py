"""Where figures go: to the terminal, and with ``write`` among the arguments into docs/performance.md."""

import re
import sys
import textwrap
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "performance.md"


def say(title: str, *paragraphs: str) -> None:
    """Each benchmark has a section of its own there, and replaces no other."""
    wrapped = [one if one.startswith("|") else textwrap.fill(one, 118) for one in paragraphs]
    section = "\n\n".join([f"## {title}", *wrapped]) + "\n"
    print(section, flush=True)
    if "write" not in sys.argv:
        return
    page = PAGE.read_text(encoding="utf-8")
    old = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    before, after = (page[: old.start()], page[old.end() :]) if old else (page, "")
    parts = [part.strip() + "\n" for part in (before, section, after) if part.strip()]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
