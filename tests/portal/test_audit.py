"""The audit log: what gets into it, that it stays as it was written, and who reads it."""

import logging
from threading import Thread
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal import audit
from portal.models import Act, AuditEntry, AuditHead, Product
from portal.models.audit import AppendOnly
from tests.conftest import triggers_off
from tests.portal.test_second_factor import set_up_app
from ultahost_api import operations
from ultahost_api.calls import clients
from ultahost_api.client.writes import PayInvoice
from ultahost_api.models import Account
from ultahost_api.sandbox import Fault

PASSWORD = "correct horse battery"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def browser(visit, dana):
    return visit(dana)


def last(act):
    return AuditEntry.objects.filter(act=act).first()


def written(act):
    """Who, on what, with which details."""
    entry = last(act)
    return entry.who, entry.target, entry.details


def sign_in(visitor, login="alma@example.com", password=PASSWORD, **headers):
    return visitor.post("/sign-in/", {"login": login, "password": password}, **headers)


# What gets into it


def test_it_notes_who_signs_in_and_out(visit, alma):
    browser = visit()
    sign_in(browser)
    browser.post("/sign-in/out/")

    out, into = AuditEntry.objects.all()
    assert (into.act, into.actor, into.ip) == (Act.SIGNED_IN, alma, "127.0.0.1")
    assert (out.act, out.actor) == (Act.SIGNED_OUT, alma)


def test_it_notes_whom_a_failed_sign_in_was_about_and_nothing_that_was_typed(visit, alma):
    sign_in(visit(), "Alma@Example.com", "not hers at all")
    sign_in(visit(), "my.password@typed.in.the.wrong.box", "canary-typed")

    unknown, about_alma = AuditEntry.objects.all()
    assert about_alma.act == unknown.act == Act.SIGN_IN_FAILED
    assert (about_alma.target, about_alma.target_id, about_alma.actor) == ("Alma", str(alma.pk), None)
    assert (unknown.target, unknown.who, unknown.ip) == ("", "not signed in", "127.0.0.1")
    assert "typed" not in str(AuditEntry.objects.values())
    assert "not hers" not in str(AuditEntry.objects.values())


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "127.0.0.1"),  # nobody is believed
        (1, "198.51.100.9, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.9, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (1, "2001:DB8::0:7", "2001:db8::7"),
        (1, "203.0.113.7:4711", "203.0.113.7"),
    ],
)
def test_it_notes_the_address_that_the_trusted_proxies_saw(
    visit, alma, settings, proxies, forwarded, address
):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies

    sign_in(visit(), **{"X-Forwarded-For": forwarded})

    assert last(Act.SIGNED_IN).ip == address


def test_it_notes_a_new_password_by_form_and_by_link(visit, browser, alma):
    form = {"oldpassword": PASSWORD, "password1": "a staple of horses", "password2": "a staple of horses"}
    visit(alma).post("/sign-in/password/", form)
    assert written(Act.PASSWORD_SET) == ("Alma", "Alma", {})

    link = browser.post(f"/people/{alma.pk}/password-link/").one(".made-link input")["value"]
    assert written(Act.PASSWORD_LINK_MADE) == ("Dana", "Alma", {})
    hers = visit()
    form = hers.follow(hers.get(urlsplit(link).path)).one("form")["action"]
    hers.post(form, {"password1": PASSWORD, "password2": PASSWORD})

    assert AuditEntry.objects.filter(act=Act.PASSWORD_SET).count() == 2
    assert link.strip("/").rpartition("/")[2] not in str(AuditEntry.objects.values())


