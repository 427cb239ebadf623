"""The page of the team's labels: counts, renaming, merging, removing."""

import pytest

from portal.acts import labels as acts
from portal.models import AccountPolicy, Act, AuditEntry, Grant, Label, Remark
from tests.portal.statements import all_statements
from tests.portal.test_spend_sums import bill
from ultahost_api.models import AssignedLine, Domain, InvoiceItem, Service, links

pytestmark = pytest.mark.django_db

EACH = "1 service 1 domain 1 remembered invoice line"


@pytest.fixture
def hidden(rows):
    """An account of which Alma knows nothing."""
    hidden = rows.account("Hidden")
    AccountPolicy.objects.create(account=hidden, private=True)
    return hidden


@pytest.fixture
def shop(rows, acme, alma):
    """On a service, a domain and a text of invoice lines."""
    acts.set_remark(alma, rows.service(acme, domain="shop.example.com"), "Shop", "ask Ann")
    acts.set_remark(alma, rows.domain(acme, name="shop.example.com"), "Shop", "")
    Remark.objects.create(
        line=links.assign_by_hand(acme.pk, "Support", None), label=Label.objects.get(name="Shop")
    )
    return Label.objects.get(name="Shop")


def rename(browser, label, name, **others):
    return browser.post(f"/labels/{label.pk}/", {"name": name, **others})


def remove(browser, label):
    return browser.post(f"/labels/{label.pk}/remove/")


def carried(label):
    return label and Remark.objects.filter(label=label).count()


class TestList:
    def test_it_says_how_many_rows_carry_each(self, browser, shop, rows, acme, alma):
        acts.set_remark(alma, rows.service(acme), "Blog", "")
        page = browser.get("/labels/")
        assert page.texts("tbody td.name") == ["Blog", "Shop"]
        assert page.texts("tbody td.why") == ["1 service", EACH]
        services = page.all("tbody td.why a")[1]["href"]
        assert browser.get(services).texts("tbody td.name") != []

    def test_it_counts_only_what_one_may_see(self, visit, shop, rows, hidden, people, alma):
        dana = people.admin("Dana")
        acts.set_remark(dana, rows.service(hidden), "Shop", "")
        assert visit(alma).get("/labels/").texts("tbody td.why") == [EACH]
        assert visit(dana).get("/labels/").texts("tbody td.why") == [EACH.replace("1 service", "2 services")]
        acts.set_remark(dana, rows.service(hidden), "Secret", "")
        assert "Secret" not in visit(alma).get("/labels/").html

    def test_it_needs_as_many_statements_for_many(self, browser, rows, acme, alma):
        def statements():
            with all_statements() as captured:
                browser.get("/labels/")
            return len(captured)

        acts.set_remark(alma, rows.service(acme), "Label", "")
        statements()
        few = statements()
        for n in range(20):
            acts.set_remark(alma, rows.service(acme), f"Label {n}", "")
        assert statements() <= few + 1 <= 12


