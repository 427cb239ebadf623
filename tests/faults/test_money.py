from typing import Any

import pytest

from tests.faults.money import Harness
from ultahost_api import refreshing
from ultahost_api.models import Refresh
from ultahost_api.sandbox import Sandbox


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_moves_money_once_and_says_so_whatever_strikes(
    sandbox: Sandbox, people: Any, add_key: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    acme = sandbox.add_account(company="Acme", currency="EUR")
    key = add_key(people.member("Alma"), acme)
    refreshing.run(Refresh.objects.get(noun="invoices").pk)

    figures = Harness(sandbox, acme, key).run(operations=120, kills=4, storms=2)

    with capsys.disabled():
        print(f"\n{figures}")
    assert figures.operations == 126
    assert figures.double_effects == 0
    assert figures.lost == 0
    assert figures.failed_though_moved == 0
    assert figures.done_though_not_moved == 0
    assert figures.unknown_though_readable == 0