def test_it_notes_what_becomes_of_people(visit, browser, alma):
    new = {"name": "Nils", "email": "nils@example.com", "role": "billing"}
    link = browser.post("/people/invite/", new).one(".made-link input")["value"]
    asked = {"email": "nils@example.com", "role": "billing"}
    assert written(Act.PERSON_INVITED) == ("Dana", "Nils", asked)
    theirs = visit()
    theirs.post(theirs.get(urlsplit(link).path).leads_to, {"name": "Nils", "password": PASSWORD})
    assert written(Act.PERSON_ADDED) == ("Nils", "Nils", {"role": "billing"})
    assert link.strip("/").rpartition("/")[2] not in str(AuditEntry.objects.values())
    browser.post(f"/people/{alma.pk}/role/", {"role": "admin"})
    assert written(Act.ROLE_CHANGED) == ("Dana", "Alma", {"before": "member", "role": "admin"})
    browser.post(f"/people/{alma.pk}/deactivate/")
    assert written(Act.PERSON_DEACTIVATED) == ("Dana", "Alma", {})
    browser.post(f"/people/{alma.pk}/reactivate/")
    assert written(Act.PERSON_REACTIVATED) == ("Dana", "Alma", {})
    browser.post(f"/people/{alma.pk}/sessions/end/")
    assert written(Act.SESSIONS_ENDED) == ("Dana", "Alma", {})
    browser.post("/people/second-factor/", {"second_factor": "on"})
    assert written(Act.FACTOR_REQUIRED) == ("Dana", "", {"required": True})


def test_it_notes_who_leaves_with_each_key(visit, people, rows, dana, alma):
    people.admin("Dora")
    rows.key(alma, rows.account(), "Shop")

    visit(dana).post(f"/people/{alma.pk}/leaves/")

    assert written(Act.PERSON_DEACTIVATED) == ("Dana", "Alma", {})
    assert last(Act.KEY_DISABLED).target.startswith("Shop")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("nothing_counted")
def test_it_notes_second_factors_and_nothing_of_their_seeds(visit, browser, alma):
    seed, codes = set_up_app(visit(alma))
    assert written(Act.FACTOR_ADDED) == ("Alma", "Alma", {"kind": "totp"})
    visit(alma).post("/sign-in/ways/codes/new/")
    assert written(Act.CODES_MADE) == ("Alma", "Alma", {})
    browser.post(f"/people/{alma.pk}/second-factor/remove/")
    assert written(Act.FACTOR_REMOVED) == ("Dana", "Alma", {"kind": "totp"})
    told = str(AuditEntry.objects.values())
    assert not any(secret in told for secret in (seed, *codes))


def test_it_notes_nothing_that_was_refused(browser, dana):
    before = AuditEntry.objects.count()

    browser.post(f"/people/{dana.pk}/role/", {"role": "member"})
    browser.post(f"/people/{dana.pk}/deactivate/")
    assert browser.post("/people/invite/", {"name": ""}).status == 422

    assert AuditEntry.objects.count() == before


def test_it_notes_what_becomes_of_keys(visit, alma, sandbox, rung):
    acme = sandbox.add_account("Acme", "EUR")
    hers = visit(alma)
    secrets = [sandbox.add_key(acme), sandbox.add_key(acme)]
    hers.post("/keys/add/", {"label": "Shop", "secret": secrets[0]})
    key = alma.api_keys.get()
    entry = last(Act.KEY_ADDED)
    assert (entry.who, entry.target, entry.account_name) == ("Alma", f"Shop …{secrets[0][-4:]}", "Acme")
    assert entry.account == key.account

    hers.post(f"/keys/{key.pk}/replace/", {"secret": secrets[1]})
    for act in ("disable", "enable", "remove"):
        hers.post(f"/keys/{key.pk}/{act}/")

    acts = [entry.act for entry in AuditEntry.objects.filter(noun="key")]
    assert acts == [
        Act.KEY_REMOVED, Act.KEY_ENABLED, Act.KEY_DISABLED, Act.KEY_REPLACED, Act.KEY_ADDED,
    ]  # fmt: skip
    assert last(Act.KEY_REMOVED).target == f"Shop …{secrets[1][-4:]}"
    assert not [secret for secret in secrets if secret in str(AuditEntry.objects.values())]


def test_it_notes_a_key_that_ultahost_refuses_once(people, sandbox, add_key):
    key = add_key(people.member("Alma"), sandbox.add_account("Acme", "EUR"))

    clients.note_refusal(key)
    clients.note_refusal(key)

    (entry,) = AuditEntry.objects.filter(act=Act.KEY_REFUSED)
    assert (entry.who, entry.target, entry.account, entry.ip) == ("the portal", str(key), key.account, "")


