"""Whatever form Ultahost refuses: its words, whether anything changed, and what was typed but for secrets."""

from dataclasses import dataclass, field

import pytest

from portal.models import ServiceCommand
from ultahost_api.models import Domain, Invoice, Service
from ultahost_api.sandbox import Fault

WORDS = "Not before the moon is full."
SECRET = "canary-secret-word-7"


@dataclass(frozen=True)
class Form:
    path: str
    typed: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


PERSON = {"firstname": "Jane", "lastname": "Smith", "email": "jane.new@example.com"}
FORMS = {
    "request_cancellation": Form(
        "/services/{service}/cancel/", {"type": "Immediate", "reason": "Moved away"}
    ),
    "service_reset_password": Form("/services/{service}/password/", secrets=("password",)),
    "service_module_custom": Form("/services/{service}/run/{command}/"),
    "upgrade_service": Form(
        "/services/{service}/upgrade/", {"product_id": "4711", "payment_method": "stripe", "knows": "on"}
    ),
    "pay_invoice": Form("/invoices/{invoice}/pay/"),
    "create_order": Form(
        "/orders/new/service/?product_id=1&cycle=monthly&payment_method=stripe&review=1", {"knows": "on"}
    ),
    "accept_quote": Form("/quotes/{account}/1/accept/"),
    "add_payment_method": Form(
        "/payment-methods/{account}/add/bank/",
        {"description": "House bank", "bank_name": "Sparkasse", "bank_account_type": "Checking"},
        ("bank_code", "bank_account"),
    ),
    "delete_payment_method": Form("/payment-methods/{account}/{method}/delete/"),
    "update_nameservers": Form(
        "/domains/{domain}/nameservers/", {"ns1": "ns1.elsewhere.example", "ns2": "ns2.elsewhere.example"}
    ),
    "manage_domain_lock": Form("/domains/{domain}/lock/locked/"),
    "toggle_autorenew": Form("/domains/{domain}/auto-renew/off/"),
    "create_contact": Form("/contacts/{account}/add/", PERSON),
    "update_contact": Form("/contacts/{account}/{contact}/edit/", PERSON),
    "delete_contact": Form("/contacts/{account}/{contact}/delete/"),
    "update_account": Form("/accounts/{account}/edit/", {"city": "Port Neu"}),
    "change_password": Form("/accounts/{account}/password/", secrets=("existing", "new", "confirmed")),
    "disable_2fa": Form("/accounts/{account}/two-factor/off/", secrets=("password",)),
}
TAKES_EFFECT = {("delete_contact", 404), ("delete_payment_method", 404)}  # what is not there is deleted
CASES = [(name, code) for name in FORMS for code in (400, 403, 404, 429) if (name, code) not in TAKES_EFFECT]


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_services(1)
    acme.add_domains(1)
    acme.add_invoices(1, status="Unpaid", paymentmethod="stripe")
    acme.add_quotes(1, stage="Delivered")
    acme.add_contacts(1)
    acme.add("payment_methods")
    return acme


@pytest.fixture
def places(alma, acme):
    return {
        "account": alma.api_keys.get().account_id,
        "service": Service.objects.get().pk,
        "domain": Domain.objects.get().pk,
        "invoice": Invoice.objects.get().pk,
        "command": ServiceCommand.objects.create(name="reboot", words="Restart").pk,
        "contact": next(iter(acme.contacts)),
        "method": next(iter(acme.payment_methods)),
    }


@pytest.mark.parametrize(("action", "code"), CASES)
def test_it_quotes_a_refusal_says_that_nothing_changed_and_keeps_what_was_typed(
    visit, alma, places, sandbox, action, code
):
    form = FORMS[action]
    browser, path = visit(alma), form.path.format(**places)
    sandbox.faults.add(Fault.status(code, WORDS), action=action)
    secrets = dict.fromkeys(form.secrets, SECRET)

    page = browser.post(path, browser.get(path).filled | form.typed | secrets)

    assert sandbox.faults.pending() == []  # it was Ultahost that refused
    assert page.status == 422
    told = page.one("main .errorlist").text
    assert WORDS in told
    assert "othing was changed" in told
    assert sandbox.ledger == []
    assert {name: page.filled.get(name) for name in form.typed} == form.typed
    assert SECRET not in page.html
