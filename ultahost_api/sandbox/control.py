"""The sandbox's own paths, for tests that run it as another process. Ultahost has nothing of the kind.

    POST /_sandbox/faults     {"fault": "status", "options": {"code": 502}, "action": "get_invoices",
                               "times": 2, "after": 0, "key": null}
    POST /_sandbox/release    lets go of every request that a `hold` keeps
    POST /_sandbox/clear      forgets the faults that have not happened yet
    POST /_sandbox/keys       {"beside": "sk_…"} makes another key to the account that this one opens
    GET  /_sandbox/requests   every request seen
    GET  /_sandbox/early      those that came between a spent window and its reset
    GET  /_sandbox/ledger     every effect that really happened

They answer on loopback only, under a name of this machine, and to requests with the header X-Sandbox-Control:
a page of the web, which a browser on this machine shows, can send neither.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from email.message import Message
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ultahost_api.sandbox.faults import Fault
from ultahost_api.sandbox.replies import Payload, Reply, as_error, as_json

HEADER = "X-Sandbox-Control"

if TYPE_CHECKING:
    from ultahost_api.sandbox.desk import Desk

# The faults that JSON can describe.
_FAULTS: dict[str, Callable[..., Fault]] = {
    "status": Fault.status,
    "limited": Fault.limited,
    "reset_form": Fault.reset_form,
    "drop": Fault.drop,
    "cut": Fault.cut,
    "truncated": Fault.truncated,
    "drip": Fault.drip,
    "wait": Fault.wait,
    "hold": Fault.hold,
    "html": Fault.html,
    "redirect": Fault.redirect,
    "huge": Fault.huge,
    "envelope": Fault.envelope,
    "result_error": Fault.result_error,
    "wrong_types": Fault.wrong_types,
    "total": Fault.total,
    "insert_row": Fault.insert_row,
    "delete_row": Fault.delete_row,
}


class Control:
    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._routes: dict[tuple[str, str], Callable[[bytes], Payload]] = {
            ("POST", "faults"): self._add_fault,
            ("POST", "release"): self._release,
            ("POST", "clear"): self._clear,
            ("POST", "keys"): self._add_key,
            ("GET", "requests"): lambda body: {"requests": [s.to_json() for s in desk.log.seen()]},
            ("GET", "early"): lambda body: {"early": [s.to_json() for s in desk.log.early()]},
            ("GET", "ledger"): lambda body: {"ledger": [asdict(done) for done in desk.state.ledger]},
        }

    def serve(self, method: str, path: str, body: bytes, client: str, headers: Message) -> Reply:
        if not (_is_loopback(client) and HEADER in headers and _is_loopback(_host(headers))):
            return as_error(403)
        route = self._routes.get((method, path.removeprefix("/_sandbox/")))
        if route is None:
            return as_error(404)
        try:
            return as_json(route(body))
        except (ValueError, TypeError, KeyError) as error:
            return as_error(400, f"{type(error).__name__}: {error}")

    def _add_fault(self, body: bytes) -> Payload:
        asked: dict[str, Any] = json.loads(body)
        fault = _FAULTS[asked.pop("fault")](**asked.pop("options", {}))
        self._desk.script.add(fault, **asked)
        return {"added": fault.name}

    def _add_key(self, body: bytes) -> Payload:
        account = self._desk.state.account_of(json.loads(body)["beside"])
        if account is None:
            raise ValueError("no account has that key")
        return {"key": self._desk.state.add_key(account)}

    def _release(self, body: bytes) -> Payload:
        self._desk.script.release()
        return {}

    def _clear(self, body: bytes) -> Payload:
        self._desk.script.clear()
        return {}


def _host(headers: Message) -> str:
    """The name under which it was asked: one of a stranger's may lead here."""
    try:
        return urlsplit(f"//{headers.get('Host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
