"""What texts of invoice lines name, against a table of answers that was written by hand."""

from uuid import UUID

import pytest

from tests.ultahost_api.invoice_lines import DOMAINS, LINES, PRODUCTS, SERVICES
from ultahost_api.models import line_words
from ultahost_api.models.line_texts import (
    Named,
    Things,
    domain_key,
    is_whole_renewal,
    named,
    only_moves_money,
    plain,
)

NAMES = [*SERVICES, *DOMAINS]
THINGS = Things(
    [(UUID(int=NAMES.index(name)), products, host) for name, (products, host) in SERVICES.items()],
    [(UUID(int=len(SERVICES) + place), name) for place, name in enumerate(DOMAINS)],
)


def answer(text):
    told = named(text, THINGS)
    assert not (told.service and told.domain)
    if told.service:
        return NAMES[told.service.int]
    kind = "renewal" if told.is_renewal else "domain"
    return f"{kind} {NAMES[told.domain.int]}" if told.domain else ""


def test_it_has_two_hundred_lines_of_which_none_is_told_twice():
    assert len(LINES) >= 200
    assert len({text for text, _ in LINES}) == len(LINES)


@pytest.mark.parametrize(("text", "right"), LINES, ids=[text[:60] for text, _ in LINES])
def test_it_tells_what_a_line_names_or_nothing(text, right):
    assert answer(text) == right


@pytest.mark.parametrize("text", [text for text, _ in LINES], ids=lambda text: text[:60])
def test_it_tells_the_product_of_a_line_that_is_of_no_single_service(text):
    assert named(text, THINGS).product == PRODUCTS.get(text, "")


@pytest.mark.parametrize(
    ("names", "text", "product"),
    [
        ([["VPS Basic"], ["VPS Basic"]], "VPS Basic", "VPS Basic"),
        ([["VPS Basic"], ["VPS Basic"]], "Prorata - VPS Basic (01/11/2026 - 30/11/2026)", "VPS Basic"),
        # Some of them have another product now.
        ([["VPS Plus", "VPS Basic"], ["VPS Basic"]], "VPS Basic", "VPS Basic"),
        ([["VPS Plus", "VPS Basic"], ["VPS Max", "VPS Basic"]], "VPS Basic", "VPS Basic"),
        # All of them had, or have, two names that the line spells.
        ([["VPS", "VPS Basic"], ["VPS", "VPS Basic"]], "VPS Basic", "VPS"),
        ([["VPS Max", "VPS", "VPS Basic"], ["VPS Plus", "VPS Basic", "VPS"]], "VPS Basic", "VPS Basic"),
        ([["VPS Pro", "VPS Basic"]] * 2, "Upgrade: VPS Basic => VPS Pro", "VPS Pro"),
        # Of two products, of none, and spelled in another way.
        ([["VPS Basic"], ["VPS Plus"]], "Upgrade: VPS Basic => VPS Plus", ""),
        ([["VPS Basic"], ["VPS Basic"]], "vps basic", ""),
        ([["VPS Basic"], ["VPS basic"]], "VPS Basic", ""),
        ([[""], [""]], "", ""),
        ([["VPS Basic"], ["VPS Basic"]], "Support\nVPS Basic", ""),
    ],
)
def test_it_tells_the_one_name_that_all_such_services_have_as_the_line_spells_it(names, text, product):
    things = Things([(UUID(int=place), products, "") for place, products in enumerate(names)], [])
    assert named(text, things) == Named(product=product)


def test_it_tells_no_product_of_a_line_that_may_be_of_a_domain():
    services = [(UUID(int=place), ["Domain Renewal"], "a.com") for place in range(2)]
    things = Things(services, [(UUID(int=9), "a.com")])
    assert named("Domain Renewal - a.com", things) == Named()


def test_it_names_nothing_in_an_account_without_things():
    assert not any(
        named(text, Things([], [])).service or named(text, Things([], [])).domain for text, _ in LINES
    )


@pytest.mark.parametrize("spelled", ["BÜCHER.de", "bücher.de.", "xn--bcher-kva.de", "bu\u0308cher.de"])
def test_it_takes_spellings_of_a_domain_for_the_same(spelled):
    assert domain_key(spelled) == domain_key("bücher.de") != domain_key("bucher.de")


@pytest.mark.parametrize(
    "name", ["DOMAIN", "RENEWAL", "OTHER", "SETUP_FEE", "ADDON", "UPGRADE", "PRORATA", "INVOICE", "FUNDS"]
)
def test_it_has_its_words_as_it_spells_lines(name):
    assert [plain(word) for word in getattr(line_words, name)] == list(getattr(line_words, name))


@pytest.mark.parametrize(
    "lines",
    [
        ["Invoice #198"],
        ["Invoice #198", "Invoice #199"],
        ["Invoice 198"],
        ["Invoice Number INV198"],
        ["Invoice EUR-2026-198"],
        ["Mass Payment - Invoice #198"],
        ["Rechnung Nr. 198"],
        ["INVOICE&nbsp;Number: EUR-2026-198"],
        ["Facture n° 12\nof a client"],
        ["Add Funds"],
        ["Guthaben aufladen"],
    ],
)
def test_it_tells_mass_payments_and_deposits(lines):
    assert only_moves_money(lines)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [""],
        ["Invoice"],
        ["Invoice #198", "Late Fee (Added 05/11/2026)"],
        ["Invoice #198 - Linux VPS Basic"],
        ["Invoice2Go"],
        ["Invoice Ninja5"],
        ["Invoicing Suite 2"],
        ["Linux VPS Basic - shop.example.com (01/11/2026 - 30/11/2026)"],
    ],
)
def test_it_takes_no_bill_for_one(lines):
    assert not only_moves_money(lines)


def test_it_takes_none_of_the_lines_that_name_a_thing_for_one():
    assert [text for text, right in LINES if right and only_moves_money([text])] == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Linux VPS Basic - shop.example.com (01/11/2026 - 30/11/2026)", True),
        ("Linux VPS Basic - shop.example.com (01/11/2026 - 30/11/2026)\nRAM: 8 GB", True),
        ("Linux VPS Basic - shop.example.com", False),
        ("Linux VPS Basic - shop.example.com (17/11/2026 - 30/11/2026) (Prorata)", False),
        ("Pro Rata: Linux VPS Basic - shop.example.com (17/11/2026 - 30/11/2026)", False),
        ("Addon (shop.example.com) - Backups (01/11/2026 - 30/11/2026)", False),
        ("Upgrade/Downgrade: A => B - shop.example.com (01/11/2026 - 30/11/2026)", False),
        ("Late Fee (Added 05/11/2026)", False),
    ],
)
def test_it_tells_the_renewal_of_a_service_for_a_whole_period(text, right):
    assert is_whole_renewal(text) == right
