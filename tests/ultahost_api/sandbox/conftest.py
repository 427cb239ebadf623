from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from ultahost_api.client.core.actions import ACTIONS
from ultahost_api.sandbox import Account, Sandbox


@dataclass
class Api:
    """One key and one connection, without any of a real client's manners."""

    url: str
    key: str
    session: requests.Session

    def send(self, action: str, method: str = "", **parameters: Any) -> requests.Response:
        method = method or ACTIONS[action].method
        headers = {"x-api-key": self.key}
        if method == "GET":
            query = {"action": action} | parameters
            return self.session.get(self.url, params=query, headers=headers, timeout=5, allow_redirects=False)
        body = {"action": action} | parameters
        return self.session.request(method, self.url, json=body, headers=headers, timeout=5)

    def data(self, action: str, **parameters: Any) -> Any:
        answer = self.send(action, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json().get("data")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(limit=1000, window=60.0, max_page=10) as running:
        yield running


@pytest.fixture
def acme(sandbox: Sandbox) -> Account:
    return sandbox.add_account(company="Acme", currency="EUR")


@pytest.fixture
def api_with():
    """Make an Api for a key; its connection is closed at the end."""
    sessions = []

    def make(sandbox: Sandbox, key: str) -> Api:
        sessions.append(requests.Session())
        return Api(sandbox.url, key, sessions[-1])

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def api(sandbox: Sandbox, acme: Account, api_with) -> Api:
    return api_with(sandbox, sandbox.add_key(acme))
