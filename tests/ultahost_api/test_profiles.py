from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from ultahost_api import keys
from ultahost_api.models import Account, ApiKey, Event, Invoice, Order, Quote, Refresh
from ultahost_api.sandbox import Fault


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


def swap(sandbox, key, account):
    """From now on this key opens another account."""
    secret = next(secret for secret in sandbox.state.keys if secret.endswith(key.last_four))
    sandbox.state.keys[secret] = account.uuid


def test_it_brings_the_account_up_to_date(acme, worker):
    acme.profile.update(companyname="Acme & Sons", email="new@example.com", credit="7.50", status="Closed")
    refresh = worker.run("profile")
    worker.account.refresh_from_db()
    account = worker.account
    assert (account.name, account.email, account.status) == ("Acme & Sons", "new@example.com", "Closed")
    assert account.credit == Decimal("7.50")
    assert refresh.completed_at


def test_it_calls_no_account_by_spaces(acme, worker):
    acme.profile.update(companyname=" ", firstname=" Ada", lastname=" ")
    worker.run("profile")
    worker.account.refresh_from_db()
    assert worker.account.name == "Ada"


def test_it_is_read_once_a_day(worker):
    wait = worker.run("profile").next_due_at - timezone.now()
    assert 21 < wait.total_seconds() / 3600 < 27


def test_it_stops_a_key_that_opens_another_account_before_anything_is_written(sandbox, acme, worker, key):
    other = sandbox.add_account(company="Beta", currency="USD")
    other.add_invoices(5)
    swap(sandbox, key, other)

    worker.run("profile")
    refresh = worker.run("profile")

    worker.account.refresh_from_db()
    key.refresh_from_db()
    assert (worker.account.name, worker.account.currency) == ("Acme", "EUR")
    assert key.state == ApiKey.State.DISABLED
    assert key.disabled_because == ApiKey.DisabledBecause.OTHER_ACCOUNT
    assert refresh.trouble == Refresh.Trouble.NO_KEY
    assert key in ApiKey.objects.needing_attention()
    assert worker.run("invoices").trouble == Refresh.Trouble.NO_KEY
    assert Invoice.objects.count() == 0


def test_it_uses_a_stopped_key_only_after_it_was_verified_again(sandbox, acme, worker, key, rung):
    other = sandbox.add_account(company="Beta")
    other.add_invoices(5)
    swap(sandbox, key, other)
    worker.run("profile")
    key.refresh_from_db()

    keys.enable(key)
    assert key.state == ApiKey.State.UNVERIFIED
    assert worker.run("invoices").trouble == Refresh.Trouble.NO_KEY
    keys.verify(key)
    key.refresh_from_db()
    assert key.state == ApiKey.State.DISABLED
    assert Invoice.objects.count() == 0

    swap(sandbox, key, acme)
    keys.enable(key)
    keys.verify(key)
    assert ApiKey.objects.get().state == ApiKey.State.ACTIVE
    assert worker.run("invoices").completed_at


def test_it_checks_every_key_and_reads_on_with_the_good_one(sandbox, acme, worker, key, alma, add_key):
    second = add_key(alma, acme, "Second")
    swap(sandbox, key, sandbox.add_account(company="Beta"))
    acme.profile["companyname"] = "Acme & Sons"
    worker.run("profile")
    worker.account.refresh_from_db()
    assert worker.account.name == "Acme & Sons"
    states = [ApiKey.objects.get(pk=pk).state for pk in (key.pk, second.pk)]
    assert states == [ApiKey.State.DISABLED, ApiKey.State.ACTIVE]


def test_it_finds_a_refused_key_although_another_one_works(sandbox, acme, worker, key, alma, add_key):
    add_key(alma, acme, "Second")
    secret = next(secret for secret in sandbox.state.keys if secret.endswith(key.last_four))
    sandbox.revoke(secret)
    assert worker.run("profile").completed_at
    key.refresh_from_db()
    assert key.state == ApiKey.State.REFUSED


def test_it_pauses_when_every_key_is_refused(sandbox, worker, key):
    sandbox.state.keys.clear()
    refresh = worker.run("profile")
    assert refresh.completed_at is None
    assert worker.run("profile").trouble == Refresh.Trouble.NO_KEY


def test_it_tells_a_fault_of_the_provider(sandbox, worker):
    sandbox.faults.add(Fault.status(502), times=None)
    refresh = worker.run("profile")
    assert (refresh.trouble, refresh.completed_at) == (Refresh.Trouble.UNREACHABLE, None)


