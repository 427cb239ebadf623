"""The library knows nothing of the portal that is built on it."""

import re
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "ultahost_api"


def test_it_does_not_speak_of_the_portal():
    lines = [
        f"{path.relative_to(LIBRARY)}:{number}: {line}"
        for path in LIBRARY.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search("portal", line, re.I)
    ]

    assert lines == []
