from collections.abc import Callable
from typing import Protocol, TypeVar

from .answers import Answer
from .row import Row
from .write import Write

T = TypeVar("T")


class Caller(Protocol):
    """The part of the Client that its nouns use."""

    page_size: int
    currency: str

    def call(self, action: str, **parameters: object) -> Answer: ...

    def send(self, write: Write) -> Answer: ...

    def record(
        self, action: str, read: Callable[[Row], T], *, expect: int | None = None, **parameters: object
    ) -> T: ...
