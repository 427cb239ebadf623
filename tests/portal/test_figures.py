"""What is kept of pages: they say the same as if nothing had been kept, whatever changed in between."""

import random
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import access
from portal.access import figures, rights
from portal.acts import labels
from portal.models import AccountPolicy, Grant, User
from ultahost_api import conf
from ultahost_api.models import (
    Account,
    ApiKey,
    AssignedLine,
    Domain,
    Invoice,
    InvoiceItem,
    Operation,
    Quote,
    Service,
    row_versions,
)
from ultahost_api.models.counting import counts_by_account
from ultahost_api.models.line_texts import line_key

TODAY = conf.today()
PAGES = (
    "/",
    "/invoices/",
    "/invoices/?status=Overdue",
    "/invoices/?q=12",
    "/services/",
    "/services/?label=none",
    "/domains/",
    "/domains/?view=at-risk",
    "/quotes/",
    "/changes/",
    "/activity/",
    "/activity/?status=done",
    "/spend/",
    "/agenda/",
    f"/agenda/?view=month&month={TODAY:%Y-%m}",
)
NOT_KEPT = {"ultahost_api_apikey"}  # the menu counts keys with the same statement
PASSING = re.compile(
    r'data-time>[^<]*|csrf\w*"(?:: | value=)"[^"]*"|nonce="[^"]*"|\d+ s(?:ec)?\b', re.IGNORECASE
)


@pytest.fixture(autouse=True)
def nothing_kept():
    figures.forget()


def told(browser):
    return {path: PASSING.sub("", browser.get(path).html) for path in PAGES}