def test_it_takes_a_refusal_even_if_it_cannot_be_noted(rows, alma, monkeypatch, caplog):
    key = rows.key(alma, rows.account())

    def broken(*args, **fields):
        raise RuntimeError("no log today")

    monkeypatch.setattr(audit, "record", broken)
    clients.note_refusal(key)

    key.refresh_from_db()
    assert key.refused_at
    assert "no log today" in caplog.text


@pytest.mark.parametrize("fault", [None, Fault.status(400, "No"), Fault.drop(after_effect=True)])
def test_it_notes_an_operation_once_and_leads_to_it(browser, visit, alma, add_key, sandbox, fault):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_invoices(1, status="Unpaid", paymentmethod="stripe")
    key = add_key(alma, acme)
    if fault:
        sandbox.faults.add(fault, action="pay_invoice")
    intent = operations.WriteRequest(alma, key, PayInvoice(next(iter(acme.invoices))), uuid4())
    operation = operations.perform(intent)
    operations.perform(intent)

    (entry,) = AuditEntry.objects.filter(noun="operation")
    assert (entry.actor, entry.account, entry.target_id) == (alma, key.account, str(operation.pk))
    link = browser.get("/audit/?status=operation").one("#audit td.name a")
    assert link["href"] == reverse("operation", args=[operation.pk])
    assert link.text == f"Operation: Pay an invoice, invoice {operation.remote_id}"


def test_it_notes_who_decided_an_outcome(visit, rows, alma):
    key = rows.key(alma, rows.account())
    operation = rows.operation(key, action="service_module_custom", state="unknown")

    visit(alma).post(reverse("decide", args=[operation.pk]), {"happened": "no"})
    visit(alma).post(reverse("decide", args=[operation.pk]), {"happened": "yes"})

    assert AuditEntry.objects.filter(act=Act.OPERATION_DECIDED).count() == 1
    assert written(Act.OPERATION_DECIDED)[::2] == ("Alma", {"happened": False})


def test_it_notes_who_saw_an_epp_code_and_not_the_code(visit, people, sandbox, add_key, read_everything):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_domains(1, domain="shop.example.com", _epp="canary-epp")
    alma = people.member("Alma")
    key = add_key(alma, acme)
    read_everything()
    domain = key.account.domains.get()
    hers = visit(alma)
    hers.post("/sign-in/again/", {"password": PASSWORD})

    assert "canary-epp" in hers.post(f"/domains/{domain.pk}/epp-code/").html

    assert written(Act.EPP_SHOWN) == ("Alma", "shop.example.com", {})
    assert "canary-epp" not in str(AuditEntry.objects.values())


def test_it_notes_what_is_exported_without_the_words_that_were_searched_for(visit, rows, alma):
    acme = rows.account("Acme")
    for status in ("Paid", "Unpaid", "Unpaid"):
        rows.invoice(acme, status=status, number="CANARY-1")

    visit(alma).get("/invoices.csv?status=Unpaid&q=canary")

    who, target, details = written(Act.EXPORTED)
    assert (who, target, details) == ("Alma", "invoices.csv", {"rows": 2, "filters": "status=Unpaid"})


def test_it_notes_the_catalogue(browser):
    browser.post("/catalogue/gateways/add/", {"words": "By card", "name": "stripe"})
    assert written(Act.ENTRY_SAVED) == ("Dana", "By card", {})
    product = Product.objects.create(remote_id=7, name="Linux VPS")
    browser.post(f"/catalogue/products/{product.pk}/delete/")
    assert written(Act.ENTRY_DELETED) == ("Dana", "Linux VPS", {})
    browser.post("/catalogue/cards/", {"cards": "on"})
    assert written(Act.CARDS_SWITCHED) == ("Dana", "", {"on": True})


