"""Statements that are kept read what a query would read, each time anew."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q
from django.forms.models import model_to_dict

from ultahost_api.models import Account, Service
from ultahost_api.models.prepared import Prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def bakery() -> Account:
    return Account.objects.create(
        remote_uuid="bakery", name="Bakery", currency="EUR", credit=Decimal("12.3400")
    )


def test_it_reads_every_kind_of_value_as_a_query_does(bakery):
    service = Service.objects.create(
        account=bakery,
        remote_id=7,
        amount=Decimal("9.9900"),
        nameservers=["ns1.example.com"],
        detailed_at=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
    )
    (row,) = Prepared(most=1).rows(Service, "all", Service.objects.all)
    assert model_to_dict(row) == model_to_dict(Service.objects.get())
    assert (row.pk, row.account_id, row.detailed_at) == (service.pk, bakery.pk, service.detailed_at)
    assert (row.amount, row.nameservers) == (service.amount, ["ns1.example.com"])


def test_it_reads_annotations_beside_the_row(bakery):
    is_bakery = ExpressionWrapper(Q(name="Bakery"), BooleanField())
    (row,) = Prepared(most=1).rows(Account, "all", lambda: Account.objects.annotate(is_bakery=is_bakery))
    assert row == bakery
    assert row.is_bakery is True


def test_it_reads_other_ids_with_the_same_statement(bakery):
    place, prepared = UUID(int=0), Prepared(most=1)
    other = Account.objects.create(remote_uuid="2", name="Other", currency="EUR")
    for account in (bakery, other):
        query = lambda: Account.objects.filter(pk__in=[place])  # noqa: E731
        assert prepared.rows(Account, "by id", query, {place: account.pk}) == [account]


def test_it_reads_values_and_what_is_counted_of_groups(bakery):
    for number in (7, 8):
        at = datetime(2026, 5, number, tzinfo=UTC)
        Service.objects.create(account=bakery, remote_id=number, amount=Decimal("9.9900"), detailed_at=at)
    groups = (
        Service.objects.order_by().values("account").annotate(newest=Max("detailed_at"), rows=Count("pk"))
    )
    ((account, newest, rows, amount),) = Prepared(most=1).values(
        "groups", lambda: groups.annotate(most=Max("amount")).values_list("account", "newest", "rows", "most")
    )
    assert (account, newest, rows, amount) == (bakery.pk, at, 2, Decimal("9.99"))


def test_it_keeps_the_statement_and_not_what_it_told(bakery):
    prepared, asked = Prepared(most=1), []

    def query():
        asked.append(1)
        return Account.objects.filter(pk=bakery.pk)

    assert [row.name for row in prepared.rows(Account, bakery.pk, query)] == ["Bakery"]
    Account.objects.update(name="Smithy")
    assert [row.name for row in prepared.rows(Account, bakery.pk, query)] == ["Smithy"]
    assert len(asked) == 1


def test_it_asks_nothing_where_there_can_be_no_row(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Prepared(most=1).rows(Account, "none", lambda: Account.objects.filter(pk__in=[])) == []