def anew(browser):
    """What they say if nothing was kept. What is kept stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_figures", "_by_account", "_rows"):
            patch.setattr(figures, name, figures._Store(most=500))
        return told(browser)


def days(number):
    return TODAY + timedelta(days=number)


class World:
    """A few rows of two accounts, and changes of them by chance."""

    def __init__(self, rows, people, chance):
        self.rows, self.people, self.chance = rows, people, chance
        self.accounts = [rows.account("Acme"), rows.account("Beta", "USD")]
        self.alma, self.dana, self.emil = people.member("Alma"), people.admin("Dana"), people.billing("Emil")
        self.key = rows.key(self.alma, self.accounts[0])
        rows.key(self.dana, self.accounts[1])
        for account in self.accounts:
            for n in range(3):
                self.come(account, n)

    def come(self, account, n):
        rows, chance = self.rows, self.chance
        service = rows.service(
            account, product_name="VPS", amount=Decimal(5), billing_cycle="Monthly", next_due_date=days(3 * n)
        )
        domain = rows.domain(
            account, name=f"{n}.example", next_due_date=days(4 * n), recurring_amount=Decimal(9)
        )
        invoice = rows.invoice(
            account,
            date=days(-30 * n),
            due_date=days(chance.choice((-9, 0, 9))),
            total=Decimal(chance.randrange(1, 90)),
            subtotal=Decimal(10),
            detailed_at="2026-01-01T00:00Z",
        )
        InvoiceItem.objects.create(invoice=invoice, position=0, description="VPS", amount=10, service=service)
        InvoiceItem.objects.create(
            invoice=invoice,
            position=1,
            description=f"Renewal {n}.example",
            amount=9,
            domain=domain,
            is_renewal=True,
        )
        rows.quote(account, valid_until=days(n), total=Decimal(3))
        rows.event(service, "appeared")

    def one(self, model):
        found = list(model.objects.order_by("pk"))
        return self.chance.choice(found)

    def change(self):
        """One of all that can change, by its name."""
        name = self.chance.choice([one for one in dir(self) if one.startswith("may_")])
        getattr(self, name)()
        return name

    def may_add_rows(self):
        self.come(self.chance.choice(self.accounts), self.chance.randrange(9))

    def may_lose_a_row(self):
        model = self.chance.choice((Service, Domain, Invoice, Quote))
        model.objects.filter(pk=self.one(model).pk).update(gone_at="2026-01-01T00:00Z")

    def may_change_a_status(self):
        model = self.chance.choice((Service, Domain, Invoice))
        told = {
            Service: ("Suspended", "Active"),
            Domain: ("Redemption", "Active"),
            Invoice: ("Paid", "Unpaid"),
        }
        model.objects.filter(pk=self.one(model).pk).update(status=self.chance.choice(told[model]))

    def may_change_a_total(self):
        row = self.one(Invoice)
        row.total = self.chance.choice((None, Decimal(77), Decimal(-5)))
        row.unreadable = {} if row.total else {"total": "?"}
        row.save()

    def may_change_dates(self):
        row = self.one(Domain)
        row.next_due_date = row.expiry_date = days(self.chance.randrange(-40, 90))
        Domain.objects.bulk_update([row], ["next_due_date", "expiry_date"])

    def may_change_renewal(self):
        Domain.objects.filter(pk=self.one(Domain).pk).update(
            auto_renew=self.chance.choice((True, False, None))
        )

    def may_lose_lines(self):
        self.one(Invoice).items.all().delete()

    def may_label(self):
        labels.set_remark(self.dana, self.one(Service), self.chance.choice(("Shop", "Club", "")), "")

    def may_assign_lines(self):
        item = self.one(InvoiceItem)
        account = item.invoice.account
        assigned, _ = AssignedLine.objects.get_or_create(account=account, key=line_key(item.description))
        InvoiceItem.objects.filter(pk=item.pk).update(assigned=assigned)

    def may_ask_to_cancel(self):
        service = Service.objects.filter(account=self.accounts[0]).order_by("pk").first()
        about = f"service {service.remote_id}"
        self.rows.operation(self.key, about, action="request_cancellation", state="done", parameters={})

    def may_learn_an_outcome(self):
        Operation.objects.update(state=self.chance.choice(("done", "unknown", "refused")))

    def may_rename_people(self):
        User.objects.filter(pk=self.alma.pk).update(name=self.chance.choice(("Alma", "Ada")))

    def may_become_private(self):
        account = self.chance.choice(self.accounts)
        AccountPolicy.objects.update_or_create(
            account=account, defaults={"private": self.chance.random() < 0.5}
        )

    def may_be_granted(self):
        level = self.chance.choice(Grant.Level.values)
        Grant.objects.update_or_create(
            user=self.chance.choice((self.alma, self.emil)),
            account=self.accounts[1],
            defaults={"level": level, "given_by": self.dana},
        )

    def may_lose_a_grant(self):
        Grant.objects.all().delete()

    def may_change_name_and_currency(self):
        account = self.chance.choice(self.accounts)
        account.name = self.chance.choice(("Acme", "12 Monkeys", "Other"))
        account.currency = self.chance.choice(("EUR", "USD"))
        account.save()


@pytest.mark.parametrize("seed", range(3))
def test_pages_say_what_they_would_if_nothing_were_kept(visit, rows, people, seed):
    world = World(rows, people, random.Random(seed))
    for person in (world.alma, world.dana, world.emil):
        told(visit(person))
    changed = []
    for _ in range(6):
        changed.append(world.change())
        browser = visit(world.chance.choice((world.alma, world.dana, world.emil)))
        now, as_anew = told(browser), anew(browser)
        for path in PAGES:
            assert now[path] == as_anew[path], f"{path} after {changed}"


def test_what_is_kept_is_not_read_again(visit, rows, people):
    world = World(rows, people, random.Random(1))
    browser = visit(world.alma)
    for path in PAGES:
        browser.get(path)
        with CaptureQueriesContext(connection) as warm:
            browser.get(path)
        figures.forget()
        with CaptureQueriesContext(connection) as anew:
            browser.get(path)
        assert len(warm) < len(anew), path


def test_only_the_accounts_that_changed_are_worked_out_anew(rows, people):
    alma, accounts = people.member("Alma"), [rows.account(name) for name in ("Acme", "Beta", "Gamma")]
    for account in accounts:
        rows.key(alma, account, label=account.name)
        rows.service(account)
    asked = []

    def counted(narrow):
        found = counts_by_account({}, {"all": narrow(access.services_to_view(alma))})
        asked.append({*found})
        return found

    def kept():
        with rights.known_rights(alma):
            return access.kept_by_account(
                alma, "services", counted, lambda told: sum(one["all"][""] for one in told)
            )

    assert kept() == kept() == 3
    rows.service(accounts[1])
    assert kept() == kept() == 4
    assert asked == [{account.pk for account in accounts}, {accounts[1].pk}]
    ApiKey.objects.filter(account=accounts[2]).update(disabled_at=timezone.now())
    assert kept() == 3


def test_it_depends_only_on_tables_whose_changes_are_noticed(visit, rows, people, monkeypatch):
    """And on the accounts' names and currencies, which are part of what it is kept by."""
    asked = set()
    really = figures.kept_figures

    def watched(user, key, work_out):
        def work():
            with CaptureQueriesContext(connection) as queries:
                made = work_out()
            for query in queries:
                tables = re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])
                asked.update(tables if key != "menu" else {*tables} - NOT_KEPT)
            return made

        return really(user, key, work)

    def watched_of_each(user, key, work_out, add_up):
        return watched(user, key, lambda: add_up(work_out(lambda rows: rows).values()))

    monkeypatch.setattr(access, "kept_figures", watched)
    monkeypatch.setattr(access, "kept_by_account", watched_of_each)
    world = World(rows, people, random.Random(1))
    world.may_label()
    world.may_ask_to_cancel()
    for person in (world.alma, world.dana, world.emil):
        told(visit(person))
    assert {"ultahost_api_invoice", "ultahost_api_domain", "portal_remark"} <= asked
    assert asked - row_versions.tables() == set()


