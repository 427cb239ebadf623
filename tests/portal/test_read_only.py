"""A database that takes no changes: a standby of PostgreSQL, a folder that became read-only."""

import pytest
from django.db import connection

from ultahost_api.models import Account, Refresh

pytestmark = pytest.mark.django_db(transaction=True)
SWITCH = {"sqlite": "PRAGMA query_only = {}", "postgresql": "SET default_transaction_read_only = {}"}


@pytest.fixture
def read_only():
    def switch(state="on"):
        with connection.cursor() as cursor:
            cursor.execute(SWITCH[connection.vendor].format(state))

    yield switch
    switch("off")


@pytest.fixture
def browser(away):
    Account.objects.update(watched_until=None)
    return away


@pytest.mark.parametrize(
    "page", ["", "services/", "invoices/", "domains/", "agenda/", "spend/", "search/?q=a"]
)
def test_its_pages_are_read_all_the_same(browser, read_only, page):
    read_only()

    assert browser.get(f"/{page}").status == 200


def test_it_says_that_a_change_was_not_done(browser, read_only):
    read_only()

    for path in ("/refresh/invoices/", "/profile/"):
        page = browser.post(path, {"name": "Alma B", "theme": "", "page_size": ""})

        assert page.status == 503
        assert page.texts("h1") == ["The database takes no changes"]
        assert "This was not done." in page.texts("main p")[0]


def test_the_next_change_is_done_as_soon_as_it_may(browser, read_only):
    read_only()
    browser.post("/refresh/invoices/", {})
    read_only("off")

    assert browser.post("/refresh/invoices/", {}).status == 303
    assert not Refresh.objects.filter(noun="invoices", asked_at=None).exists()