class TestRenaming:
    def test_it_is_another_name_everywhere(self, browser, shop):
        assert rename(browser, shop, "Web shop").leads_to == "/labels/"
        assert Label.objects.get().name == "Web shop"
        assert Label.objects.get().pk == shop.pk
        assert browser.get("/services/?q=web").texts("tbody td.name") != []
        assert browser.get("/domains/?q=web").texts("tbody td.name") == ["shop.example.com"]
        entry = AuditEntry.objects.get(act=Act.LABEL_RENAMED)
        assert (entry.target, entry.details) == ("Web shop", {"before": "Shop"})
        assert Service.objects.get().remark.note == "ask Ann"

    def test_it_merges_after_a_tick(self, browser, shop, rows, acme, alma):
        acts.set_remark(alma, rows.service(acme), "Blog", "")
        page = rename(browser, shop, "blog")
        assert page.status == 422
        assert "There is a label “Blog” already." in page.one("main .errorlist").text
        assert page.one("main input[name=merge]")["type"] == "checkbox"
        assert carried(shop) == 3

        rename(browser, shop, "blog", merge="on")

        assert list(Label.objects.values_list("name", flat=True)) == ["Blog"]
        assert carried(Label.objects.get()) == 4
        assert browser.get("/domains/?q=blog").texts("tbody td.name") == ["shop.example.com"]

    @pytest.mark.parametrize("name", ["", " ", "x" * 61])
    def test_it_takes_no_other_name(self, browser, shop, name):
        assert rename(browser, shop, name).status == 422
        assert Label.objects.get().name == "Shop"

    def test_it_leaves_rows_of_others_alone(self, browser, shop, rows, hidden, people):
        """And says nothing of them."""
        acts.set_remark(people.admin("Dana"), theirs := rows.service(hidden), "Shop", "")
        assert "cannot change" not in browser.get(f"/labels/{shop.pk}/").html

        rename(browser, shop, "Web shop")

        assert carried(Label.objects.get(name="Web shop")) == 3
        assert Remark.objects.get(service=theirs).label == shop

    def test_it_takes_the_name_of_a_hidden_label_without_saying_so(self, browser, shop, rows, hidden, people):
        acts.set_remark(people.admin("Dana"), rows.service(hidden), "Secret", "")
        assert rename(browser, shop, "Secret").leads_to == "/labels/"
        assert list(Label.objects.values_list("name", flat=True)) == ["Secret"]
        assert carried(Label.objects.get()) == 4

    def test_an_admin_changes_it_on_every_row(self, visit, people, shop, rows, hidden):
        dana = people.admin("Dana")
        acts.set_remark(dana, rows.service(hidden), "Shop", "")
        rename(visit(dana), shop, "Web shop")
        assert (Label.objects.get().name, carried(Label.objects.get())) == ("Web shop", 4)


class TestRemoving:
    def test_it_says_what_happens_to_rows_and_lines(self, browser, shop):
        page = browser.get(f"/labels/{shop.pk}/remove/")
        assert "It is removed from 1 service, 1 domain, 1 remembered invoice line." in page.html
        assert "assigned by their text again" in page.html
        assert Label.objects.exists()

    def test_rows_lose_it_and_keep_their_note(self, browser, shop):
        remove(browser, shop)
        assert list(Label.objects.all()) == []
        assert Remark.objects.get().note == "ask Ann"
        assert browser.get("/domains/?q=shop+shop").texts("tbody td.name") == ["shop.example.com"]
        assert "Shop" not in Domain.objects.get().own_words
        assert AuditEntry.objects.filter(act=Act.LABEL_REMOVED, target="Shop").exists()

    def test_lines_are_of_what_their_text_names_again(self, browser, shop, rows, acme):
        remove(browser, shop)
        assert not AssignedLine.objects.exists()
        bill(rows, acme, (None, "5"))
        assert InvoiceItem.objects.get().assigned is None

    def test_a_line_that_is_of_a_service_stays_so(self, browser, shop, acme):
        """As only data of another version can have it, beside a label."""
        AssignedLine.objects.update(service=Service.objects.get())
        remove(browser, shop)
        assert AssignedLine.objects.get().service == Service.objects.get()

    def test_rows_that_one_may_only_view_keep_it(self, browser, shop, rows, people, alma):
        other = rows.account("Other")
        dana = people.admin("Dana")
        Grant.objects.create(user=alma, account=other, level="view", given_by=dana)
        acts.set_remark(dana, rows.service(other), "Shop", "")
        assert (
            "1 row that you cannot change keeps the label." in browser.get(f"/labels/{shop.pk}/remove/").html
        )
        remove(browser, shop)
        assert carried(Label.objects.get()) == 1
        assert browser.get("/labels/").all("tbody .acts-cell a") == []
        assert remove(browser, shop).status == 404

    def test_billing_removes_it_from_lines_alone(self, visit, people, shop):
        browser = visit(people.billing("Bea"))
        assert browser.get("/labels/").texts("tbody td.why") == ["1 remembered invoice line"]
        remove(browser, shop)
        assert carried(shop) == 2
        assert not AssignedLine.objects.exists()

    def test_a_label_that_nothing_carries_is_an_admin_s_to_remove(self, visit, people, alma):
        bare = Label.objects.create(name="Bare")
        assert remove(visit(alma), bare).status == 404
        remove(visit(people.admin("Dana")), bare)
        assert not Label.objects.exists()
