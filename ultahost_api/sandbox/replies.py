"""An answer on its way out, with whatever is to go wrong on the way."""

import json
from dataclasses import dataclass, field
from typing import Any

REASONS = {
    400: "Missing or invalid parameters in the request.",
    401: "API key missing or invalid.",
    403: "Key does not have access to this resource.",
    404: "Requested service or resource does not exist.",
    429: "Rate limit exceeded.",
}

Payload = dict[str, Any]


@dataclass(slots=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    dropped: bool = False  # the connection is closed without a byte
    cut_at: int | None = None  # so many bytes of the body, then closed
    pause: float = 0.0  # seconds between two bytes of the body
    of_another: bool = False  # a server in front of the provider sends it, which tells no rate limit

    @property
    def payload(self) -> Any:
        return json.loads(self.body)


def as_json(payload: Payload, status: int = 200) -> Reply:
    return Reply(status, json.dumps(payload, ensure_ascii=False).encode())


def as_html(status: int, title: str) -> Reply:
    """The page of a proxy or firewall in front of the provider."""
    body = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status, body.encode(), {"Content-Type": "text/html; charset=utf-8"}, of_another=True)


def as_error(status: int, message: str = "") -> Reply:
    return as_json({"status": status, "message": message or REASONS[status]}, status)
