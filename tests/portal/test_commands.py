import io
import json
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from portal.models import Role, User
from ultahost_api import installation, keys
from ultahost_api.client import Client
from ultahost_api.models import ApiKey, Invoice, Noun, Operation, Refresh
from ultahost_api.refresh import waiting
from ultahost_api.sandbox import Fault

PASSWORD = "a staple of batteries"
WRONG = "sk_test_wrong_0123456789abcdef"


@pytest.fixture
def run(db, monkeypatch, capsys):
    """Runs a command with ``typed`` on standard input; what it said."""

    def run(name: str, *arguments: str, typed: str = "", **options: object) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        call_command(name, *arguments, **options)
        return capsys.readouterr().out

    return run


@pytest.fixture
def account(sandbox):
    account = sandbox.add_account("Acme", "EUR")
    account.add_invoices(3)
    return account


@pytest.fixture
def held(people, add_key, account):
    return add_key(people.member("Alma"), account)


# portal_user


def test_it_adds_a_user_whose_password_it_reads(run, visit):
    said = run("portal_user", "add", "Dana@Example.com", "--role", "admin", typed=f"{PASSWORD}\n")

    dana = User.objects.get()
    assert (dana.email, dana.name, dana.role) == ("dana@example.com", "dana", Role.ADMIN)
    assert dana.check_password(PASSWORD)
    assert said == "dana@example.com was added as admin.\n"


@pytest.mark.parametrize(
    ("email", "typed", "words"),
    [
        ("dana", PASSWORD, "not an e-mail address"),
        ("ALMA@example.com", PASSWORD, "already exists"),
        ("dana@example.com", "short", "too short"),
        ("dana@example.com", "", "too short"),
    ],
)
def test_it_adds_no_user_and_says_why(run, people, email, typed, words):
    people.member("Alma")

    with pytest.raises(CommandError, match=words):
        run("portal_user", "add", email, typed=typed)
    assert User.objects.count() == 1


# portal_key


def test_it_adds_a_key_that_it_reads_and_prints_the_account(run, sandbox, rung, people, account):
    people.member("Alma")
    secret = sandbox.add_key(account)

    said = run("portal_key", "add", "Alma@example.com", "--label", "Shop", typed=f"{secret}\n")

    assert said == f"{account.uuid} Acme\n"
    assert ApiKey.objects.get().label == "Shop"
    assert ApiKey.objects.active().exists()


@pytest.mark.parametrize(
    ("email", "typed", "words"),
    [
        ("alma@example.com", WRONG, "Ultahost does not know this key"),
        ("alma@example.com", "", "This is not an API key"),
        ("nobody@example.com", WRONG, "There is no active user"),
        ("gone@example.com", WRONG, "There is no active user"),
        ("emil@example.com", WRONG, "has the role billing and cannot have keys"),
    ],
)
def test_it_adds_no_key_and_says_why(run, sandbox, people, email, typed, words):
    people.member("Alma")
    people.member("Gone").deactivate()
    people.billing("Emil")

    with pytest.raises(CommandError, match=words) as raised:
        run("portal_key", "add", email, "--label", "Shop", typed=typed)
    assert WRONG not in str(raised.value)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(("label", "words"), [("Main", "already in the portal"), ("Other", "in the portal")])
def test_it_adds_no_key_twice(run, sandbox, held, label, words):
    secret = next(iter(sandbox.state.keys))

    with pytest.raises(CommandError, match=words):
        run("portal_key", "add", held.owner.email, "--label", label, typed=secret)


def test_it_adds_no_second_key_with_a_label(run, sandbox, account, held):
    with pytest.raises(CommandError, match="another key with this label"):
        run("portal_key", "add", held.owner.email, "--label", "Main", typed=sandbox.add_key(account))


def test_it_saves_a_key_unverified_and_exits_with_three_while_ultahost_is_down(
    run, sandbox, people, account, capsys
):
    people.member("Alma")
    secret = sandbox.add_key(account)
    sandbox.stop()

    with pytest.raises(SystemExit) as stopped:
        run("portal_key", "add", "alma@example.com", "--label", "Shop", typed=secret)

    assert stopped.value.code == 3
    assert "saved as unverified" in capsys.readouterr().err
    assert ApiKey.objects.unverified().exists()


def test_it_adds_a_key_within_seconds_without_a_broker(
    run, sandbox, people, account, django_capture_on_commit_callbacks
):
    people.member("Alma")
    began = time.monotonic()

    with django_capture_on_commit_callbacks(execute=True):
        run("portal_key", "add", "alma@example.com", "--label", "Shop", typed=sandbox.add_key(account))

    assert time.monotonic() - began < 4
    assert not Refresh.objects.exclude(rung_until=None).exists()


# refresh


def test_it_asks_the_workers(run, rung, held, read_everything):
    read_everything()

    run("refresh", "--noun", "invoices")

    assert list(Refresh.objects.exclude(asked_at=None).values_list("noun", flat=True)) == ["invoices"]
    assert not Refresh.objects.filter(pass_started_at__isnull=False).exists()