def test_another_person_has_other_figures(visit, rows, people):
    """The same account, on the same day, with the same filters."""
    acme = rows.account("Acme")
    rows.key(people.member("Alma"), acme)
    rows.invoice(acme, total=Decimal(5), due_date=days(-1), date=TODAY)
    alma, vera = people.member("Alma 2"), people.member("Vera")
    Grant.objects.create(user=alma, account=acme, level="view", given_by=people.admin("Dana"))
    AccountPolicy.objects.create(account=acme, private=True)
    assert visit(alma).get("/invoices/").texts("tbody td.name") != []
    assert visit(vera).get("/invoices/").texts("tbody td.name") == []
    assert "€5.00" not in visit(vera).get("/invoices/").html


def test_figures_of_a_right_that_was_lost_are_not_shown(visit, rows, people):
    """The invoices of the account can still be seen."""
    alma, acme = people.member("Alma"), rows.account("Acme")
    grant = Grant.objects.create(user=alma, account=acme, level="view", given_by=people.admin("Dana"))
    rows.service(acme, status="Suspended")
    numbers = "#menu .attention, nav .attention"
    assert visit(alma).get("/").texts(numbers) != []
    grant.delete()
    assert visit(alma).get("/").texts(numbers) == []


def test_activity_in_an_account_that_was_lost_is_read_anew(visit, rows, people):
    """No change of its rows ends what is kept for a person who has no right there."""
    alma, acme, beta = people.member("Alma"), rows.account("Acme"), rows.account("Beta")
    rows.key(alma, acme)
    operation = rows.operation(rows.key(alma, beta, label="Beta"), state="unknown")
    assert visit(alma).get("/activity/").texts("tbody .status") == ["Unknown"]
    ApiKey.objects.filter(account=beta).update(disabled_at=timezone.now())
    AccountPolicy.objects.create(account=beta, private=True)
    assert visit(alma).get("/activity/").texts("tbody .status") == ["Unknown"]
    Operation.objects.filter(pk=operation.pk).update(state="done")
    assert visit(alma).get("/activity/").texts("tbody .status") == ["Done"]


def test_activity_names_people_as_they_are_called_now(visit, rows, people):
    alma, dana = people.member("Alma"), people.admin("Dana")
    rows.operation(rows.key(alma, rows.account("Acme")))
    assert visit(dana).get("/activity/").texts("tbody .extra") == ["Alma"]
    User.objects.filter(pk=alma.pk).update(name="Ada")
    assert visit(dana).get("/activity/").texts("tbody .extra") == ["Ada"]


def test_activity_is_searched_by_the_names_that_people_have_now(visit, rows, people):
    """Also where no column tells who did it."""
    alma = people.member("Alma")
    rows.operation(rows.key(alma, rows.account("Acme")))
    assert len(visit(alma).get("/activity/?q=alma").all("tbody .status")) == 1
    User.objects.filter(pk=alma.pk).update(name="Ada", email="ada@example.com", folded="\nada\n")
    assert visit(alma).get("/activity/?q=alma").all("tbody .status") == []


def test_figures_of_another_day_are_worked_out_anew(visit, rows, people, time_machine):
    acme, alma = rows.account("Acme"), people.member("Alma")
    rows.key(alma, acme)
    rows.invoice(acme, total=Decimal(5), due_date=days(1))
    overdue = "main .chips a[href*=Overdue]"
    assert visit(alma).get("/invoices/").texts(overdue) == []
    time_machine.move_to(date(TODAY.year, TODAY.month, TODAY.day) + timedelta(days=3))
    assert visit(alma).get("/invoices/").texts(overdue) != []


def test_nothing_is_kept_of_a_request_that_changes_something(rows, people):
    """It may read what it has just written, before the rights were read."""
    alma = people.member("Alma")
    assert rights.rows_if_known(alma) is None
    assert [access.kept_figures(alma, "x", iter([n]).__next__) for n in (1, 2)] == [1, 2]


def test_it_keeps_only_so_many(rows, people, monkeypatch):
    monkeypatch.setattr(figures._figures, "most", 3)
    alma = people.member("Alma")
    rows.key(alma, rows.account("Acme"))
    with access.known_rights(alma):
        for n in range(10):
            assert access.kept_figures(alma, n, lambda n=n: n) == n
            assert len(figures._figures) <= 3


def test_nothing_is_kept_of_an_account_whose_changes_are_not_noticed(rows, people):
    alma, acme = people.member("Alma"), rows.account("Acme")
    rows.key(alma, acme)
    Account.objects.filter(pk=acme.pk).update(name="Acme")
    row_versions.RowVersion.objects.all().delete()
    for n in (1, 2):
        with access.known_rights(alma):
            assert access.kept_figures(alma, "x", lambda n=n: n) == n
