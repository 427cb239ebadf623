"""What needs the person: how entries read and stand, who does one, who put one off, and who sees what."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from portal.models import AccountPolicy, AuditEntry, Grant, NeedNote
from portal.queries import entries
from portal.wording import formats
from tests.portal.statements import all_statements
from ultahost_api import conf
from ultahost_api.models import ApiKey, Domain, Event, Invoice, InvoiceItem, Operation, Quote, Service

TODAY = timezone.localdate()


def days(count):
    return conf.today() + timedelta(count)


@pytest.fixture
def viewer(people, acme, alma):
    viewer = people.member("Vera")
    Grant.objects.create(user=viewer, account=acme, level="view", given_by=alma)
    return viewer


def titles(page):
    return page.texts(".need .what a")


def why(page):
    return page.texts(".need .what small:not(.taker)")


def button(page):
    link = page.one(".need .do > a")
    return link.text.partition(":")[0], link["href"]


def bill(rows, account, thing=None, **fields):
    """An invoice whose line names the thing."""
    invoice = rows.invoice(
        account, **{"total": "14", "number": "130", "detailed_at": timezone.now()} | fields
    )
    if thing:
        noun = thing._meta.model_name
        InvoiceItem.objects.create(invoice=invoice, position=0, **{noun: thing})
    return invoice


def test_home_leads_to_all_overdue_invoices_where_the_person_may_pay_several(
    visit, people, rows, acme, alma, viewer
):
    def links(person):
        return [link["href"] for link in visit(person).get("/").all("#main a[href*=select-all]")]

    rows.invoice(acme, status="Unpaid", due_date=days(-3), total="5")
    assert links(alma) == []  # it has a button of its own
    rows.invoice(acme, status="Unpaid", due_date=days(-2), total="7")
    assert links(alma) == ["/invoices/?status=Overdue&sort=due#select-all"]
    assert links(viewer) == []


# The rank


def test_the_most_urgent_stands_first(visit, people, rows, acme):
    dana = people.admin("Dana")
    key = rows.key(dana, acme)
    rows.key(dana, acme, "Old", created_at=timezone.now() - timedelta(days=400))
    rows.quote(acme, subject="Move", valid_until=days(20))
    rows.quote(acme, subject="Sooner", valid_until=days(9))
    rows.operation(key, state="unknown")
    rows.invoice(acme, number="late", total="5", due_date=days(-58))
    rows.service(acme, domain="stopped.example", status="Suspended")
    rows.domain(acme, name="has-time.example", auto_renew=False, expiry_date=days(30))
    rows.domain(acme, name="week.example", auto_renew=False, expiry_date=days(7))
    rows.domain(acme, name="grace.example", status="Grace", expiry_date=days(-9))

    page = visit(dana).get("/")

    assert titles(page) == [
        "grace.example is in its grace period",
        "week.example may be lost",
        "stopped.example is suspended",
        "Invoice late is overdue",
        "has-time.example may be lost",
        "Pay an invoice: the result is unknown",
        "Quote “Sooner” waits for an answer",
        "Quote “Move” waits for an answer",
        f"The key “{ApiKey.objects.get(label='Old')}” is older than a year",
    ]
    assert [one["data-hue"] for one in page.all(".need > .status")] == ["bad"] * 4 + ["soon"] * 4 + ["info"]
    assert page.texts(".need .when")[:2] == [
        " ".join(f"{words} {formats.day(day)}".split())
        for words, day in [("9 days ago", days(-9)), ("in 7 days", days(7))]
    ]  # fmt: skip


def test_what_passed_long_ago_stands_behind_all_that_can_still_be_saved(visit, alma, rows, acme):
    rows.domain(acme, name="tomorrow.example", auto_renew=False, expiry_date=days(1))
    rows.domain(acme, name="rescue.example", auto_renew=False, expiry_date=days(-75))
    rows.domain(acme, name="redeem.example", status="Redemption", expiry_date=days(-300))
    rows.domain(acme, name="lost.example", auto_renew=False, expiry_date=days(-76))
    rows.domain(acme, name="older.example", auto_renew=True, expiry_date=days(-900))
    rows.service(acme, status="Suspended", domain="shop.example")

    page = visit(alma).get("/")

    assert [title.split()[0] for title in titles(page)] == [
        "redeem.example", "rescue.example", "tomorrow.example", "shop.example",
        "older.example", "lost.example",
    ]  # fmt: skip
    assert page.one("[aria-labelledby=needs] .count").text == "6"


def test_the_few_that_are_shown_are_those_that_can_still_be_saved(visit, alma, rows, acme):
    for n in range(20):
        rows.domain(acme, name=f"lost{n}.example", auto_renew=False, expiry_date=days(-100))
    rows.domain(acme, name="tomorrow.example", auto_renew=False, expiry_date=days(1))

    assert titles(visit(alma).get("/"))[0] == "tomorrow.example may be lost"


def test_it_rounds_no_sum_of_overdue_invoices(visit, alma, rows):
    account = rows.account("Gulf", "KWD")
    rows.key(alma, account, "Gulf")
    for total in ("12.3450", "0.0001"):
        rows.invoice(account, total=total, due_date=days(-3))
    assert "KWD 12.3451 in total" in visit(alma).get("/").one(".need").text


def test_it_counts_no_days_of_a_domain_that_may_still_be_rescued(visit, alma, rows, acme):
    rows.domain(acme, name="gone.example", status="Expired", expiry_date=days(-30))

    page = visit(alma).get("/")

    assert titles(page) == ["gone.example has expired"]
    assert "days" not in page.one(".need .when").text


# The invoice that suspended a service


def test_a_suspended_service_names_the_oldest_overdue_invoice_of_its_own(visit, alma, rows, acme):
    service = rows.service(acme, domain="shop.example", status="Suspended")
    bill(rows, acme, number="older, of another", due_date=days(-90))
    wanted = bill(rows, acme, service, due_date=days(-24))
    bill(rows, acme, service, number="131", due_date=days(-2))
    bill(rows, acme, service, number="129", due_date=days(-60), status="Paid")
    browser = visit(alma)

    page = browser.get("/")

    assert why(page)[0] == "Invoice 130 of €14.00 was due 24 days ago"
    link = page.all(".need .do > a")[0]
    assert link.text == "Pay €14.00: shop.example is suspended"
    assert link["href"] == f"/invoices/{wanted.pk}/pay/"


def test_its_invoice_is_one_click_away_for_a_person_who_may_not_pay(visit, viewer, rows, acme):
    service = rows.service(acme, status="Suspended")
    invoice = bill(rows, acme, service, due_date=days(-24))
    browser = visit(viewer)
    page = browser.get("/")

    opened = browser.get(page.all(".need .do > a")[0]["href"])

    assert opened.path == f"/invoices/{invoice.pk}/"
    assert opened.one("h1").text == "Invoice 130"


def test_it_never_guesses_which_invoice_it_was(visit, alma, rows, acme):
    rows.service(acme, status="Suspended")
    bill(rows, acme, number="of something", due_date=days(-40))

    page = visit(alma).get("/")

    assert why(page)[0] == (
        "It is not known for which invoice. The oldest overdue one of the account: of something, €14.00,"
        " due 40 days ago"
    )
    assert page.all(".need .do > a")[0]["href"] == f"/invoices/?status=Overdue&account={acme.pk}"


def test_it_says_that_no_overdue_invoice_is_known(visit, alma, rows, acme):
    service = rows.service(acme, status="Suspended")

    page = visit(alma).get("/")

    assert why(page) == ["No overdue invoice is known"]
    assert button(page) == ("Open", f"/services/{service.pk}/")


def test_it_tells_since_when_the_service_is_suspended(visit, alma, rows, acme):
    service = rows.service(acme, status="Suspended", changed_at=timezone.now())
    at = timezone.now() - timedelta(days=11)
    rows.event(service, changes={"status": ["Active", "Suspended"]}, at=at)

    assert visit(alma).get("/").one(".need .when").text.startswith("11 days ago")


# Invoices


def test_one_overdue_invoice_is_paid_from_its_entry(visit, alma, rows, acme):
    invoice = bill(rows, acme, due_date=days(-3))

    page = visit(alma).get("/")

    assert titles(page) == ["Invoice 130 is overdue"]
    assert why(page) == ["€14.00"]
    assert button(page) == ("Pay €14.00", f"/invoices/{invoice.pk}/pay/")


def test_many_overdue_invoices_are_one_entry_per_account_and_currency(visit, alma, rows, acme):
    other = rows.account("Other", "USD")
    rows.key(alma, other, "Second")
    for number in range(3):
        bill(rows, acme, number=f"e{number}", total="0.10", due_date=days(-number - 1))
    bill(rows, acme, number="unread", total=None, due_date=days(-1))
    bill(rows, acme, number="g", total="7", currency="GBP", due_date=days(-9))
    for number in range(2):
        bill(rows, other, number=f"u{number}", total="5", due_date=days(-20))

    page = visit(alma).get("/")

    told = list(zip(titles(page), why(page), page.texts(".need .whose"), strict=True))
    assert told == [
        ("2 invoices are overdue", "$10.00 in total", "Other"),
        ("Invoice g is overdue", "£7.00", "Acme"),
        ("4 invoices are overdue", "€0.30 in total; 1 amount could not be read", "Acme"),
    ]
    assert page.all(".need .do > a")[0]["href"] == f"/invoices/?status=Overdue&account={other.pk}"


def test_the_sum_of_a_group_holds_no_payment_of_its_other_invoices(visit, alma, rows, acme):
    for fields in (
        {},
        {"number": "MASS", "only_moves_money": True},
        {"only_moves_money": True, "total": None},
    ):
        bill(rows, acme, due_date=days(-2), **fields)

    page = visit(alma).get("/")

    told = "€14.00 in total; 2 deposits or payments of other invoices, not included"
    assert (titles(page), why(page)) == (["3 invoices are overdue"], [told])


@pytest.mark.parametrize("total", ["14", None])
def test_invoices_that_no_key_can_pay_are_told_once(visit, people, rows, acme, total):
    """Also those that are overdue, which the person could do nothing about."""
    emil = people.billing("Emil")
    rows.key(people.member("Ben"), acme, refused_at=timezone.now())
    bill(rows, acme, total=total, due_date=days(-3))
    bill(rows, acme, total=total, due_date=days(3))
    bill(rows, acme, total="-5", due_date=days(-3))

    page = visit(emil).get("/")

    assert titles(page) == ["2 invoices cannot be paid here"]
    assert why(page)[0].startswith("No API key at hand works for this account; ")
    assert button(page) == ("Review", f"/invoices/?status=Unpaid&account={acme.pk}")


# Rights


def test_a_person_who_may_only_look_gets_no_act(visit, viewer, rows, acme):
    domain = rows.domain(acme, name="off.example", auto_renew=False, expiry_date=days(5))
    assert button(visit(viewer).get("/")) == ("Open", f"/domains/{domain.pk}/")


@pytest.fixture
def canaries(people, rows):
    """One entry of each kind, in a private account of another person."""
    hidden, ben = rows.account("canary account"), people.member("Ben")
    AccountPolicy.objects.create(account=hidden, private=True)
    key = rows.key(ben, hidden, "canary key", created_at=timezone.now() - timedelta(days=400))
    made = {
        "domain": rows.domain(hidden, name="canary.example", next_due_date=days(1)),
        "service": rows.service(hidden, domain="canary.example", status="Suspended"),
        "quote": rows.quote(hidden, subject="canary"),
        "operation": rows.operation(key, state="unknown"),
        "key": key,
    }
    overdue = bill(rows, hidden, number="canary", due_date=days(-1))
    unread = rows.account("canary without key")
    AccountPolicy.objects.create(account=unread, private=True)
    unpayable = bill(rows, unread, number="canary 2", due_date=days(9))
    subjects = {kind: row.pk for kind, row in made.items()}
    return subjects | {
        "overdue": entries.subject_of(entries.Kind.OVERDUE, overdue),
        "unpayable": entries.subject_of(entries.Kind.UNPAYABLE, unpayable),
    }


def test_nothing_of_another_account_is_in_an_entry_or_a_count(visit, people, alma, canaries):
    for person in (alma, people.member("New")):
        for path in ("/", "/?put-off=1"):
            page = visit(person).get(path)
            assert "canary" not in page.html
            assert page.all(".need") == page.all(".attention") == []
            assert page.one("#needs .count").text == "0"
    admin = visit(people.admin("Dana")).get("/")
    assert len(admin.all(".need")) == len(canaries)


@pytest.mark.parametrize("kind", list(entries.Kind))
def test_an_entry_of_another_account_cannot_be_taken_or_put_off(visit, people, alma, canaries, kind):
    subject = canaries[kind]
    paths = [f"/needs/{kind}/{subject}/{act}/" for act in ("take/on", "take/off", "put-off")]
    dana = visit(people.admin("Dana"))

    for path in paths:
        assert visit(alma).post(path, {"until": days(3)}).status == 404
    assert not NeedNote.objects.exists()
    for path in paths:
        assert dana.post(path, {"until": days(3)}).status == 303


@pytest.mark.parametrize("kind", ["domain", "nothing", "overdue"])
@pytest.mark.parametrize("act", ["take/on", "take/maybe", "put-off"])
def test_what_is_no_entry_is_not_there(visit, alma, kind, act):
    assert visit(alma).post(f"/needs/{kind}/{uuid4()}/{act}/").status == 404


def test_a_domain_that_is_fine_is_no_entry(visit, alma, rows, acme):
    fine = rows.domain(acme, next_due_date=days(300))

    assert visit(alma).post(f"/needs/domain/{fine.pk}/take/on/").status == 404


# I do it


@pytest.fixture
def at_risk(rows, acme):
    return rows.domain(acme, name="off.example", auto_renew=False, expiry_date=days(5))


def send(browser, page, selector, **data):
    """The form of an entry as a browser without a script sends it."""
    return browser.post(page.one(selector)["action"], data)


TAKE, PUT_OFF = ".need form:not(.put-off)", ".need form.put-off"


def test_who_does_it_is_seen_by_everyone_who_sees_the_entry(visit, people, alma, viewer, at_risk):
    browser = visit(alma)

    done = send(browser, browser.get("/"), TAKE)

    assert (done.status, done.leads_to) == (303, "/")
    mine, theirs = browser.get("/"), visit(viewer).get("/")
    assert mine.one(".need .taker").text == "You do it"
    assert mine.one(f"{TAKE} button").text == "I no longer do it"
    assert theirs.one(".need .taker").text == "Alma does it"
    assert theirs.one(f"{TAKE} button").text == "I do it"
    assert "Alma" not in visit(people.member("Stranger")).get("/").html


def test_another_person_takes_it_over_and_gives_it_back(visit, alma, viewer, at_risk):
    for person in (alma, viewer):
        visit(person).post(f"/needs/domain/{at_risk.pk}/take/on/")
    assert visit(alma).get("/").one(".need .taker").text == "Vera does it"

    visit(alma).post(f"/needs/domain/{at_risk.pk}/take/off/")
    assert visit(alma).get("/").one(".need .taker").text == "Vera does it"
    visit(viewer).post(f"/needs/domain/{at_risk.pk}/take/off/")
    assert visit(alma).get("/").all(".need .taker") == []


def test_what_was_taken_falls_free_in_time_and_when_its_person_leaves(visit, alma, viewer, at_risk):
    visit(viewer).post(f"/needs/domain/{at_risk.pk}/take/on/")
    viewer.deactivate()
    assert visit(alma).get("/").all(".need .taker") == []

    visit(alma).post(f"/needs/domain/{at_risk.pk}/take/on/")
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert visit(alma).get("/").all(".need .taker") == []
        NeedNote.objects.forget(conf.today())
    assert not NeedNote.objects.exists()


def test_neither_is_in_the_audit_log(visit, alma, at_risk):
    browser = visit(alma)
    noted = AuditEntry.objects.count()

    browser.post(f"/needs/domain/{at_risk.pk}/take/on/")
    browser.post(f"/needs/domain/{at_risk.pk}/put-off/", {"until": days(3)})

    assert NeedNote.objects.count() == 2
    assert AuditEntry.objects.count() == noted


# Put off


def test_what_a_person_puts_off_they_see_again_on_that_day(visit, alma, viewer, at_risk):
    browser = visit(alma)

    send(browser, browser.get("/"), PUT_OFF, until=days(3))

    page = browser.get("/")
    assert page.all(".need") == []
    assert page.one("a.put-off").text == "1 put off"
    assert titles(visit(viewer).get("/")) == ["off.example may be lost"]
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert titles(visit(alma).get("/")) == ["off.example may be lost"]


def test_it_can_be_brought_back(visit, alma, at_risk):
    browser = visit(alma)
    browser.post(f"/needs/domain/{at_risk.pk}/put-off/", {"until": days(3)})
    page = browser.get("/?put-off=1")
    assert titles(page) == ["off.example may be lost"]

    send(browser, page, PUT_OFF)

    assert titles(browser.get("/")) == ["off.example may be lost"]
    assert not NeedNote.objects.exists()


def test_putting_it_off_again_moves_the_day(visit, alma, at_risk):
    for count in (3, 9):
        visit(alma).post(f"/needs/domain/{at_risk.pk}/put-off/", {"until": days(count)})

    assert NeedNote.objects.get().until == days(9)


def test_a_put_off_domain_is_in_list_badge_and_mail_all_the_same(visit, alma, at_risk):
    browser = visit(alma)
    browser.post(f"/needs/domain/{at_risk.pk}/put-off/", {"until": days(3)})

    page = browser.get("/domains/?view=at-risk")

    assert page.texts("tbody td.name a") == ["off.example"]
    assert page.one(".rail .attention").text == "1 need attention"


def test_a_group_of_invoices_is_put_off_and_taken_as_one(visit, alma, rows, acme):
    for number in range(2):
        bill(rows, acme, number=str(number), due_date=days(-1))
    browser = visit(alma)
    send(browser, browser.get("/"), TAKE)
    assert browser.get("/").one(".need .taker").text == "You do it"

    send(browser, browser.get("/"), PUT_OFF, until=days(3))

    page = browser.get("/")
    assert page.all(".need") == []
    assert page.one("a.put-off").text == "1 put off"


@pytest.mark.parametrize("until", ["yesterday", "2026-02-30", str(TODAY), str(TODAY + timedelta(days=400))])
def test_it_says_which_days_can_be_chosen(visit, alma, at_risk, until):
    browser = visit(alma)

    browser.post(f"/needs/domain/{at_risk.pk}/put-off/", {"until": until})

    page = browser.get("/")
    assert page.all(".toasts > *")
    assert titles(page) == ["off.example may be lost"]


@pytest.mark.parametrize("act", ["take/on", "put-off"])
def test_it_takes_no_get_and_no_stranger(visit, alma, at_risk, act):
    path = f"/needs/domain/{at_risk.pk}/{act}/"

    assert visit(alma).get(path).status == 405
    assert visit().post(path).leads_to.startswith("/sign-in/")


# Statements


def test_it_asks_as_many_queries_of_every_kind_for_a_thousand_rows_as_for_ten(visit, people, rows, acme):
    dana = people.admin("Dana")
    key = rows.key(dana, acme)
    browser = visit(dana)

    def fill(start, end):
        of = [{"account": acme, "remote_id": number} for number in range(start, end)]
        soon = days(3)
        domains = [Domain(status="Active", next_due_date=soon, **row) for row in of]
        services = [Service(status="Suspended", **row) for row in of]
        invoices = [
            Invoice(status="Unpaid", currency="EUR", total=1, due_date=days(-1 - start), **row) for row in of
        ]
        Domain.objects.bulk_create(domains)
        Service.objects.bulk_create(services)
        Invoice.objects.bulk_create(invoices)
        InvoiceItem.objects.bulk_create(
            InvoiceItem(invoice=invoice, position=place, is_renewal=bool(place), **{noun: thing})
            for pairs, noun, place in ((services, "service", 0), (domains, "domain", 1))
            for invoice, thing in zip(invoices, pairs, strict=True)
        )
        Quote.objects.bulk_create(Quote(stage="Delivered", **row) for row in of)
        Operation.objects.bulk_create(
            Operation(
                user=dana, key=key, account=acme, key_last_four="1234", idempotency_key=uuid4(),
                action="pay_invoice", noun="invoice", subject=str(number), target=f"invoice {number}",
                remote_id=number, state="unknown",
            )
            for number in range(start, end)
        )  # fmt: skip
        ApiKey.objects.bulk_create(
            ApiKey(
                owner=dana, account=acme, label=f"k{number}", fingerprint=f"f{number}", last_four="1234",
                verified_at=timezone.now(), refused_at=timezone.now(),
            )
            for number in range(start, end)
        )  # fmt: skip
        NeedNote.objects.bulk_create(
            NeedNote(kind="service", subject=service.pk, person=dana, until=until)
            for service in services[::2]
            for until in (None, days(3))
        )
        Event.objects.bulk_create(
            Event(noun="services", kind="appeared", row_id=one.pk, account=acme, name="x") for one in services
        )

    def queries():
        with all_statements() as captured:
            browser.get("/")
        return len(captured)

    fill(0, 10)
    queries()  # notes that the accounts are watched
    few = queries()
    fill(10, 1000)
    assert queries() == few
    assert few <= 25  # one of them for the first steps, two to count what most people do not have


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"created_at": timedelta(days=-365, hours=10)}, "is older than a year"),
        ({"replaced_at": timedelta(days=-1, hours=10), "replaces": True}, "is not finished"),
    ],
)
def test_a_key_that_grows_old_during_the_day_is_told_in_that_hour(visit, people, rows, acme, fields, words):
    """What asks whether there are any is built once a day."""
    alma, noon = people.member("Alma"), datetime(2026, 11, 26, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False) as clock:
        key, other = rows.key(alma, acme), rows.key(alma, acme, label="Other")
        told = {name: noon + at if isinstance(at, timedelta) else other for name, at in fields.items()}
        ApiKey.objects.filter(pk=key.pk).update(**told)
        assert not any(words in title for title in titles(visit(alma).get("/")))
        clock.shift(timedelta(hours=11))
        assert any(words in title for title in titles(visit(alma).get("/")))