def test_it_keeps_names_as_they_were(browser, rows, alma):
    audit.record(alma, Act.GRANT_GIVEN, alma, account=rows.account("Acme"))
    type(alma).objects.update(name="Renamed")
    Account.objects.update(name="Renamed too")

    page = browser.get("/audit/?status=account")

    assert page.texts("#audit td.state") == ["Alma"]
    assert page.texts("#audit td.account-cell") == ["Acme"]


def test_it_stores_text_that_databases_refuse(db):
    entry = audit.record(None, Act.KEY_ADDED, "a\0b \ud800 " + "x" * 300, note="\0\ud800", count=3, off=False)

    entry.refresh_from_db()
    assert entry.target.startswith("ab ? xxx")
    assert len(entry.target) == 255
    assert entry.details == {"note": "?", "count": 3, "off": False}
    assert audit.verify().problems == []


# That it stays as it was written


@pytest.fixture
def entries(alma, rows):
    acme = rows.account("Acme")
    return [audit.record(alma, Act.MADE_PRIVATE, acme, account=acme, number=n) for n in range(1, 8)]


def test_it_changes_nothing_through_the_orm(entries):
    entry = entries[3]
    entry.target = "Something else"
    for act in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.filter(seq=1).update(target=""),
        lambda: AuditEntry.objects.bulk_update([entry], ["target"]),
        lambda: AuditEntry.objects.bulk_create([AuditEntry(seq=9)]),
        lambda: AuditEntry.objects.create(seq=9),
    ):
        with pytest.raises(AppendOnly):
            act()
    assert audit.verify().problems == []


STATEMENTS = [
    "UPDATE portal_auditentry SET target = 'x' WHERE seq = 3",
    "DELETE FROM portal_auditentry WHERE seq = 3",
    "DELETE FROM portal_auditentry",
]
if connection.vendor == "sqlite":
    STATEMENTS += ["INSERT OR REPLACE INTO portal_auditentry SELECT * FROM portal_auditentry WHERE seq = 3"]
