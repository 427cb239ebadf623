from collections.abc import Iterator
from typing import Any

import pytest

from portal.models import Role, User
from ultahost_api import keys
from ultahost_api.models import ApiKey
from ultahost_api.sandbox import Sandbox


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """An empty Ultahost without a limit that matters, to which the portal's settings point."""
    with Sandbox(limit=100_000) as sandbox:
        settings.ULTAHOST = {**settings.ULTAHOST, "API_URL": sandbox.url}
        yield sandbox


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, str]]:
    """What was published to the queue, instead of a queue."""
    published: list[tuple[str, Any, str]] = []

    def publish(task: str, argument: object, queue: str) -> bool:
        published.append((task, argument, queue))
        return True

    monkeypatch.setattr("ultahost_api.bell._publish", publish)
    return published


@pytest.fixture
def people(db: None) -> "People":
    return People()


class People:
    """Users made on demand: ``people.member("Alma")``."""

    def __getattr__(self, role: str) -> Any:
        def make(name: str, **fields: Any) -> User:
            email = f"{name.lower()}@example.com"
            fields |= {"name": name, "role": Role(role)}
            return User.objects.create_user(email, "correct horse battery", **fields)

        return make


@pytest.fixture
def add_key(sandbox: Sandbox, rung: list[Any]) -> Any:
    """A verified key of ``owner`` to the sandbox's ``account``."""

    def add(owner: User, account: Any, label: str = "Main") -> ApiKey:
        return keys.add(owner, label, sandbox.add_key(account))

    return add
