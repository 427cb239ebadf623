"""The sandbox as a process of its own, and what it keeps over a restart."""

import ast
import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import requests

from ultahost_api.sandbox import Sandbox
from ultahost_api.sandbox.control import HEADER
from ultahost_api.sandbox.odd import ODD_KEYS
from ultahost_api.sandbox.team import DEMO_KEYS


@pytest.fixture
def start(request):
    """Start the command on a free port; gives the process and its URL."""
    root = str(request.config.rootpath)
    running = []

    def run(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "ultahost_api.sandbox", "--port", "0", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
        running.append(process)
        return process, process.stdout.readline().split()[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def ask(url, key, action, method="GET", **parameters):
    given = {"action": action} | parameters
    where = {"params": given} if method == "GET" else {"json": given}
    return requests.request(method, url, headers={"x-api-key": key}, timeout=5, **where)


def control(method, url, name, headers=None, **given):
    address = f"{url.removesuffix('/client-api/v1')}/_sandbox/{name}"
    headers = {HEADER: "1"} if headers is None else headers
    return requests.request(method, address, headers=headers, timeout=5, **given)


def test_it_serves_the_demo_team_and_ends_when_told(start):
    process, url = start("--limit", "7")
    answer = ask(url, DEMO_KEYS["alma"], "get_profile")
    assert answer.json()["data"]["currency_code"] == "EUR"
    assert answer.headers["X-RateLimit-Remaining"] == "6"
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0


def test_it_serves_nobody_when_empty(start):
    _, url = start("--empty")
    assert ask(url, DEMO_KEYS["alma"], "get_profile").status_code == 401


def test_it_keeps_what_was_paid_over_a_kill(start, tmp_path):
    state = tmp_path / "sandbox.json"
    process, url = start("--state", str(state))
    key = DEMO_KEYS["ben"]
    unpaid = ask(url, key, "get_invoices", status="Unpaid", sort="ASC_id").json()["data"][0]
    assert ask(url, key, "pay_invoice", "POST", invoiceid=unpaid["id"]).status_code == 200
    process.kill()
    process.wait()
    _, url = start("--state", str(state))
    assert ask(url, key, "get_invoice", invoiceid=unpaid["id"]).json()["data"]["status"] == "Paid"
    ledger = control("GET", url, "ledger").json()["ledger"]
    assert [(done["action"], done["target"]) for done in ledger] == [("pay_invoice", unpaid["id"])]


def test_it_logs_requests_without_secrets(start, tmp_path):
    log = tmp_path / "requests.jsonl"
    _, url = start("--log", str(log))
    key = DEMO_KEYS["dana"]
    ask(url, key, "disable_2fa", "POST", password="Canary-password")
    ask(url, key, "get_services", limit=1)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(line["action"], line["status"], line["key"]) for line in lines] == [
        ("disable_2fa", 400, key[-4:]),
        ("get_services", 200, key[-4:]),
    ]
    assert "Canary-password" not in log.read_text(encoding="utf-8")
    assert key not in log.read_text(encoding="utf-8")


def test_it_takes_faults_and_tells_requests_from_outside(start):
    _, url = start("--limit", "2")
    key = DEMO_KEYS["alma"]
    script = {"fault": "status", "options": {"code": 502}, "action": "get_profile", "times": 1}
    assert control("POST", url, "faults", json=script).status_code == 200
    assert [ask(url, key, "get_profile").status_code for _ in range(3)] == [502, 200, 429]
    assert len(control("GET", url, "requests").json()["requests"]) == 3
    assert len(control("GET", url, "early").json()["early"]) == 1


def test_it_makes_another_key_to_an_account_from_outside(start):
    _, url = start()
    made = control("POST", url, "keys", json={"beside": DEMO_KEYS["ben"]}).json()["key"]
    uuids = {ask(url, key, "get_profile").json()["data"]["uuid"] for key in (DEMO_KEYS["ben"], made)}
    assert len(uuids) == 1
    assert control("POST", url, "keys", json={"beside": "nobody's"}).status_code == 400


def test_it_holds_and_releases_from_outside(start):
    _, url = start()
    assert control("POST", url, "faults", json={"fault": "hold"}).status_code == 200
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask(url, DEMO_KEYS["ben"], "get_profile")))
    asking.start()
    while not control("GET", url, "requests").json()["requests"]:
        pass
    assert answers == []
    control("POST", url, "release")
    asking.join(5)
    assert answers[0].status_code == 200


