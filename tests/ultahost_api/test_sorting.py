"""Conditions that no index answers find the same rows."""

from decimal import Decimal

import pytest

from ultahost_api.models import Account, Service
from ultahost_api.models.sorting import without_equal, without_index


@pytest.mark.django_db
def test_an_amount_is_found_without_an_index_as_with_one() -> None:
    account = Account.objects.create(remote_uuid="uuid-1", name="Acme", currency="EUR")
    for number, amount in enumerate(("0", "10", "12.5"), start=1):
        Service.objects.create(account=account, remote_id=number, amount=Decimal(amount))

    for rows in (Service.objects.filter(amount=10), Service.objects.exclude(amount=0)):
        found = {*rows.values_list("remote_id", flat=True)}
        assert found
        for same in (without_equal(rows), without_index(rows, "amount")):
            assert {*same.values_list("remote_id", flat=True)} == found
