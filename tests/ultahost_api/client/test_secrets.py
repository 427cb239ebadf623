"""Nothing that is secret shows in an error, its frames, a log, a repr or a pickle."""

import copy
import json
import logging
import pickle
import pprint
import signal
import traceback
from dataclasses import asdict

import pytest

from ultahost_api.client import ACTIONS, Client, Secret, UltahostError
from ultahost_api.client.core.connection import Adapter
from ultahost_api.client.core.errors import plain

PASSWORD = "a-password-nobody-may-see"

WITH_SECRETS = {
    "change_password": lambda c: c.profile.change_password(PASSWORD, PASSWORD),
    "verify_2fa": lambda c: c.two_factor.verify(PASSWORD, PASSWORD),
    "disable_2fa": lambda c: c.two_factor.disable(PASSWORD),
    "service_reset_password": lambda c: c.services.reset_password(1, PASSWORD),
    "create_order": lambda c: c.orders.create("stripe", pid=[1], rootpw=[PASSWORD], epp_code=[PASSWORD]),
    "add_payment_method": lambda c: c.payment_methods.add(
        "CreditCard", card_number=PASSWORD, card_expiry=PASSWORD, bank_account=PASSWORD
    ),
    "a call by name": lambda c: c.call("disable_2fa", password=PASSWORD),
    "a misspelt parameter": lambda c: c.call("disable_2fa", pasword=PASSWORD),
    "a misspelt field": lambda c: c.payment_methods.add("CreditCard", cardnumer=PASSWORD),
    "an unknown action": lambda c: c.call("disable_3fa", password=PASSWORD),
    "a read": lambda c: c.profile.get(),
    "a secret read": lambda c: c.domains.get_epp_code(5),
    "a page": lambda c: c.invoices.page(),
}

FAULTS = {
    "refused": lambda s: None,
    "redirect": lambda s: s.reply(302, b"", {"Location": s.origin}),
    "cut": lambda s: s.cut(),
    "drop": lambda s: s.drop(),
    "hang": lambda s: s.hang(),
    "half a JSON": lambda s: s.reply(200, f'{{"status": 200, "data": {{"eppcode": "{PASSWORD}'.encode()),
    "a failure": lambda s: s.reply(500, b"<html>"),
    "an echo": lambda s: s.reply(400, {"status": 400, "message": f"{KEY} is not known"}),
}

KEY = "sk_test_key_that_nobody_may_see"


def frames_of(error: BaseException) -> str:
    """Every local of every frame that an error report would show, but for this file's own."""
    shown, seen = [], set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        pending += [one.__cause__, one.__context__]
        for frame, _line in traceback.walk_tb(one.__traceback__):
            if frame.f_code.co_filename != __file__:
                shown += [
                    f"{name}={value!r} {pprint.pformat(value)}" for name, value in frame.f_locals.items()
                ]
    assert shown
    return "\n".join(shown)


def assert_silent(text: str) -> None:
    assert KEY not in text
    assert PASSWORD not in text


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", WITH_SECRETS)
def test_it_shows_no_secret_in_an_error(call, fault, server, make_client, caplog):
    caplog.set_level(logging.DEBUG)
    reply = FAULTS[fault](server)
    server.answer(reply or server.ok())
    client = make_client(timeout=(0.1, 0.1), **({} if reply else {"base_url": "http://127.0.0.1:1"}))

    with pytest.raises(UltahostError) as caught:
        WITH_SECRETS[call](client)

    error = caught.value
    assert_silent(frames_of(error))
    assert_silent("".join(traceback.format_exception(error)))
    assert_silent(f"{error} {error!r} {vars(error)}")
    assert_silent(pickle.dumps(error).decode("latin-1"))
    assert_silent(caplog.text)


@pytest.mark.parametrize("call", ["change_password", "verify_2fa", "create_order", "add_payment_method"])
@pytest.mark.parametrize(
    "answer", [{"status": 400, "message": PASSWORD}, {"data": {"result": "error", "message": PASSWORD}}]
)
def test_it_repeats_no_secret_that_the_provider_repeats(call, answer, server, client):
    server.answer(server.reply(200, answer))

    with pytest.raises(UltahostError) as caught:
        WITH_SECRETS[call](client)

    assert_silent(f"{caught.value} {vars(caught.value)} {frames_of(caught.value)}")


@pytest.mark.parametrize(
    ("password", "quoted"),
    [
        ("a<b&c-secret", "a&lt;b&amp;c-secret"),
        ("a&lt;b-secret", "a&lt;b-secret"),
        ("a<b-secret", "a<b-secret"),
    ],
)
def test_it_repeats_no_secret_that_the_provider_repeats_escaped(password, quoted, server, client):
    server.answer(server.reply(400, {"status": 400, "message": f"&quot;{quoted}&quot; is too short"}))

    with pytest.raises(UltahostError) as caught:
        client.services.reset_password(1, password)

    assert caught.value.message == '"••••••••" is too short'