if connection.vendor == "postgresql":
    settled = "SET CONSTRAINTS ALL IMMEDIATE; "  # else PostgreSQL has another reason to refuse
    STATEMENTS += [settled + "TRUNCATE portal_auditentry", settled + "TRUNCATE portal_user CASCADE"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_changes_nothing_through_sql(entries, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)

    assert audit.verify().count == len(entries)


def test_it_keeps_people_and_accounts_that_stand_in_it(entries, alma):
    for row in (alma, entries[0].account):
        with pytest.raises(models.ProtectedError):
            row.delete()


def test_it_finds_nothing_in_a_log_as_it_was_written(entries):
    verdict = audit.verify()

    assert (verdict.count, verdict.problems) == (7, [])
    assert verdict.head == f"7:{entries[-1].hash}"


EDITS = {
    "at": "2020-01-01 00:00:00+00:00",
    "actor_id": None,
    "actor_name": "Somebody",
    "act": "account.public",
    "noun": "person",
    "target": "Beta",
    "target_id": "",
    "account_id": None,
    "account_name": "Beta",
    "ip": "203.0.113.7",
    "details": '{"number": 5}',
    "prev_hash": "0" * 64,
    "hash": "0" * 64,
}


def test_it_hashes_every_column():
    assert {field.attname for field in AuditEntry._meta.fields} == {*EDITS, "seq"}


def tamper(*statements):
    """As the owner of the database, who can drop its triggers."""
    with triggers_off(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(*statement) if isinstance(statement, tuple) else cursor.execute(statement)


@pytest.mark.parametrize("column", EDITS)
def test_it_finds_what_was_edited(entries, column):
    tamper((f"UPDATE portal_auditentry SET {column} = %s WHERE seq = 4", [EDITS[column]]))

    assert "Entry 4 is not as it was written." in audit.verify().problems


COPY = "INSERT INTO portal_auditentry SELECT {}, at, actor_name, act, noun, target, target_id, account_name, ip, details, prev_hash, hash, account_id, actor_id FROM portal_auditentry WHERE seq = 4"  # fmt: skip  # noqa: E501
FAULTS = {
    "one deleted": (["DELETE FROM portal_auditentry WHERE seq = 4"], "Before entry 5 there are 1 missing."),
    "the first deleted": (
        ["DELETE FROM portal_auditentry WHERE seq < 3"],
        "Before entry 3 there are 2 missing.",
    ),
    "one deleted and the rest moved up": (
        [
            "DELETE FROM portal_auditentry WHERE seq = 4",
            *[f"UPDATE portal_auditentry SET seq = {n - 1} WHERE seq = {n}" for n in (5, 6, 7)],
        ],
        "Entry 4 is not as it was written.",
    ),
    "two swapped": (
        [f"UPDATE portal_auditentry SET seq = {to} WHERE seq = {n}" for n, to in ((3, 99), (4, 3), (99, 4))],
        "Entry 3 is not as it was written.",
    ),
    "one inserted": (
        [
            *[f"UPDATE portal_auditentry SET seq = {n + 1} WHERE seq = {n}" for n in (7, 6, 5)],
            COPY.format(5),
        ],
        "Entry 5 is not as it was written.",
    ),
    "one added to the end": ([COPY.format(8)], "Entry 8 is not as it was written."),
    "the end cut": (["DELETE FROM portal_auditentry WHERE seq > 5"], "knows an entry 7 that is not there."),
    "all deleted": (["DELETE FROM portal_auditentry"], "knows an entry 7 that is not there."),
    "the head set back": (
        ["UPDATE portal_audithead SET seq = 5, hash = (SELECT hash FROM portal_auditentry WHERE seq = 5)"],
        "The log's head does not know entry 7.",
    ),
    "the head deleted": (["DELETE FROM portal_audithead"], "The log's head does not know entry 7."),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_finds_what_was_done_to_the_chain(entries, fault):
    statements, words = FAULTS[fault]
    tamper(*statements)

    assert words in " ".join(audit.verify().problems)


def test_it_finds_a_cut_with_its_head_by_a_head_that_was_noted(entries):
    noted = audit.verify().head
    tamper(
        "DELETE FROM portal_auditentry WHERE seq > 5",
        "UPDATE portal_audithead SET seq = 5, hash = (SELECT hash FROM portal_auditentry WHERE seq = 5)",
    )

    assert audit.verify().problems == []  # which is why heads are noted elsewhere
    assert "the head that was noted knows an entry 7" in audit.verify(noted).problems[0]


def test_it_finds_a_log_that_was_written_with_another_key(entries, settings):
    settings.ULTAHOST = {**settings.ULTAHOST, "HMAC_KEY": b"another key"}

    assert len(audit.verify().problems) == 7


def test_it_tells_each_entry_to_the_process_s_log(alma, caplog, django_capture_on_commit_callbacks):
    caplog.set_level(logging.INFO, "portal.audit")
    with django_capture_on_commit_callbacks(execute=True):
        entry = audit.record(alma, Act.SIGNED_OUT)

    assert f"Audit entry {entry.seq}:{entry.hash}" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_it_puts_what_many_write_at_once_into_one_chain(alma):
    def write(worker):
        for number in range(20):
            audit.record(alma, Act.EXPORTED, f"{worker}-{number}")
        connection.close()

    threads = [Thread(target=write, args=[worker]) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    verdict = audit.verify()
    assert (verdict.count, verdict.problems) == (120, [])
    assert AuditHead.objects.get().seq == 120


@pytest.mark.django_db(transaction=True)
def test_it_leaves_no_gap_where_a_transaction_failed(alma):
    audit.record(alma, Act.SIGNED_IN)
    with transaction.atomic():
        audit.record(alma, Act.SIGNED_OUT)
        transaction.set_rollback(True)
    audit.record(alma, Act.SIGNED_OUT)

    assert (audit.verify().count, audit.verify().problems) == (2, [])


def test_its_command_says_whether_it_is_whole(entries, capsys):
    call_command("verify_audit")
    said = capsys.readouterr().out
    assert said == f"7 entries, none changed. The head is 7:{entries[-1].hash}\n"
    call_command("verify_audit", head=said.split()[-1])

    tamper("DELETE FROM portal_auditentry WHERE seq = 4")
    with pytest.raises(CommandError, match="was changed"):
        call_command("verify_audit")
    assert "Before entry 5 there are 1 missing." in capsys.readouterr().err
    with pytest.raises(CommandError, match="--head must have"):
        call_command("verify_audit", head="nonsense")


# Who reads it


def test_it_shows_the_newest_first(browser, entries):
    page = browser.get("/audit/")

    assert page.texts("#audit td.name")[::7] == ["Account made private: Acme number: 7", "Signed in"]
    assert page.texts("#audit td.state")[::7] == ["Alma", "Dana"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=account", 7),
        ("status=key", 0),
        ("act=account.private", 7),
        ("act=account.public", 0),
        ("q=acme", 7),
        ("q=alma acme", 7),
        ("q=4", 1),
        ("since=2000-01-01", 8),
        ("until=2000-01-01", 0),
        ("size=50&page=1", 8),
    ],
)
def test_it_is_narrowed_by_what_the_address_says(browser, entries, query, count):
    page = browser.get(f"/audit/?{query}")

    assert len(page.all("#audit tbody tr")) == count
    assert len(browser.get(f"/audit.csv?{query}").csv()) == count + (query.startswith(("since", "size")))


def test_it_is_narrowed_by_person_and_account(browser, entries, alma, dana):
    acme = entries[0].account
    assert len(browser.get(f"/audit/?actor={alma.pk}").all("#audit tbody tr")) == 7
    assert len(browser.get(f"/audit/?actor={dana.pk}").all("#audit tbody tr")) == 1
    assert len(browser.get(f"/audit/?account={acme.pk}").all("#audit tbody tr")) == 7


def test_it_counts_what_the_chips_would_show(browser, entries):
    assert browser.get("/audit/").texts(".chips a") == ["All", "Accounts 7", "Signing in 1"]


def test_it_says_that_nothing_matches(browser):
    assert browser.get("/audit/?status=key").one(".empty a")["href"] == "/audit/"


def test_it_exports_itself_and_notes_that(browser, entries):
    lines = browser.get("/audit.csv?status=account").csv()

    assert [line[0] for line in lines] == ["8", "7", "6", "5", "4", "3", "2"]
    assert lines[0][2:5] == ["Alma", "Account made private", "Acme"]
    assert lines[0][-1] == entries[-1].hash
    assert written(Act.EXPORTED) == ("Dana", "audit.csv", {"rows": 7, "filters": "status=account"})


def test_it_shows_hostile_names_as_text(browser, people):
    audit.record(people.member("<script>alert(1)</script>"), Act.KEY_ADDED, "=cmd()<b>")

    page = browser.get("/audit/")
    assert page.texts("#audit td.name")[0] == "Key added: =cmd()<b>"
    assert page.all("#audit b") == page.all("#audit script") == []
    assert browser.get("/audit.csv?status=key").csv()[0][4] == "'=cmd()<b>"


def test_it_asks_the_database_the_same_however_much_there_is(browser, alma, rows):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get("/audit/")
        return len(queries)

    for number in range(2):
        audit.record(alma, Act.MADE_PRIVATE, account=rows.account(f"Beta {number}"))
    few = asked()
    for number in range(20):
        audit.record(alma, Act.MADE_PRIVATE, account=rows.account(f"Acme {number}"))
    assert asked() == few


@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_is_there_for_admins_alone(visit, people, entries, role):
    other = visit(getattr(people, role)("Other"))

    assert other.get("/audit/").status == other.get("/audit.csv").status == 404
    assert "/audit/" not in other.get("/").html
    assert visit().get("/audit/").leads_to == "/sign-in/?next=/audit/"


def test_it_takes_no_post(browser):
    assert browser.post("/audit/").status == browser.post("/audit.csv").status == 405


def test_it_answers_while_ultahost_is_down(browser, sandbox):
    sandbox.stop()

    assert browser.get("/audit/").status == 200
