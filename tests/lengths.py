"""How much the long proofs do: a little in `make test`, all of it in `make drills`, most with LONG=1."""

import os

LENGTH = os.environ.get("TESTS_LENGTH", "short")  # or "drill" or "long"


def length(short: int, *, drill: int, long: int) -> int:
    return {"short": short, "drill": drill, "long": long}[LENGTH]
