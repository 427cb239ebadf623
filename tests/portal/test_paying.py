import pytest

from portal.models import Grant
from ultahost_api.models import Invoice, Operation
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_invoices(3, status="Unpaid", paymentmethod="stripe", total="19.99")
    return acme


@pytest.fixture
def invoice(alma):
    return Invoice.objects.order_by("remote_id").first()


def token(page):
    return page.one("main input[name=form_token]")["value"]


def statuses(acme):
    return [row["status"] for row in acme.invoices.values()]


def paid(sandbox):
    return [done.target for done in sandbox.ledger if done.action == "pay_invoice"]


class TestOne:
    def test_it_says_what_is_paid_and_with_whose_key(self, visit, alma, invoice):
        page = visit(alma).get(f"/invoices/{invoice.pk}/pay/")

        assert page.one("main button.primary").text == "Pay €19.99"
        facts = dict(zip(page.texts("main dt"), page.texts("main dd"), strict=True))
        assert facts["Account"] == "Acme"
        assert facts["Invoice"] == str(invoice)
        assert facts["Still owed"] == "€19.99"
        assert facts["Key"].endswith(", yours")

    def test_it_pays(self, visit, alma, invoice, sandbox):
        browser = visit(alma)
        form = browser.get(f"/invoices/{invoice.pk}/pay/")

        page = browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden)

        assert (page.status, page.leads_to) == (303, f"/invoices/{invoice.pk}/")
        assert paid(sandbox) == [invoice.remote_id]
        assert browser.follow(page).texts(".beneath .status") == ["Paid"]
        assert str(Operation.objects.get().agreed_total) == "19.9900"

    @pytest.mark.parametrize("settled", [{"status": "Paid"}, {"status": "Cancelled"}, {"total": "-5"}])
    def test_it_asks_for_no_payment_of_what_asks_for_none(self, visit, alma, invoice, settled):
        Invoice.objects.filter(pk=invoice.pk).update(**settled)
        browser = visit(alma)

        page = browser.get(f"/invoices/{invoice.pk}/pay/")

        assert page.leads_to == f"/invoices/{invoice.pk}/"
        assert "There is nothing to pay on this invoice." in browser.follow(page).html

    @pytest.mark.parametrize("agreed", ["1e400", "9" * 20, "NaN", "0.00001", "lots"])
    def test_it_sends_nothing_for_a_total_that_no_page_named(self, visit, alma, invoice, sandbox, agreed):
        browser = visit(alma)
        form = browser.get(f"/invoices/{invoice.pk}/pay/")

        page = browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden | {"agreed": agreed})

        assert page.status == 422
        assert paid(sandbox) == []

    @pytest.mark.parametrize("agreed", [{}, {"agreed": ""}])
    def test_it_sends_nothing_for_a_form_that_names_no_total(self, visit, alma, invoice, sandbox, agreed):
        browser = visit(alma)
        form = browser.get(f"/invoices/{invoice.pk}/pay/").hidden
        del form["agreed"]

        page = browser.post(f"/invoices/{invoice.pk}/pay/", form | agreed)

        assert page.status == 422
        assert page.texts("main .errorlist li") == ["This page showed no total. Nothing was sent."]
        assert (Operation.objects.count(), paid(sandbox)) == (0, [])

    def test_it_pays_once_when_the_form_is_sent_twice(self, visit, alma, invoice, sandbox):
        browser = visit(alma)
        data = browser.get(f"/invoices/{invoice.pk}/pay/").hidden

        for _ in range(2):
            assert browser.post(f"/invoices/{invoice.pk}/pay/", data).status == 303

        assert paid(sandbox) == [invoice.remote_id]

    def test_it_quotes_a_refusal_and_says_that_nothing_changed(self, visit, alma, acme, invoice, sandbox):
        browser = visit(alma)
        form = browser.get(f"/invoices/{invoice.pk}/pay/")
        acme.invoices[invoice.remote_id]["paymentmethod"] = "banktransfer"

        page = browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden)

        assert page.status == 422
        assert page.texts("main .errorlist li") == [
            "Ultahost refused: “Payment attempt failed” Nothing was changed."
        ]
        assert token(page) != token(form)

    def test_it_leads_to_the_operation_when_the_outcome_is_unknown(self, visit, alma, invoice, sandbox):
        browser = visit(alma)
        form = browser.get(f"/invoices/{invoice.pk}/pay/")
        sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")

        page = browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden)

        operation = Operation.objects.get()
        assert operation.state == Operation.State.UNKNOWN
        assert page.leads_to == f"/activity/{operation.pk}/"

    def test_it_names_who_is_paying_where_the_operation_is_somebody_else_s(
        self, visit, people, alma, invoice, sandbox
    ):
        dana, ben = people.admin("Dana"), people.member("Ben")
        Grant.objects.create(user=ben, account=invoice.account, level="operate", given_by=alma)
        sandbox.faults.add(Fault.drop(), action="pay_invoice")
        path = f"/invoices/{invoice.pk}/pay/"
        visit(alma).post(path, visit(alma).get(path).hidden)

        page = visit(ben).post(path, visit(ben).get(path).hidden)
        assert "It was sent by Alma." in page.one("main .errorlist").text
        assert page.all("main .errorlist a") == []

        page = visit(dana).post(path, visit(dana).get(path).hidden)
        assert page.one("main .errorlist a")["href"] == f"/activity/{Operation.objects.get().pk}/"

    def test_it_sends_nothing_while_ultahost_is_down(self, visit, alma, invoice, sandbox):
        browser = visit(alma)
        form = browser.get(f"/invoices/{invoice.pk}/pay/")
        sandbox.stop()

        page = browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden)

        assert page.status == 422
        assert "It was not sent, so nothing was changed" in page.one("main .errorlist").text
        sandbox.start()
        assert paid(sandbox) == []

    def test_it_does_not_pay_what_was_paid_meanwhile(self, visit, alma, acme, invoice, sandbox):
        browser = visit(alma)
        form = browser.get(f"/invoices/{invoice.pk}/pay/")
        acme.invoices[invoice.remote_id]["status"] = "Paid"

        page = browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden)

        words = "Ultahost says that this invoice is Paid. Nothing was sent."
        assert page.texts("main .errorlist li") == [words]
        assert paid(sandbox) == []

    def test_it_pays_nothing_on_top_of_a_payment_under_way(self, visit, alma, acme, invoice, sandbox):
        browser = visit(alma)
        form = browser.get(f"/invoices/{invoice.pk}/pay/")
        acme.invoices[invoice.remote_id]["status"] = "Payment Pending"

        page = browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden)

        words = "Ultahost says that this invoice is Payment Pending. Nothing was sent."
        assert page.texts("main .errorlist li") == [words]
        Invoice.objects.filter(pk=invoice.pk).update(status="Payment Pending")
        assert browser.get(f"/invoices/{invoice.pk}/").texts(".page-acts .primary") == []
        assert [request.action for request in sandbox.requests if request.action == "pay_invoice"] == []

    def test_it_asks_nobody_to_pay_a_sum_that_was_never_read(self, visit, alma, invoice, sandbox):
        Invoice.objects.filter(pk=invoice.pk).update(total=None)
        browser = visit(alma)
        page = browser.get(f"/invoices/{invoice.pk}/pay/")

        assert page.all("main form button") == []
        browser.post(f"/invoices/{invoice.pk}/pay/", page.hidden)
        assert paid(sandbox) == []

    def test_it_is_offered_to_those_who_may_while_something_is_owed(self, visit, people, alma, invoice):
        ben = people.member("Ben")
        path = f"/invoices/{invoice.pk}/"

        assert visit(alma).get(path).texts(".page-acts .primary") == ["Pay €19.99"]
        assert visit(ben).get(path).texts(".page-acts .primary") == []
        assert visit(ben).get(path + "pay/").status == 404

        Invoice.objects.filter(pk=invoice.pk).update(status="Paid")
        assert visit(alma).get(path).texts(".page-acts .primary") == []

    def test_it_lets_a_billing_user_pay_where_a_grant_says_so(self, visit, people, alma, invoice, sandbox):
        emil = people.billing("Emil")
        path = f"/invoices/{invoice.pk}/pay/"
        assert visit(emil).get(path).status == 404
        Grant.objects.create(user=emil, account=invoice.account, level="operate", given_by=alma)
        browser = visit(emil)
        form = browser.get(path)

        browser.post(path, form.hidden)

        assert form.texts("main dd")[-1].endswith(" of Alma")
        assert paid(sandbox) == [invoice.remote_id]


class TestPrinting:
    def test_it_shows_a_bookkeeper_all_that_is_known(self, visit, alma, invoice):
        page = visit(alma).get(f"/invoices/{invoice.pk}/print/")

        facts = dict(zip(page.texts("main dt"), page.texts("main dd"), strict=True))
        assert facts["Currency"] == "EUR"
        assert facts["Ultahost ID"] == str(invoice.remote_id)
        assert facts["Billed to"].startswith("Acme")
        assert page.texts("main tfoot th")[0] == "Subtotal"
        assert page.texts("main tfoot th")[-1] == "Total"
        assert page.all("nav") == []

    def test_it_never_shows_a_sum_that_was_not_read(self, visit, people, rows):
        alma = people.member("Alma")
        acme = rows.account("Acme")
        rows.key(alma, acme)
        invoice = rows.invoice(acme, total="7.00")

        page = visit(alma).get(f"/invoices/{invoice.pk}/print/")

        assert "The items are still loading" in page.one("main").text
        assert page.all("main tfoot") == []
