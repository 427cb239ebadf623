"""From a request to its reply: key, rate, fault, checks, answer, ledger."""

import hashlib
from dataclasses import dataclass
from threading import Event
from typing import Any

from ultahost_api.client.core.actions import Action, Effect
from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.answers import ANSWERS
from ultahost_api.sandbox.calls import Call, Refused
from ultahost_api.sandbox.checks import checked, known_action, masked
from ultahost_api.sandbox.faults import Visit
from ultahost_api.sandbox.limits import Limits, Standing
from ultahost_api.sandbox.log import Log, RequestSeen
from ultahost_api.sandbox.replies import Payload, Reply, as_error, as_json
from ultahost_api.sandbox.script import Script
from ultahost_api.sandbox.state import Done, State

_LASTING = {Effect.SET, Effect.DELETE, Effect.ONCE}
_MADE = ("orderid", "paymethodid", "contact_id")


@dataclass(frozen=True, slots=True)
class Incoming:
    method: str
    key: str
    given: dict[str, Any]  # query and body together
    problem: str  # why the body could not be read, if so
    stopped: Event


class Desk:
    def __init__(
        self, state: State, limits: Limits, script: Script, log: Log, max_page: int, latency: float
    ) -> None:
        self.state = state
        self.limits = limits
        self.script = script
        self.log = log
        self.max_page = max_page
        self.latency = latency

    def serve(self, incoming: Incoming) -> tuple[Reply, RequestSeen]:
        action = str(incoming.given.get("action", ""))
        seen = self.log.arrived(incoming.key, incoming.method, action, masked(incoming.given))
        incoming.stopped.wait(self.latency)
        account = self.state.account_of(incoming.key)
        if account is None:
            reply = as_error(401)
            reply.headers |= self.limits.headers(self.limits.untouched())
        else:
            reply = self._admit(incoming, account, seen)
        seen.status = None if reply.dropped else reply.status
        self.log.write(seen)
        return reply, seen

    def _admit(self, incoming: Incoming, account: Account, seen: RequestSeen) -> Reply:
        bucket = account.uuid if self.limits.per == "account" else _digest(incoming.key)
        standing = self.limits.take(bucket)
        seen.bucket, seen.remaining_before = bucket, standing.before
        visit = Visit(account, bucket, standing, self.limits, incoming.stopped)
        reply = self._meet(incoming, visit) if standing.allowed else as_error(429)
        headers = {} if reply.of_another else self.limits.headers(visit.standing, visit.reset_form)
        _note_what_was_told(seen, reply, visit.standing, headers)
        reply.headers = reply.headers | headers
        return reply

    def _meet(self, incoming: Incoming, visit: Visit) -> Reply:
        fault = self.script.match(str(incoming.given.get("action", "")), incoming.key)
        if fault is None:
            return self._answer(incoming, visit.account)
        reply = fault.before(visit)
        if reply is None:
            reply = self._answer(incoming, visit.account)
        return fault.after(visit, reply)

    def _answer(self, incoming: Incoming, account: Account) -> Reply:
        try:
            if incoming.problem:
                raise Refused(400, incoming.problem)
            action = known_action(incoming.given.get("action"), incoming.method)
            parameters = checked(action, incoming.given)
            with self.state.lock:
                call = Call(self.state, account, action, parameters, self.max_page)
                payload = ANSWERS[action.name](call)
                self._write_down(call, payload, incoming)
                return as_json(payload)
        except Refused as refusal:
            return as_error(refusal.status, refusal.message)

    def _write_down(self, call: Call, payload: Payload, incoming: Incoming) -> None:
        if call.action.effect in _LASTING:
            target = _target(call.action, call.parameters, payload.get("data") or {})
            parameters, wall = masked(incoming.given), self.limits.clock.now()
            self.state.write_down(
                Done(call.action.name, call.account.uuid, target, parameters, incoming.key[-4:], wall)
            )


def _note_what_was_told(seen: RequestSeen, reply: Reply, standing: Standing, headers: dict[str, str]) -> None:
    seen.limited = reply.status == 429
    told = not reply.dropped and headers.get("X-RateLimit-Remaining") == "0"
    if seen.limited or told:
        seen.closed_until = standing.ends


def _target(action: Action, parameters: dict[str, Any], data: dict[str, Any]) -> int | None:
    named = [parameters[name] for name in action.required if name.endswith("id") and name in parameters]
    made = [data[name] for name in _MADE if name in data]
    return next(iter(named + made), None)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
