"""What people and logs are told of a database that fails; test_full_disk.py fills a real disk."""

import logging

import psycopg
import pytest
from django.db import OperationalError, connection

from portal.log_masking import Short
from portal.models import User
from portal.running import troubles
from portal.running.troubles import trouble_of
from ultahost_api.models import Account


def failing(words):
    def fail(*_, **__):
        raise OperationalError(words)

    return fail


@pytest.fixture
def browser(visit, people):
    visitor = visit(people.admin("Alma"))
    visitor.client.raise_request_exception = False
    return visitor


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("database or disk is full", "The disk is full"),
        ("database is locked", "The portal is busy"),
    ],
)
def test_it_says_in_a_page_why_a_change_was_not_done(browser, monkeypatch, words, title):
    monkeypatch.setattr(User, "save", failing(words))

    page = browser.post("/profile/", {"name": "Alma B", "theme": "", "page_size": ""})

    assert page.status == 503
    assert page.headers["Retry-After"] == "30"
    assert page.texts("h1") == [title]


def test_it_shows_what_it_cannot_note(browser, monkeypatch, rows):
    rows.account("Acme")
    monkeypatch.setattr(type(Account.objects.all()), "watch", failing("database or disk is full"))

    assert browser.get("/services/").status == 200


def test_a_fault_of_ours_stays_one(browser, monkeypatch):
    monkeypatch.setattr(connection, "vendor", "sqlite")
    monkeypatch.setattr(User, "save", failing('no such column: "x"'))

    assert browser.post("/profile/", {"name": "Alma B", "theme": "", "page_size": ""}).status == 500


def test_a_failing_database_is_one_line_without_a_traceback(browser, monkeypatch, caplog):
    caplog.handler.addFilter(Short())
    monkeypatch.setattr(User, "save", failing("database is locked\nand a second line"))

    browser.post("/profile/", {"name": "Alma B", "theme": "", "page_size": ""})

    (line,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert line.getMessage() == "Service Unavailable: /profile/ (database is locked)"
    assert line.exc_info is None


def test_a_failing_database_has_a_line_though_nothing_else_was_said():
    error = OperationalError("database is locked")
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, " ", None, (type(error), error, None))
    assert Short().filter(record)
    assert record.getMessage() == "(database is locked)"


def test_another_fault_keeps_its_traceback(browser, monkeypatch, caplog):
    caplog.handler.addFilter(Short())
    monkeypatch.setattr(User, "save", lambda *_, **__: 1 / 0)

    browser.post("/profile/", {"name": "Alma B", "theme": "", "page_size": ""})

    assert any(record.exc_info for record in caplog.records)


def test_a_file_that_cannot_be_made_where_there_is_no_room_is_a_full_disk(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "sqlite")
    error = OperationalError("unable to open database file")
    assert trouble_of(error) == "down"

    monkeypatch.setattr(troubles, "_ROOM", 1 << 60)

    assert trouble_of(error) == "full"


def test_a_statement_that_took_too_long_can_be_tried_again(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "postgresql")
    error = OperationalError("canceling statement due to statement timeout")
    error.__cause__ = psycopg.errors.QueryCanceled()

    assert trouble_of(error) == "busy"