@pytest.mark.parametrize("call", ["disable_2fa", "a read"])
@pytest.mark.parametrize("moment", ["connecting", "sending", "waiting", "reading"])
def test_it_shows_no_secret_when_a_time_limit_strikes(call, moment, server, make_client, monkeypatch):
    class TimeIsUp(Exception):
        pass

    def strike(*args, **kwargs):
        raise TimeIsUp

    if moment == "connecting":
        monkeypatch.setattr("urllib3.connection.HTTPConnection.connect", strike)
    elif moment == "sending":
        monkeypatch.setattr("http.client.HTTPConnection.send", strike)
    else:
        start = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" if moment == "reading" else b""
        server.answer(lambda handler: (handler.wfile.write(start), server.hang()(handler)))
        before = signal.signal(signal.SIGALRM, strike)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeIsUp) as caught:
            WITH_SECRETS[call](make_client())
    finally:
        if moment in ("waiting", "reading"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    assert_silent(frames_of(caught.value))


def test_it_shows_no_secret_to_who_looks_at_a_request(server, client, monkeypatch):
    shown = []
    send = Adapter.send

    def look(adapter, request, **options):
        shown.append(f"{request!r} {vars(request)} {request.headers} {request.body!r}")
        return send(adapter, request, **options)

    monkeypatch.setattr(Adapter, "send", look)
    client.two_factor.disable(PASSWORD)

    assert_silent(shown.pop())
    assert server.sent.headers["x-api-key"] == KEY
    assert server.sent.parameters == {"password": PASSWORD}


def test_it_masks_a_secret_wherever_it_is_shown():
    secret = Secret(PASSWORD)

    shown = f"{secret} {secret!r} {[secret]} {[{1: secret}]} {pprint.pformat(secret)} %s" % secret

    assert_silent(shown)
    assert secret.reveal() == PASSWORD


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_it_lets_no_secret_be_taken_along(take):
    with pytest.raises(TypeError) as caught:
        take(Secret(PASSWORD))

    assert_silent(str(caught.value))


def test_it_compares_secrets():
    assert Secret(PASSWORD) == Secret(Secret(PASSWORD))
    assert Secret(PASSWORD) != Secret("another")
    assert Secret(PASSWORD) != PASSWORD
    assert not Secret("")
    assert len({Secret(PASSWORD), Secret(PASSWORD)}) == 1


def test_it_shows_no_key_of_a_client(client):
    assert_silent(repr(client))
    with pytest.raises(TypeError):
        pickle.dumps(client)


@pytest.mark.parametrize(
    "key", ["", " ", "sk test", "sk_test\n", "sk_tést", "sk\x00", "sk_test\r\nX-Other: 1"]
)
def test_it_refuses_what_is_no_key_without_repeating_it(key):
    with pytest.raises(UltahostError) as caught:
        Client(key)

    assert not key.strip() or key not in str(caught.value)


@pytest.mark.parametrize("action", [a for a in ACTIONS.values() if a.secret_fields], ids=lambda a: a.name)
def test_it_masks_every_secret_field_of_an_answer(action, server, client):
    data = dict.fromkeys(action.secret_fields, PASSWORD)
    server.answer(server.ok({"deep": [data], **data}))

    answer = client.call(action.name, **dict.fromkeys(action.required, 1))

    assert_silent(repr(answer) + str(answer.data))


@pytest.mark.parametrize("name", ["password", "pwresetkey", "pwresetexpiry", "adminnotes"])
def test_it_drops_at_the_door_what_nobody_should_have(name, server, client):
    server.answer(server.ok({"id": 1, name: PASSWORD, "deep": [{"deeper": {name: PASSWORD}}]}))

    answer = client.call("get_quote", quoteid=1)

    assert answer.data == {"id": 1, "deep": [{"deeper": {}}]}


def test_it_hands_out_secrets_to_who_asks(server, client):
    server.answer(
        server.ok({"secret": "DQUEKJKFTHNFKOS5", "qr_image_url": "https://example.com/?DQUEKJKFTHNFKOS5"})
    )

    setup = client.two_factor.setup()

    assert setup.secret.reveal() == "DQUEKJKFTHNFKOS5"
    assert "DQUEKJKFTHNFKOS5" not in repr(setup)


@pytest.mark.parametrize("told", ["dquekjkfthnfkos5", "DQUE KJKF THNF KOS5", "dque-kjkf-thnf-kos5"])
def test_it_reads_a_secret_that_is_written_for_people(told, server, client):
    server.answer(server.ok({"secret": told}))

    assert client.two_factor.setup().secret.reveal() == "DQUEKJKFTHNFKOS5"


def test_it_sends_secrets_in_no_address(server, client):
    for call in (
        "change_password",
        "verify_2fa",
        "disable_2fa",
        "service_reset_password",
        "add_payment_method",
    ):
        WITH_SECRETS[call](client)

    assert {seen.method for seen in server.requests} == {"POST"}


def test_it_logs_the_action_its_status_and_nothing_more(server, client, caplog):
    caplog.set_level(logging.INFO, "ultahost_api.client")
    server.answer(server.ok({}, headers={"X-RateLimit-Remaining": "7"}))

    client.services.reset_password(130, PASSWORD)

    (record,) = caplog.records
    assert record.getMessage().startswith("service_reset_password: 200 in ")
    assert record.getMessage().endswith(" ms, 7 left")


def test_it_shows_no_mail_in_a_repr(server, client):
    server.answer(server.ok({"id": 1, "message": f"Your password is {PASSWORD}"}))

    email = client.emails.get(1)

    assert_silent(repr(email))
    assert PASSWORD in asdict(email)["message"]


def test_it_has_a_secret_parameter_wherever_the_documentation_has_one():
    secret = {name for action in ACTIONS.values() for name in action.secret_parameters}

    assert secret >= {
        "existingpw",
        "newpw",
        "confirmpw",
        "password",
        "servicepassword",
        "secret",
        "code",
        "card_number",
        "card_expiry",
        "bank_account",
        "eppcode",
        "rootpw",
    }


def test_it_makes_one_plain_line_of_a_strangers_words():
    assert plain("a\r\nb\x1b[31mred\x00\u202e  \t end") == "a b [31mred end"
    assert len(plain("x" * 10_000)) == 300
    assert plain("y" * 300) == "y" * 300
