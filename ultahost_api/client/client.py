"""The client: one API key, every documented action, one attribute per noun."""

import logging
import random
import time
from collections.abc import Callable
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from requests import PreparedRequest

from .core import parameters as params
from .core.actions import ACTIONS, Action, Effect
from .core.answers import Answer, interpret
from .core.errors import (
    BadAnswer,
    Garbled,
    InvalidParameters,
    NoAnswer,
    NotSent,
    RateLimited,
    ServerError,
    UltahostError,
    Unsaid,
)
from .core.rate import UNTOLD, Meter, Rate, Unmetered
from .core.row import Row
from .core.secret import Secret, without
from .core.transport import checked_url, headers_of, prepare, send
from .core.wire import Unreadable
from .core.write import Write

if TYPE_CHECKING:
    from .announcements import Announcements
    from .contacts import Contacts
    from .domains import Domains
    from .emails import Emails
    from .invoices import Invoices
    from .orders import Orders
    from .payment_methods import PaymentMethods
    from .profile import ProfileCalls
    from .quotes import Quotes
    from .services import Services
    from .two_factor import TwoFactor

T = TypeVar("T")

DEFAULT_URL = "https://bill.ultahost.com/client-api/v1"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0

logger = logging.getLogger("ultahost_api.client")


class Client:
    """Calls Ultahost with one API key. May be shared by threads, and survives a fork.

    All times are seconds. ``deadline`` bounds a call with all its resends, ``timeout`` is (to connect,
    longest silence). Only reads are ever resent, at most ``tries`` times in all. ``max_wait`` is the
    longest that a read may sleep on a 429; with 0 RateLimited is raised at once. ``currency`` is the
    account's, where it is known: an amount that names another one is not read.
    """

    def __init__(
        self,
        api_key: str | Secret,
        *,
        base_url: str = DEFAULT_URL,
        meter: Meter | None = None,
        deadline: float = 45.0,
        timeout: tuple[float, float] = (5.0, 30.0),
        tries: int = 3,
        max_wait: float = 0.0,
        page_size: int = 100,
        currency: str = "",
    ) -> None:
        self._key = api_key = Secret(api_key)
        if not _fits_a_header(api_key):
            raise InvalidParameters("This is no API key: it is empty, or has characters that no key has.")
        self._url = checked_url(base_url)
        self._headers = headers_of(api_key)
        self._meter = meter or Unmetered()
        self._deadline, self._timeout, self._tries, self._max_wait = deadline, timeout, tries, max_wait
        self.page_size = page_size
        self.currency = currency

    # The nouns. Each is imported when it is first used, as ``ultahost_api.client`` does with its records.

    @cached_property
    def profile(self) -> "ProfileCalls":
        from .profile import ProfileCalls

        return ProfileCalls(self)

    @cached_property
    def services(self) -> "Services":
        from .services import Services

        return Services(self)

    @cached_property
    def orders(self) -> "Orders":
        from .orders import Orders

        return Orders(self)

    @cached_property
    def invoices(self) -> "Invoices":
        from .invoices import Invoices

        return Invoices(self)

    @cached_property
    def payment_methods(self) -> "PaymentMethods":
        from .payment_methods import PaymentMethods

        return PaymentMethods(self)

    @cached_property
    def emails(self) -> "Emails":
        from .emails import Emails

        return Emails(self)

    @cached_property
    def announcements(self) -> "Announcements":
        from .announcements import Announcements

        return Announcements(self)

    @cached_property
    def quotes(self) -> "Quotes":
        from .quotes import Quotes

        return Quotes(self)

    @cached_property
    def contacts(self) -> "Contacts":
        from .contacts import Contacts

        return Contacts(self)

    @cached_property
    def domains(self) -> "Domains":
        from .domains import Domains

        return Domains(self)

    @cached_property
    def two_factor(self) -> "TwoFactor":
        from .two_factor import TwoFactor

        return TwoFactor(self)

    def __repr__(self) -> str:
        return f"Client({self._key!r}, base_url={self._url!r})"

    def call(self, action: str, **parameters: object) -> Answer:
        """Any documented action, its parameters named as the provider names them; None leaves one out."""
        spec = ACTIONS.get(action)
        if spec is None:
            parameters.clear()
            raise InvalidParameters("is not one of the documented actions", action=action)
        params.hide(spec, parameters)
        outcome = self._outcome(spec, params.check(spec, parameters))
        if isinstance(outcome, UltahostError):
            raise outcome
        return outcome

    def send(self, write: Write) -> Answer:
        return self.call(write.action, **write.parameters)

    def record(
        self, action: str, read: Callable[[Row], T], *, expect: int | None = None, **parameters: object
    ) -> T:
        """The one record that ``action`` answers with; BadAnswer if its id is not the one to ``expect``."""
        answer = self.call(action, **parameters)
        try:
            record = read(Row(answer.data, self.currency))
        except Unreadable as error:
            raise BadAnswer(str(error), action=action, status=answer.status) from None
        if expect is not None and (given := getattr(record, "id", None)) != int(expect):
            raise BadAnswer(f"asked for {expect} and given {given}", action=action, status=answer.status)
        return record

    def _outcome(self, action: Action, parameters: dict[str, object]) -> Answer | UltahostError:
        request = self._request(action, parameters)
        secrets = (self._key, *params.secrets_in(parameters))
        deadline = time.monotonic() + self._deadline
        tries = self._tries if action.effect is Effect.READ else 1
        for attempt in count(1):
            outcome, rate = self._send(action, request, deadline, secrets)
            pause = self._pause(outcome, rate, attempt) if attempt < tries else None
            if pause is None or time.monotonic() + pause >= deadline:
                break
            time.sleep(pause)
        return outcome

    def _request(self, action: Action, parameters: dict[str, object]) -> PreparedRequest:
        if action.method == "GET":
            return prepare("GET", f"{self._url}?{params.query(action, parameters)}", self._headers)
        return prepare(action.method, self._url, self._headers, params.body(action, parameters))

    def _send(
        self, action: Action, request: PreparedRequest, deadline: float, secrets: tuple[Secret, ...]
    ) -> tuple[Answer | UltahostError, Rate]:
        self._meter.before(action)
        started = time.monotonic()
        status, rate, words = None, UNTOLD, ""
        try:
            fresh = action.effect is not Effect.READ
            reply = send(request, deadline=deadline, timeout=self._timeout, fresh=fresh)
            outcome = interpret(action, reply, lambda told: without(told, *secrets))
            words = outcome.message if isinstance(outcome, UltahostError) else ""
            rate = reply.rate
            if Unsaid.of(words) is not Unsaid.STRANGERS_PAGE:
                status = outcome.status
        finally:
            self._meter.after(action, status, rate, words)
        spent = (time.monotonic() - started) * 1000
        logger.info(
            "%s: %s in %d ms, %s left", action.name, outcome.status or reply.trouble, spent, rate.remaining
        )
        return outcome, rate

    def _pause(self, outcome: Answer | UltahostError, rate: Rate, attempt: int) -> float | None:
        """Seconds to wait before a read is sent again; None when that would not help or is not allowed."""
        if isinstance(outcome, RateLimited):
            allowed = self._max_wait > 0 and rate.wait is not None and rate.wait <= self._max_wait
            return rate.wait if allowed else None
        if isinstance(outcome, NotSent | NoAnswer | ServerError | Garbled):
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1))
            return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, no secret
        return None


def _fits_a_header(key: Secret) -> bool:
    return all("!" <= character <= "~" for character in key.reveal()) and bool(key)