def test_it_has_everything_read_again_when_the_currency_changes(acme, worker, page_size):
    page_size(10)
    acme.add_invoices(30)
    worker.run("invoices", seconds=0)
    acme.profile["currency_code"] = "USD"
    worker.run("profile")
    worker.account.refresh_from_db()
    assert (worker.account.currency, worker.account.former_currency) == ("USD", "EUR")
    assert worker.account.currency_changed_at
    refresh = worker.refresh("invoices")
    assert refresh.pass_started_at is None
    assert refresh.next_due_at <= timezone.now()
    for noun in ("services", "domains"):
        assert worker.refresh(noun).next_due_at <= timezone.now()


@pytest.mark.parametrize("code", ["", None])
def test_it_keeps_the_currency_that_an_odd_answer_leaves_out(acme, worker, code):
    acme.profile["currency_code"] = code
    worker.run("profile")
    worker.account.refresh_from_db()
    assert (worker.account.currency, worker.account.currency_changed_at) == ("EUR", None)


def test_it_keeps_a_name_whole_and_cuts_a_currency_that_is_none(acme, worker):
    acme.profile.update(companyname="x" * 1000, email="y" * 1000, status="z" * 100, currency_code="w" * 50)
    assert worker.run("profile").trouble == ""
    worker.account.refresh_from_db()
    assert (len(worker.account.name), len(worker.account.currency)) == (1000, 10)


def test_it_knows_an_account_by_its_uuid_in_any_case(sandbox, acme, alma, add_key, key):
    acme.profile["uuid"] = acme.uuid.upper()
    sandbox.state.accounts[acme.uuid] = acme
    assert add_key(alma, acme, "Shouting").account == key.account


def test_it_names_the_currency_of_invoices_that_were_read_before_it_was_told(acme, worker):
    acme.add_invoices(2)
    Account.objects.update(currency="")
    worker.run("invoices")
    acme.profile["currency_code"] = "EUR"
    worker.run("profile")
    assert set(Invoice.objects.values_list("currency", flat=True)) == {"EUR"}


def test_it_keeps_the_currency_that_invoices_were_written_in(acme, worker):
    acme.add_invoices(2)
    worker.run("invoices")
    acme.profile["currency_code"] = "USD"
    worker.run("profile")
    assert set(Invoice.objects.values_list("currency", flat=True)) == {"EUR"}


@pytest.mark.parametrize("code", ["eur", "EUR ", "\teur"])
def test_it_takes_a_currency_for_the_same_however_it_is_written(acme, worker, code):
    acme.profile["currency_code"] = code
    worker.run("profile")
    worker.account.refresh_from_db()
    assert (worker.account.currency, worker.account.currency_changed_at) == ("EUR", None)


def test_it_writes_a_currency_of_before_as_all_others(acme, worker):
    acme.add_invoices(2)
    Account.objects.update(currency="eur ")
    worker.run("invoices")
    worker.run("profile")
    worker.account.refresh_from_db()
    assert (worker.account.currency, worker.account.currency_changed_at) == ("EUR", None)
    assert set(Invoice.objects.values_list("currency", flat=True)) == {"EUR"}


def test_it_does_not_stop_a_key_for_the_secret_that_was_replaced(sandbox, acme, worker, key, during_call):
    other = sandbox.add_account(company="Beta")
    swap(sandbox, key, other)
    during_call(lambda: keys.replace(ApiKey.objects.get(), sandbox.add_key(acme)))
    worker.run("profile")
    assert ApiKey.objects.get().state == ApiKey.State.ACTIVE


def test_it_has_the_profile_read_when_an_invoice_is_new_and_names_its_currency(acme, worker):
    acme.add_invoices(1)
    worker.run("invoices")
    worker.run("profile")
    acme.add_invoices(1)
    acme.add_orders(1)
    acme.add_quotes(1)
    acme.profile["currency_code"] = "USD"
    for noun in ("invoices", "orders", "quotes"):
        Refresh.objects.filter(noun=noun).update(completed_at=timezone.now())
        worker.run(noun)
    assert worker.refresh("profile").next_due_at <= timezone.now()
    worker.run("profile")
    told = Invoice.objects.order_by("remote_id").values_list("currency", flat=True)
    assert list(told) == ["EUR", "USD"]
    assert (Order.objects.get().currency, Quote.objects.get().currency) == ("USD", "USD")


