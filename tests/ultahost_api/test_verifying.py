"""A check of a key says nothing of a secret that took its place meanwhile."""

import pytest

from ultahost_api import keys
from ultahost_api.models import ApiKey
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.usefixtures("rung")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture
def waiting(sandbox, acme, alma):
    """A key that was saved unverified; Ultahost answers again."""
    sandbox.faults.add(Fault.drop(), times=None)
    key = keys.add(alma, "Main", sandbox.add_key(acme))
    sandbox.faults.clear()
    return ApiKey.objects.get(pk=key.pk)


def test_it_leaves_a_key_the_account_that_its_new_secret_opens(sandbox, waiting, during_call):
    other = sandbox.add_account(company="Beta", currency="USD")
    during_call(lambda: keys.replace(ApiKey.objects.get(), sandbox.add_key(other)))
    keys.verify(waiting)
    assert ApiKey.objects.get().account.name == "Beta"


def test_it_verifies_no_key_that_was_removed(waiting, during_call):
    during_call(lambda: keys.remove(ApiKey.objects.get()))
    keys.verify(waiting)
    assert ApiKey.objects.get().verified_at is None


def test_it_plans_no_next_try_of_a_secret_that_was_replaced(sandbox, acme, waiting, during_call):
    sandbox.faults.add(Fault.status(500), times=1)
    during_call(lambda: keys.replace(ApiKey.objects.get(), sandbox.add_key(acme)))
    keys.verify(waiting)
    key = ApiKey.objects.get()
    assert (key.state, key.next_try_at, key.tries) == (ApiKey.State.ACTIVE, None, 0)


def test_it_stops_no_key_whose_new_secret_is_right(sandbox, acme, key, during_call):
    other = sandbox.add_account(company="Beta")
    for secret in sandbox.state.keys:
        sandbox.state.keys[secret] = other.uuid
    during_call(lambda: keys.replace(ApiKey.objects.get(), sandbox.add_key(acme)))
    keys.verify(ApiKey.objects.get(pk=key.pk))
    assert ApiKey.objects.get().state == ApiKey.State.ACTIVE


def test_it_makes_no_account_of_an_identity_that_no_column_holds(sandbox, acme, waiting):
    sandbox.state.accounts["x" * 65] = acme
    acme.profile["uuid"] = "x" * 65
    keys.verify(waiting)
    assert (ApiKey.objects.get().state, ApiKey.objects.get().account) == (ApiKey.State.UNVERIFIED, None)
