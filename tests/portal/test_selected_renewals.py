"""Renewing many selected domains: years for all of them, and for one of them where it has its own."""

import pytest

from portal.forms.selected_renewals import own_years
from tests.portal.selected import form_of, work
from tests.portal.statements import all_statements
from ultahost_api.models import Account, Domain, Operation
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db

RENEW = "/domains/selected/renew/"
PASSWORD = "correct horse battery"


@pytest.fixture
def alma(people, add_key, sandbox, read_everything):
    alma = people.member("Alma")
    for name, currency in [("Acme", "EUR"), ("Umbrella", "USD")]:
        account = sandbox.add_account(name, currency)
        account.add_domains(3, status="Active", recurringamount="12.00", autorenew=True)
        add_key(alma, account, f"Key of {name}")
    read_everything()
    Domain.objects.update(registration_period=1)
    return alma


def every():
    return list(Domain.objects.order_by("account__name", "name"))


def select(browser, *domains):
    sent = {"row": [str(domain.pk) for domain in domains], "next": "/domains/?sort=name"}
    return browser.post(RENEW, sent)


def typed(years="1", **own):
    methods = {f"method-{account.pk}": "stripe" for account in Account.objects.all()}
    return {"years": years, "unpriced": "on", **methods, **own}


def sums(page):
    facts = zip(page.texts("#confirm-selected dt"), page.texts("#confirm-selected dd"), strict=True)
    return [dd for dt, dd in facts if dt == "Renewal amounts"]


def renewed():
    found = {}
    for one in Operation.objects.all():
        found |= one.parameters["domainrenewals"]
    return found


class TestAsking:
    def test_each_domain_has_its_years_beside_its_due_date_and_account(self, browser):
        first, *_ = every()
        page = select(browser, *every())
        assert page.texts(".renewals th") == ["Domain", "Years", "Account", "Due", "Price"]
        assert len(page.all("#confirm-selected .renewals tbody tr")) == 6
        label = page.one(f"select[name={own_years(first)}]")["aria-label"]
        assert label == f"Years of {first}"
        assert page.texts(f"select[name={own_years(first)}] option")[:3] == ["As above", "1", "2"]
        assert len(page.all("main table")) == 1

    def test_the_sums_follow_the_years_that_were_entered(self, browser):
        first, second, *_others, last = every()
        Domain.objects.filter(pk=second.pk).update(registration_period=2)  # 12.00 for two years
        Domain.objects.filter(pk=last.pk).update(registration_period=None)
        page = select(browser, *every())
        assert sums(page) == ["€30.00", "$24.00 and 1 domain whose amount is not known"]

        sent = form_of(page, **typed("3", **{own_years(first): "10"}), look="1")
        page = browser.post(RENEW, sent)

        assert (page.status, Operation.objects.count()) == (200, 0)
        assert sums(page) == ["€174.00", "$72.00 and 1 domain whose amount is not known"]
        assert page.one(f"select[name={own_years(first)}] option[selected]").text == "10"
        assert page.one("select[name=years] option[selected]").text == "3"
        assert form_of(page)["form_token"] == sent["form_token"]

    def test_a_script_gets_the_sums_alone(self, browser):
        sent = form_of(select(browser, *every()), **typed("2"), look="1")
        part = browser.post(RENEW, sent, **{"HX-Request": "true", "HX-Target": "costs"})
        assert "€72.00" in part.html
        assert "<form" not in part.html

    def test_a_long_table_is_folded_until_something_was_entered_in_it(self, browser, alma):
        account = every()[0].account
        Domain.objects.bulk_create(
            Domain(account=account, remote_id=9000 + n, name=f"n{n}.com") for n in range(60)
        )
        page = select(browser, *every())
        assert "open" not in page.one("details.own-years").attributes
        assert "open" in select(browser, *every()[:6]).one("details.own-years").attributes
        sent = form_of(page, **typed(**{own_years(every()[40]): "77"}))
        page = browser.post(RENEW, sent)
        assert "open" in page.one("details.own-years").attributes

    def test_more_domains_take_no_more_statements(self, browser):
        one, *_ = every()
        Domain.objects.bulk_create(
            Domain(account=one.account, remote_id=9000 + n, name=f"n{n}.com") for n in range(60)
        )
        few = [domain for domain in every() if domain.account_id == one.account_id]
        counts = []
        for domains in (few[:2], few):
            with all_statements() as statements:
                select(browser, *domains)
            counts.append(len(statements))
        assert counts[0] == counts[1]