@pytest.mark.parametrize(
    "script", [{"fault": "earthquake"}, {"fault": "status"}, {"fault": "html", "when": 1}, []]
)
def test_it_refuses_a_fault_it_does_not_know(sandbox, script):
    assert control("POST", sandbox.url, "faults", json=script).status_code == 400
    assert sandbox.faults.pending() == []


def test_it_says_which_port_is_taken(sandbox, start):
    command = [sys.executable, "-m", "ultahost_api.sandbox", "--empty", "--port", str(sandbox.port)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert str(sandbox.port) in ended.stderr


def test_it_restores_every_row_key_and_counter_from_its_file(tmp_path, api_with):
    file = tmp_path / "state.json"
    with Sandbox(state_file=file) as first:
        acme = first.add_account(company="Acmé", currency="EUR")
        acme.add_services(2)
        acme.add_contacts(1)
        key = first.add_key(acme)
        assert api_with(first, key).send("delete_contact", contactid=1).status_code == 200
        before = json.loads(file.read_text(encoding="utf-8"))
    second = Sandbox(state_file=file)
    assert second.restored
    assert json.loads(json.dumps(second.state.to_json())) == before
    assert [row["id"] for row in second.accounts[0].add_contacts(1)] == [2]


def test_it_never_leaves_half_a_file(tmp_path, monkeypatch):
    file = tmp_path / "state.json"
    sandbox = Sandbox(state_file=file)
    sandbox.state.save()
    whole = file.read_text(encoding="utf-8")

    def crash(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", crash)
    sandbox.add_account()
    with pytest.raises(OSError, match="disk full"):
        sandbox.state.save()
    assert file.read_text(encoding="utf-8") == whole


def test_it_imports_the_standard_library_and_the_table_of_actions_alone(request):
    folder = request.config.rootpath / "ultahost_api" / "sandbox"
    foreign = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            foreign |= {name for name in imported(node) if not is_allowed(name)}
    assert foreign == set()


def imported(node):
    if isinstance(node, ast.ImportFrom):
        return [node.module]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def is_allowed(name):
    own = name == "ultahost_api.client.core.actions" or f"{name}.".startswith("ultahost_api.sandbox.")
    return own or name.split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize(
    "headers",
    [
        {},  # what the form of any page can send
        {"Content-Type": "text/plain", "Origin": "https://evil.example"},
        {HEADER: "1", "Host": "evil.example"},  # a name that was made to lead to this machine
        {HEADER: "1", "Host": "localhost.evil.example:8001"},
        {HEADER: "1", "Host": "[::1"},
    ],
)
def test_it_takes_no_orders_from_a_page_of_the_web(sandbox, headers):
    account = sandbox.add_account()
    key = sandbox.add_key(account)

    assert control("POST", sandbox.url, "keys", headers, json={"beside": key}).status_code == 403
    assert control("POST", sandbox.url, "faults", headers, data=b'{"fault": "drop"}').status_code == 403
    assert control("GET", sandbox.url, "ledger", headers).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8001", "127.0.0.1", "127.0.0.2:1", "[::1]:8001"])
def test_it_takes_orders_under_a_name_of_this_machine(sandbox, host):
    assert control("GET", sandbox.url, "ledger", {HEADER: "1", "Host": host}).status_code == 200


def test_it_serves_accounts_that_are_odd_in_every_field(start):
    _, url = start("--odd")
    for currency, key in ODD_KEYS.items():
        assert ask(url, key, "get_profile").json()["data"]["currency_code"] == currency
        for action in ("get_services", "get_invoices"):
            rows = ask(url, key, action, limit=100).json()["data"]
            assert {"abc", None, 2**70} <= {
                row.get("id") for row in rows if not isinstance(row.get("id"), list | dict)
            }
    assert ask(url, DEMO_KEYS["alma"], "get_profile").status_code == 401
