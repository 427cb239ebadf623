"""How passwords are hashed: with OWASP's 19 MiB of Argon2id, one at a time in each process.

So many sign-ins at once do not fill the memory.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

_T = TypeVar("_T")
SECONDS_TO_WAIT = 3
# One thread: the C library keeps freed memory for each thread that has hashed.
_thread = ThreadPoolExecutor(1, "hashing")


class Busy(Exception):
    """Too many passwords wait to be hashed."""


class PasswordHasher(Argon2PasswordHasher):
    """Hashes with other parameters, such as Django's own, are replaced at the next sign-in."""

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return _in_turn(super().encode, password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        return _in_turn(super().verify, password, encoded)


def _in_turn(work: Callable[[str, str], _T], password: str, other: str) -> _T:
    turn = _thread.submit(work, password, other)
    try:
        return turn.result(SECONDS_TO_WAIT)
    except TooLate:
        turn.cancel()
        raise Busy from None