def test_it_keeps_the_currency_of_what_was_new_long_before_the_change_was_told(acme, worker):
    """As when the profile could not be read for weeks."""
    acme.add_invoices(1)
    worker.run("invoices")
    worker.run("profile")
    acme.add_invoices(2)
    worker.run("invoices")
    now = timezone.now()
    Refresh.objects.filter(noun="profile").update(completed_at=now - timedelta(days=30))
    Event.objects.filter(remote_id=2).update(at=now - timedelta(days=20))
    acme.profile["currency_code"] = "USD"
    worker.run("profile")
    told = Invoice.objects.order_by("remote_id").values_list("currency", flat=True)
    assert list(told) == ["EUR", "EUR", "USD"]


def test_it_keeps_the_currency_that_orders_and_quotes_were_written_in(acme, worker):
    acme.add_orders(1)
    acme.add_quotes(1)
    for noun in ("orders", "quotes", "profile"):
        worker.run(noun)
    acme.profile["currency_code"] = "USD"
    worker.run("profile")
    assert (Order.objects.get().currency, Quote.objects.get().currency) == ("EUR", "EUR")


def test_it_tells_an_amount_of_before_in_the_currency_of_before_once(acme, worker):
    acme.add_services(1, amount="5.00")
    acme.add_invoices(1, total="5.00")
    for noun in ("services", "invoices", "profile"):
        worker.run(noun)
    acme.profile["currency_code"] = "USD"
    worker.run("profile")
    acme.services[1]["amount"] = acme.invoices[1]["total"] = "6.00"
    worker.run("services")
    worker.run("invoices")
    acme.services[1]["amount"] = "7.00"
    worker.run("services")
    told = list(Event.objects.order_by("pk").values_list("noun", "changes"))
    assert told == [
        ("services", {"amount": ["5.00", "6.00"], "currency": ["EUR", "USD"]}),
        ("invoices", {"total": ["5.00", "6.00"]}),
        ("services", {"amount": ["6.00", "7.00"]}),
    ]


def test_it_tells_the_currency_of_before_once_of_a_list_that_is_never_clean(sandbox, acme, worker):
    acme.add_services(3, amount="5.00")
    for noun in ("services", "profile"):
        worker.run(noun)
    acme.profile["currency_code"] = "USD"
    worker.run("profile")
    wrong = Fault.edit(lambda said: said | {"meta": said["meta"] | {"total_records": 99}})
    sandbox.faults.add(wrong, action="get_services", times=None)
    for amount in ("6.00", "7.00", "lots", "8.00"):
        acme.services[1]["amount"] = amount
        worker.run("services")
    told = list(Event.objects.order_by("pk").values_list("changes", flat=True))
    assert [change.get("currency") for change in told] == [["EUR", "USD"], None, None, None]


def test_it_tells_the_currency_of_before_of_a_service_that_its_list_leaves_out(sandbox, acme, worker):
    acme.add_services(3, amount="5.00")
    for noun in ("services", "profile"):
        worker.run(noun)
    acme.profile["currency_code"] = "USD"
    worker.run("profile")

    def hide(said):
        rows = [row for row in said["data"] if row["id"] != 1]
        return said | {"data": rows, "meta": said["meta"] | {"total_records": 2}}

    sandbox.faults.add(Fault.edit(hide), action="get_services", times=None)
    for amount in ("6.00", "7.00"):
        acme.services[1]["amount"] = amount
        worker.run("services")
    assert list(Event.objects.order_by("pk").values_list("changes", flat=True)) == [
        {"amount": ["5.00", "6.00"], "currency": ["EUR", "USD"]},
        {"amount": ["6.00", "7.00"]},
    ]


def test_it_names_the_currency_of_orders_and_quotes_that_an_earlier_version_has_read(account):
    fill = import_module("ultahost_api.migrations.0036_currencies_of_orders_and_quotes").fill
    changed = timezone.now()
    for number, days in ((1, 2), (2, -2)):
        then = changed - timedelta(days=days)
        Order.objects.create(account=account, remote_id=number, date=then)
        Quote.objects.create(account=account, remote_id=number, created_on=then.date())
    Quote.objects.create(account=account, remote_id=3)
    Account.objects.update(currency="USD", former_currency="EUR", currency_changed_at=changed)
    fill(apps, SimpleNamespace(connection=connection))
    told = [
        list(noun.objects.order_by("remote_id").values_list("currency", flat=True)) for noun in (Order, Quote)
    ]
    assert told == [["EUR", "USD"], ["EUR", "USD", "USD"]]