def test_it_refreshes_here_and_now(run, held):
    said = run("refresh", "--wait")

    assert Invoice.objects.count() == 3
    fresh = {line.partition(":")[0] for line in said.splitlines() if ": fresh after" in line}
    assert fresh == {f"{noun} of Acme" for noun in Noun if noun != Noun.DETAILS}


def test_it_reads_whole_lists_where_that_is_asked_for(run, sandbox, settings, held):
    settings.ULTAHOST = {**settings.ULTAHOST, "PAGE_SIZE": 2}

    def walks(*options):
        before = len(sandbox.requests)
        run("refresh", "--wait", "--noun", "invoices", *options)
        return {seen.parameters.get("status") for seen in sandbox.requests[before:]}

    assert [walks(), walks(), walks("--full")] == [{None}, {"Unpaid", None}, {None}]


def test_it_refreshes_one_account(run, sandbox, add_key, people, account, held):
    other = sandbox.add_account("Harbour")
    other.add_invoices(2)
    add_key(people.member("Ben"), other)

    run("refresh", "--wait", "--account", other.uuid.upper(), "--noun", "invoices")

    assert Invoice.objects.count() == 2


def test_it_tries_again_after_a_passing_fault(run, sandbox, held, monkeypatch):
    sandbox.faults.add(Fault.status(502), action="get_invoices", times=8)
    slept = []
    monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=slept.append))

    run("refresh", "--wait", "--noun", "invoices")

    assert slept
    assert Invoice.objects.count() == 3


def test_it_names_what_is_not_fresh(run, sandbox, held, monkeypatch):
    sandbox.faults.add(Fault.status(500), action="get_invoices", times=None)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=lambda seconds: None))

    with pytest.raises(CommandError, match=r"Not fresh: invoices of Acme \("):
        run("refresh", "--wait")


def test_it_does_not_dodge_a_refused_key(run, sandbox, held):
    sandbox.revoke(next(iter(sandbox.state.keys)))

    with pytest.raises(CommandError, match="No key can read this account"):
        run("refresh", "--wait", "--noun", "invoices")


def test_it_knows_no_other_account(run):
    with pytest.raises(CommandError, match="There is no account 0000"):
        run("refresh", "--account", "0000")


# ultahost


def call(run, *words):
    return run("ultahost", *words, "--key", "alma@example.com/Main")


def test_it_prints_the_answer_of_a_read_as_json(run, held):
    answer = json.loads(call(run, "get_invoices", "limit=2"))

    assert answer["status"] == 200
    assert len(answer["data"]) == 2
    assert answer["meta"]["total_records"] == 3


def test_it_says_that_an_answer_is_nested_too_deep(run, sandbox, held):
    deep = "x"
    for _ in range(150):
        deep = [deep]
    sandbox.faults.add(Fault.edit(lambda told: told | {"data": {"deep": deep}}), action="get_profile")

    with pytest.raises(CommandError, match="nested too deep"):
        call(run, "get_profile")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["get_everything"], "There is no action get_everything"),
        (["get_invoice", "colour=red"], "no parameter colour"),
        (["get_invoice", "invoiceid"], "no parameter invoiceid"),
        (["get_invoices", "limit=two"], "limit must be a number"),
        (["get_invoices", "limit=1", "limit=2"], "limit is given twice"),
        (["create_order", "paymentmethod=stripe", "pid=abc", "--yes"], "pid must be a list"),
        (["create_order", "paymentmethod=stripe", "pid=1", "--yes"], "pid must be a list"),
        (
            ["create_order", "paymentmethod=stripe", "domainrenewals=[1]", "--yes"],
            "domainrenewals must be an",
        ),
        (["create_order", "paymentmethod=stripe", "pid=" + "[" * 100_000, "--yes"], "pid must be a list"),
    ],
)
def test_it_calls_nothing_and_says_why(run, sandbox, held, words, told):
    asked = len(sandbox.requests)

    with pytest.raises(CommandError, match=told):
        call(run, *words)
    assert len(sandbox.requests) == asked


@pytest.mark.parametrize(
    "name", ["alma@example.com/Other", "ben@example.com/Main", "Main", "alma@example.com"]
)
def test_it_calls_with_a_live_key_alone(run, held, name):
    with pytest.raises(CommandError, match="no active key"):
        run("ultahost", "get_profile", "--key", name)

    keys.disable(held)
    with pytest.raises(CommandError, match="no active key"):
        call(run, "get_profile")


def test_it_says_what_ultahost_answered(run, sandbox, held):
    sandbox.revoke(secret := next(iter(sandbox.state.keys)))

    with pytest.raises(CommandError, match="Unauthorized") as raised:
        call(run, "get_profile")
    assert secret not in str(raised.value)


def test_it_says_that_a_key_has_to_be_entered_again(run, settings, held):
    installation.remember_api_url()
    installation.remember_keys()
    ApiKey.objects.update(sealed=held.sealed[:-1])

    with pytest.raises(CommandError, match="Enter it again"):
        call(run, "get_profile")


