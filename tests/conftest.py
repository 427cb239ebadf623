from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from portal.models import Role, User
from tests import migrated
from ultahost_api import keys
from ultahost_api.models import ApiKey
from ultahost_api.sandbox import Sandbox


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "leave tests that open no database to the run on another one"
    parser.addoption("--only-database", action="store_true", help=words)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--only-database"):
        without = [item for item in items if not _opens_database(item)]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if _opens_database(item)]


def _opens_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & {"db", "transactional_db"}) or item.get_closest_marker("django_db") is not None


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """tests/run.py has made a migrated one for SQLite; a single file's tests are quicker without."""
    return connection.vendor == "sqlite" and migrated.is_made()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_keepdb: bool
) -> Iterator[None]:
    file = Path(connection.settings_dict["TEST"]["NAME"] or "")
    if django_db_keepdb:
        migrated.copy_to(file)
    yield
    if django_db_keepdb:
        file.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """A request leaves the language of its reader behind, which is not the next test's."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _flushing() -> Iterator[None]:
    """After a test that commits, its rows are removed, those of the append-only log too."""
    patched = pytest.MonkeyPatch()
    flush = type(connection.ops).execute_sql_flush

    def flush_all(operations: Any, statements: list[str]) -> None:
        with triggers_off():
            flush(operations, statements)

    patched.setattr(type(connection.ops), "execute_sql_flush", flush_all)
    yield
    patched.undo()


@contextmanager
def triggers_off() -> Iterator[None]:
    """What whoever owns the database can do, and the log's triggers cannot forbid."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table with checks of foreign keys still to come cannot be altered.
            off = ["SET CONSTRAINTS ALL IMMEDIATE", "ALTER TABLE portal_auditentry DISABLE TRIGGER USER"]
            on = ["ALTER TABLE portal_auditentry ENABLE TRIGGER USER"]
        else:
            of_log = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
            cursor.execute(of_log, ["portal_auditentry"])
            triggers = cursor.fetchall()
            off, on = [f"DROP TRIGGER {name}" for name, _ in triggers], [sql for _, sql in triggers]
        for statement in off:
            cursor.execute(statement)
        try:
            yield
        finally:
            for statement in on:
                cursor.execute(statement)


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

    def publish(task: str, argument: object, queue: str, wait: float = 0.0) -> bool:
        published.append((task, argument, queue))
        return True

    monkeypatch.setattr("ultahost_api.wakeup._send", publish)
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
