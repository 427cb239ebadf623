from collections import Counter
from uuid import uuid4

import pytest

from ultahost_api.models.line_texts import Things, named
from ultahost_api.sandbox import team
from ultahost_api.sandbox.rows import day
from ultahost_api.sandbox.state import State


@pytest.fixture(scope="module")
def state():
    filled = State()
    team.fill(filled)
    return filled


def rows(state, noun):
    return [row for account in state.accounts.values() for row in account.rows(noun).values()]


def test_it_opens_three_accounts_with_four_keys(state):
    opened = {name: state.account_of(key) for name, key in team.DEMO_KEYS.items()}
    assert opened["alma"] is opened["carla"]
    assert [opened[name].currency for name in ("alma", "ben", "dana")] == ["EUR", "USD", "GBP"]
    assert all(len(key) >= 24 and key.startswith("sk_test_") for key in team.DEMO_KEYS.values())


def test_it_is_as_large_as_a_real_team(state):
    assert 90 <= len(rows(state, "services")) <= 110
    assert 300 <= len(rows(state, "invoices")) <= 400
    assert 55 <= len(rows(state, "domains")) <= 65
    assert min(row["date"] for row in rows(state, "invoices")) < day(-900)


def test_it_writes_lines_that_name_one_thing_or_truly_more(state):
    """A line that names nothing is of a product that several services have."""
    for account in state.accounts.values():
        things = Things(
            [(uuid4(), [row["product_name"]], row["domain"]) for row in account.services.values()],
            [(uuid4(), row["domain"]) for row in account.domains.values()],
        )
        products = [row["product_name"] for row in account.services.values()]
        for line in (item["description"] for row in account.invoices.values() for item in row["items"]):
            told = named(line, things)
            assert told.service or told.domain or sum(line.startswith(name) for name in products) > 1


def test_it_always_has_overdue_due_and_expiring_things_in_every_account(state):
    for account in state.accounts.values():
        unpaid = [row for row in account.invoices.values() if row["status"] == "Unpaid"]
        assert sum(row["duedate"] < day(0) for row in unpaid) >= 2
        assert sum(row["duedate"] >= day(0) for row in unpaid) >= 1
        active = [row for row in account.domains.values() if row["status"] == "Active"]
        assert any(day(0) <= row["expirydate"] <= day(30) for row in active)
        assert any(row["donotrenew"] for row in active)


@pytest.mark.parametrize("seed", range(5))
def test_it_has_them_whatever_the_dice_say(seed):
    other = State()
    team.fill(other, seed=seed)
    test_it_always_has_overdue_due_and_expiring_things_in_every_account(other)


def test_it_shows_suspended_and_cancelled_services(state):
    statuses = Counter(row["status"] for row in rows(state, "services"))
    assert statuses["Suspended"] >= 2
    assert statuses["Cancelled"] >= 2


@pytest.mark.parametrize("text", ["<script>", "{{ braces }}", "クラウド", "🚀", "خادم", "é"])
def test_it_has_names_that_break_careless_pages(state, text):
    assert any(text in row["product_name"] for row in rows(state, "services"))


def test_it_has_every_live_noun(state):
    for noun in ("orders", "quotes", "emails", "contacts", "payment_methods"):
        assert all(account.rows(noun) for account in state.accounts.values())
    assert len(state.announcements) >= 3
    assert any("<script>" in row["message"] and "<img" in row["message"] for row in rows(state, "emails"))
    assert any(row["_epp"] for row in rows(state, "domains"))
    assert any(row["_epp"] is None for row in rows(state, "domains"))


def test_it_adds_up(state):
    for invoice in rows(state, "invoices"):
        cents = {name: round(float(invoice[name]) * 100) for name in ("subtotal", "tax", "credit", "total")}
        assert cents["total"] == cents["subtotal"] + cents["tax"] - cents["credit"]
        assert cents["subtotal"] == sum(round(float(item["amount"]) * 100) for item in invoice["items"])


def test_it_grows_ids_with_dates(state):
    for account in state.accounts.values():
        dates = [account.invoices[number]["date"] for number in sorted(account.invoices)]
        assert dates == sorted(dates)


def test_it_is_the_same_on_every_start(state):
    again = State()
    team.fill(again)
    names = [[row["product_name"] for row in rows(each, "services")] for each in (state, again)]
    totals = [[row["total"] for row in rows(each, "invoices")] for each in (state, again)]
    assert names[0] == names[1]
    assert totals[0] == totals[1]