@pytest.mark.parametrize(
    "command", [["refresh", "--wait"], ["portal_key", "add", "alma@example.com"], ["reseal"]]
)
def test_it_works_with_no_other_keys_than_the_databases_own(run, settings, sandbox, held, command):
    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": [b"another sealing key of 32 bytes!"]}
    asked = len(sandbox.requests)

    with pytest.raises(CommandError, match="PORTAL_SEALING_KEYS holds no key that opens"):
        run(*command, *(["--label", "Shop"] if "add" in command else []), typed=WRONG)
    assert len(sandbox.requests) == asked
    assert ApiKey.objects.get().unreadable_at is None


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("HMAC_KEY", b"another", r"PORTAL_HMAC_KEY is not the key .* start once with --allow-new-keys\.$"),
        (
            "API_URL",
            "https://other.example.com",
            r"but ULTAHOST_API_URL is https://other.* --allow-new-api\.$",
        ),
    ],
)
def test_it_names_the_portals_own_setting(run, settings, held, setting, value, words):
    installation.remember_api_url()
    installation.remember_keys()
    settings.ULTAHOST = settings.ULTAHOST | {setting: value}

    with pytest.raises(CommandError, match=words):
        run("refresh")


def test_it_writes_as_an_operation_of_the_keys_owner_once_it_is_told_yes(run, sandbox, held, account):
    account.add_invoices(1, status="Unpaid", paymentmethod="stripe")
    invoice = max(account.invoices)

    answer = json.loads(call(run, "pay_invoice", f"invoiceid={invoice}", "--yes"))

    operation = Operation.objects.get()
    assert (answer["operation"], answer["state"]) == (str(operation.pk), "done")
    assert operation.user == held.owner
    assert account.invoices[invoice]["status"] == "Paid"


def test_it_asks_before_a_write_and_takes_anything_but_yes_for_no(run, sandbox, held, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "")

    with pytest.raises(CommandError, match="Nothing was sent"):
        call(run, "pay_invoice", "invoiceid=1")
    assert not Operation.objects.exists()


def test_it_takes_secrets_from_standard_input_alone(run, sandbox, held, account):
    account.add_services(1)
    service = max(account.services)
    with pytest.raises(CommandError, match="servicepassword=-"):
        call(run, "service_reset_password", f"serviceid={service}", "servicepassword=hunter2hunter2")

    words = ["service_reset_password", f"serviceid={service}", "servicepassword=-", "--yes"]
    said = run("ultahost", *words, "--key", "alma@example.com/Main", typed="canary-91-Secret\n")
    assert json.loads(said)["state"] == "done"
    assert "canary-91" not in said


def test_it_takes_as_many_secrets_as_a_list_wants(run, held, monkeypatch):
    sent, send = [], Client.send
    monkeypatch.setattr(Client, "send", lambda self, write: sent.append(write) or send(self, write))
    words = ["paymentmethod=stripe", "pid=[1,2]", "rootpw=-", "rootpw=-", "--yes"]
    run("ultahost", "create_order", *words, "--key", "alma@example.com/Main", typed="canary-91\ncanary-92\n")

    assert [secret.reveal() for secret in sent[0].parameters["rootpw"]] == ["canary-91", "canary-92"]


# reseal


def test_it_seals_everything_again_with_the_first_key(run, settings, held):
    old = settings.ULTAHOST["SEALING_KEYS"]
    new = b"another sealing key of 32 bytes!"
    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": [new, *old]}

    assert "api keys: 1 encrypted again, 0 unreadable\n" in run("reseal")
    assert "api keys: 0 encrypted again, 0 unreadable\n" in run("reseal")

    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": [new]}
    assert "Acme" in call(run, "get_profile")


def test_it_says_how_many_it_cannot_open(run, held, add_key, people, account):
    spoilt = add_key(people.member("Ben"), account)
    ApiKey.objects.filter(pk=spoilt.pk).update(sealed="v1.a-lost-key.nonce.text")

    with pytest.raises(CommandError, match="1 values cannot be decrypted"):
        run("reseal")
    assert ApiKey.objects.get(pk=spoilt.pk).sealed == "v1.a-lost-key.nonce.text"


def test_it_opens_the_database_with_the_new_key_alone_once_everything_is_resealed(run, settings, held):
    installation.remember_api_url()
    installation.remember_keys()
    old, new = settings.ULTAHOST["SEALING_KEYS"], [b"another sealing key of 32 bytes!"]
    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": new}
    with pytest.raises(installation.OtherKeys):
        installation.check()

    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": new + old}
    run("reseal")

    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": new}
    installation.check()
    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": old}
    with pytest.raises(installation.OtherKeys):
        installation.check()


def test_it_sends_again_only_over_the_operations_that_it_named(run, sandbox, held):
    pay = "pay_invoice", "invoiceid=1", "--yes"
    sandbox.faults.add(Fault.drop(), action="pay_invoice")
    with pytest.raises(SystemExit):
        call(run, *pay)
    Operation.objects.update(state=Operation.State.NOT_CONFIRMED)
    lost = Operation.objects.get()

    for words in ([], ["--again", str(uuid4())]):
        with pytest.raises(CommandError, match=f"Add --again {lost.pk} to send it again"):
            call(run, *pay, *words)

    assert '"state": "done"' in call(run, *pay, "--again", str(lost.pk))
