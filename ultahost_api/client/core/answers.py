"""Turns a reply into an Answer or an error."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from .actions import Action, Effect
from .errors import (
    BadAnswer,
    BadRequest,
    Forbidden,
    Garbled,
    NoAnswer,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    UltahostError,
    Unauthorized,
    Unsaid,
)
from .rate import Rate
from .secret import Secret
from .transport import Reply
from .wire import storable, unescaped

NEVER_KEPT = frozenset({"password", "pwresetkey", "pwresetexpiry", "adminnotes"})
_LONGEST_NUMBER = 60
_NO_JSON: Any = object()
_FAILED, _SUCCEEDED = "error", {"success", "ok", "true", "1", ""}
_READS = (Effect.READ, Effect.SECRET_READ)
_REFUSALS: dict[int, type[UltahostError]] = {401: Unauthorized, 403: Forbidden, 404: NotFound}
_ESCAPES_NO_DATABASE_TAKES = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


@dataclass(frozen=True, slots=True)
class Answer:
    """A success. Secret fields in ``data`` are Secrets."""

    status: int
    message: str
    data: Any
    meta: dict[str, Any]
    rate: Rate


def interpret(action: Action, reply: Reply, mask: Callable[[str], str]) -> Answer | UltahostError:
    """The error is returned, not raised, so that the caller decides about sending again.

    ``mask`` takes out of the provider's words what must not be repeated.
    """
    if reply.status is None:
        return _unanswered(action, reply)
    envelope = _envelope(action, reply)
    data, meta = envelope.get("data"), envelope.get("meta")
    message = mask(unescaped(mask(_message(envelope, data))))  # a secret may be quoted in either way
    status = _status(reply.status, envelope)
    if status in _REFUSALS and not _is_told(action, reply):
        return _of_another(action, status)
    if not 200 <= status < 300:
        return _refusal(action, status, message, reply.rate)
    if reply.body is None:
        return _unanswered(action, reply)
    if not envelope:
        kind = BadAnswer if reply.trouble == Unsaid.TOO_LONG else Garbled
        return _nonsense(action, status, reply.trouble or Unsaid.NOT_JSON, kind)
    results = {_result(envelope), _result(data)}
    if _FAILED in results:
        return BadRequest(message or Unsaid.NO_REASON, action=action.name, status=status)
    if action.effect not in _READS and results - _SUCCEEDED:
        return _unknown(action, status, message or f"{Unsaid.STATUS_ALONE} {status}")
    return Answer(status, message, data, meta if isinstance(meta, dict) else {}, reply.rate)


def _unanswered(action: Action, reply: Reply) -> UltahostError:
    if not reply.sent:
        return NotSent(f"{Unsaid.UNREACHED} ({reply.trouble})", action=action.name)
    message = f"{Unsaid.UNANSWERED} ({reply.trouble})"
    if action.effect in _READS:
        return NoAnswer(message, action=action.name, status=reply.status)
    return _unknown(action, reply.status, message)


def _of_another(action: Action, status: int) -> UltahostError:
    """As a proxy or a firewall answers: that tells nothing of what was asked for, nor of the key.

    A write that it refused did not get through all the same.
    """
    if status == 404:
        return _nonsense(action, status, Unsaid.NO_PAGE)
    kind = BadAnswer if action.effect in _READS else Forbidden
    return kind(f"{Unsaid.STRANGERS_PAGE} {status}", action=action.name, status=status)


def _refusal(action: Action, status: int, message: str, rate: Rate) -> UltahostError:
    message = message or f"{Unsaid.STATUS_ALONE} {status}"
    if status == 429:
        return RateLimited(message, action=action.name, status=status, retry_at=_retry_at(rate))
    if status == 408 or status >= 500:
        if action.effect in _READS:
            return ServerError(message, action=action.name, status=status)
        return _unknown(action, status, message)
    if 400 <= status < 500:
        return _REFUSALS.get(status, BadRequest)(message, action=action.name, status=status)
    return _nonsense(action, status, message)


def _nonsense(action: Action, status: int, message: str, kind: type[BadAnswer] = BadAnswer) -> UltahostError:
    if action.effect in _READS:
        return kind(message, action=action.name, status=status)
    return _unknown(action, status, message)


def _unknown(action: Action, status: int | None, message: str) -> OutcomeUnknown:
    return OutcomeUnknown(message, action=action.name, status=status, settled_by=action.settled_by)


def _retry_at(rate: Rate) -> datetime | None:
    return None if rate.wait is None else datetime.now(UTC) + timedelta(seconds=rate.wait)


def _status(http: int, envelope: dict[str, Any]) -> int:
    """HTTP's own, unless that is a success and the body says otherwise; 0 when the body says nonsense."""
    told = envelope.get("status")
    if told is None or not 200 <= http < 300:
        return http
    return int(str(told)) if re.fullmatch("[0-9]{3}", str(told)) else 0


