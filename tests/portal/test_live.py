"""What is read live: asked for once a minute, and kept in a form that a later version cannot misread."""

from dataclasses import dataclass, fields, make_dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import caches

from portal.live_reads import reading
from ultahost_api.client import Announcement, Contact, PaymentMethod

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
RECORDS = {
    Contact: Contact(id=1, first_name="Jane", last_name="Ä\0", email="", extra={"password": "sk_test_1"}),
    Announcement: Announcement(id=2**63 - 1, date=AT, title="<b>News</b>", extra={"body": "x"}),
    PaymentMethod: PaymentMethod(
        id=3,
        type="CreditCard",
        description="Visa",
        gateway_name="stripe",
        contact_type="",
        contact_id=None,
        bank_name="",
        card_type="Visa",
        card_last_four="4242",
        expiry_date="12/30",
        last_updated=None,
    ),
}


@pytest.fixture
def account(people, sandbox, add_key):
    caches["live"].clear()
    return add_key(people.member("Alma"), sandbox.add_account("Acme")).account


@pytest.fixture
def read(account):
    """Reads a list; its content, and how often Ultahost was asked."""
    asked = []

    def call(record, *records, name="list"):
        def answer(client):
            asked.append(name)
            return reading.Whole.of(records, False, ("abc",))

        return reading.read_list(account, name, record, answer).content, len(asked)

    return call


@pytest.mark.parametrize("record", RECORDS)
def test_it_reads_from_the_cache_what_ultahost_answered(read, record):
    first, _ = read(record, RECORDS[record])
    again, asked = read(record)

    assert again == first
    assert asked == 1
    assert again.records[0].extra == {}


def test_it_asks_again_once_it_is_told_to_forget(read, account):
    read(Contact, RECORDS[Contact])
    reading.forget(account, "list")

    assert read(Contact) == (reading.Whole((), False, ("abc",)), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """As a version of the portal had it whose fields stood in another order."""

    id: int
    last_name: str
    first_name: str
    email: str
    extra: Any


def test_it_asks_again_when_another_version_kept_other_fields(read):
    read(Older, Older(id=1, last_name="Smith", first_name="Jane", email="", extra={}))

    whole, asked = read(Contact, RECORDS[Contact])

    assert asked == 2
    assert whole.records[0].first_name == "Jane"


def test_it_asks_again_when_another_version_kept_another_type(read):
    """As where a field was a number and is a text now."""
    types = [(field.name, Any if field.name == "extra" else "int") for field in fields(Contact)]
    older = make_dataclass("Older", types, frozen=True, kw_only=True)
    read(older, older(**dict.fromkeys((name for name, _ in types), 7)))

    whole, asked = read(Contact, RECORDS[Contact])

    assert asked == 2
    assert whole.records[0].first_name == "Jane"