class TestSending:
    def test_each_is_renewed_for_its_years_or_those_of_all(self, browser, sandbox):
        first, second, *others = every()
        sent = form_of(
            select(browser, *every()), **typed("2", **{own_years(first): "5", own_years(second): ""})
        )
        page = browser.follow(browser.post(RENEW, sent))
        assert renewed() == {first.name: 5, second.name: 2, **{one.name: 2 for one in others}}
        assert sorted(page.texts("td.money")) == ["2 years"] * 5 + ["5 years"]

        work()

        activity = browser.get("/activity/")
        assert f"Ordered the renewal of {first}, 5 years" in activity.html
        assert f"Ordered the renewal of {second}, 2 years" in activity.html

    def test_activity_says_the_years_of_one_that_did_not_work(self, browser, sandbox):
        first, *_ = every()
        sandbox.faults.add(Fault.status(400, "Not today."), action="create_order")
        sent = form_of(select(browser, first), **typed(**{own_years(first): "4"}))
        browser.post(RENEW, sent)
        assert f"Place an order: the renewal of {first}, 4 years" in browser.get("/activity/").html

    @pytest.mark.parametrize("odd", ["0", "11", "-1", "1.5", "two", "１"])
    def test_an_odd_number_is_said_beside_its_domain_and_nothing_typed_is_lost(self, browser, odd):
        first, second, *_ = every()
        own = {own_years(first): odd, own_years(second): "7"}
        page = browser.post(RENEW, form_of(select(browser, *every()), **typed("3", **own)))
        assert (page.status, Operation.objects.count()) == (422, 0)
        row = page.one("td.name:has(.errorlist)")
        assert row.text.startswith(first.name)
        assert "Choose one of the options that are offered." in row.text
        assert page.one(f"select[name={own_years(second)}] option[selected]").text == "7"
        assert page.one("select[name=years] option[selected]").text == "3"
        assert len(page.all("[aria-invalid=true]")) == 1

    @pytest.mark.parametrize("strange", ["not selected", "1234", "x" * 200])
    def test_years_of_what_is_not_selected_are_an_error(self, browser, strange):
        first, *others, last = every()
        name = own_years(last.pk if strange == "not selected" else strange)
        sent = form_of(select(browser, first, *others), **typed(**{name: "9"}))
        page = browser.post(RENEW, sent)
        assert (page.status, Operation.objects.count()) == (422, 0)
        assert page.texts("main .errorlist") == ["Years were entered for a domain that is not selected."]

    def test_nothing_typed_is_lost_while_the_password_is_asked_for(self, visit, alma):
        first, second, *_ = every()
        sent = form_of(select(visit(alma), *every()), **typed("3", **{own_years(first): "7"}))
        browser = visit(alma, proven=False)
        asked = browser.follow(browser.post(RENEW, sent))
        there = asked.one("main form input[name=next]")["value"]
        page = browser.follow(browser.post("/sign-in/again/", {"password": PASSWORD, "next": there}))
        assert page.one("select[name=years] option[selected]").text == "3"
        assert page.one(f"select[name={own_years(first)}] option[selected]").text == "7"
        assert page.all(f"select[name={own_years(second)}] option[selected]")[0]["value"] == ""
        assert sums(page) == ["€156.00", "$108.00"]
        browser.post(RENEW, form_of(page, **typed("3", **{own_years(first): "7"})))
        assert renewed()[first.name] == 7

    def test_the_most_rows_that_can_be_selected_can_have_years_each(self, browser):
        account = every()[0].account
        Domain.objects.bulk_create(
            Domain(account=account, remote_id=9000 + n, name=f"n{n}.com") for n in range(497)
        )
        domains = [one for one in every() if one.account_id == account.pk]
        assert len(domains) == 500
        own = {own_years(one): "2" for one in domains}
        page = browser.post(RENEW, form_of(select(browser, *domains), **typed("1", **own)))
        assert page.status == 303
        assert set(renewed().values()) == {2}
        assert len(renewed()) == 500

    def test_another_try_has_the_years_and_the_method_of_each(self, browser, sandbox):
        _first, *_others, last = every()
        page = browser.follow(
            browser.post(RENEW, form_of(select(browser, *every()), **typed("2", **{own_years(last): "6"})))
        )
        browser.post(f"{page.path}stop/")
        asked = browser.follow(browser.post(f"{page.path}retry/"))
        assert asked.one("select[name=years] option[selected]").text == "2"
        assert asked.one(f"select[name={own_years(last)}] option[selected]").text == "6"
        chosen = asked.all("main select[name^=method-] option[selected]")
        assert [one["value"] for one in chosen] == ["stripe", "stripe"]