def _message(envelope: dict[str, Any], data: object) -> str:
    """A failed module call keeps its reason beside its ``result``."""
    for told in (_of(data, "message") if _result(data) == _FAILED else None, envelope.get("message")):
        if isinstance(told, str) and told:
            return told
    return ""


def _of(data: object, name: str) -> object:
    return data.get(name) if isinstance(data, dict) else None


def _result(data: object) -> str:
    """How a module or a gateway says that it went; nothing where that is no word."""
    told = _of(data, "result")
    return str(told).strip().lower()[:_LONGEST_NUMBER] if isinstance(told, str | int | Decimal) else ""


def _is_told(action: Action, reply: Reply) -> bool:
    """Whether the provider answered: with its rate limit, or whole with nothing or any JSON, envelope or not.

    Each of its answers tells its rate limit, as its documentation says.
    """
    if reply.rate.remaining is not None or reply.rate.raw_reset:
        return True
    if reply.trouble or not reply.body:
        return not reply.trouble
    return _decoded(reply.body.decode("utf-8-sig", "replace"), action) is not _NO_JSON


def _envelope(action: Action, reply: Reply) -> dict[str, Any]:
    """Empty when there is nothing readable."""
    if not reply.body:
        return {}
    envelope = _decoded(reply.body.decode("utf-8-sig", "replace"), action)
    if _ESCAPES_NO_DATABASE_TAKES.search(reply.body):
        envelope = _storable(envelope)
    return envelope if isinstance(envelope, dict) else {}


def _decoded(text: str, action: Action) -> Any:
    """_NO_JSON where it is none, or has a number with more digits than Python reads.

    In a list such a number costs its own row alone, and the page a second reading.
    """
    for parse_int in (None, _whole) if action.paged else (None,):
        try:
            return _decoder(action.secret_fields, parse_int).decode(text)
        except (json.JSONDecodeError, RecursionError):
            return _NO_JSON
        except ValueError:
            continue
    return _NO_JSON


@cache
def _decoder(
    secret_fields: frozenset[str], parse_int: Callable[[str], Any] | None = None
) -> json.JSONDecoder:
    """Leaves out of every object what is never kept, and hides its secrets."""
    special = NEVER_KEPT | secret_fields

    def drop_and_hide(row: dict[str, Any]) -> dict[str, Any]:
        if row.keys().isdisjoint(special):
            return row
        row = {name: value for name, value in row.items() if name not in NEVER_KEPT}
        for name in secret_fields & row.keys():
            if row[name] is not None:
                row[name] = Secret(str(row[name]))
        return row

    return json.JSONDecoder(
        object_hook=drop_and_hide, parse_float=_number, parse_int=parse_int, parse_constant=str
    )


def _whole(text: str) -> int | str:
    """One of absurd size is text, as in ``_number``."""
    return int(text) if len(text) <= _LONGEST_NUMBER else text


def _number(text: str) -> Decimal | str:
    """Exactly what was written. One of absurd size is text, since nothing could be worked out with it."""
    try:
        number = Decimal(text[:_LONGEST_NUMBER])
    except InvalidOperation:
        return text
    is_absurd = len(text) > _LONGEST_NUMBER or abs(number.adjusted()) > _LONGEST_NUMBER
    return text if is_absurd else number


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_storable(k): _storable(v) for k, v in value.items()}
    return [_storable(v) for v in value] if isinstance(value, list) else value
