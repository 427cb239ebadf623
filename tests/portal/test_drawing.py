"""What a page costs to draw: nothing is looked up again for each of its rows."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import heroicons
import pytest
from babel.core import Locale
from babel.numbers import NumberPattern
from django import forms
from django.conf import settings
from django.template import RequestContext
from django.template.base import Template
from django.test.html import parse_html
from django.urls import reverse, set_script_prefix
from django.urls.resolvers import URLResolver
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import trans_real

from portal.models import ShareLink
from portal.pages import bars, icons, parts
from portal.pages.selects import Select
from portal.wording import formats
from portal.wording.links import href

pytestmark = pytest.mark.django_db
FEW, MANY = 60, 100  # both more than the smallest page, so that the frame around the rows is the same
STATUSES = ("Active", "Unpaid", "Fraud", "Unheard of")
NOUNS = ("invoices", "services", "domains", "orders", "quotes", "emails", "changes", "operations")


@pytest.fixture
def add(rows, dana):
    """Makes rows of every noun, whose words and days are the same however many there are."""
    acme = rows.account("Acme")
    key = rows.key(dana, acme)

    def make(number: int) -> None:
        for place in range(number):
            day = timezone.localdate() + timedelta(days=place % 5)
            at, amount, status = timezone.now() - timedelta(hours=1), Decimal(place), STATUSES[place % 4]
            unreadable = {"date": "2026-02-30"} if place % 3 == 0 else {}
            told: dict[str, Any] = {"status": status, "unreadable": unreadable}
            invoice = rows.invoice(acme, date=day, due_date=day, total=amount, **told)
            rows.service(acme, next_due_date=day, amount=amount, **told)
            rows.domain(acme, name=f"{place}.example", expiry_date=day, recurring_amount=amount, **told)
            rows.order(acme, date=at, amount=amount, **told)
            rows.quote(acme, created_on=day, valid_until=day, total=amount, stage=status)
            rows.email(acme, date=at, subject="" if place % 2 else "Hello")
            rows.event(invoice, at=at, changes={"status": ["Unpaid", "Paid"], "total": ["1.00", "2.00"]})
            rows.operation(key, f"invoice {invoice.remote_id}", created_at=at)

    return make


@pytest.fixture
def counted(monkeypatch):
    """How often each of what costs was called while a page was drawn."""
    calls: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        before = getattr(owner, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            return before(*arguments, **named)

        monkeypatch.setattr(owner, name, counting)

    count(Template, "_render")
    count(URLResolver, "_reverse_with_prefix")
    count(trans_real.DjangoTranslation, "gettext")
    count(trans_real.DjangoTranslation, "ngettext")
    count(NumberPattern, "apply")
    count(Locale, "parse")
    count(heroicons, "_render_icon")
    return calls


def cost(counted, draw) -> Counter[str]:
    """Of the second time: the first one fills what is kept per process."""
    draw()
    counted.clear()
    draw()
    return Counter(counted)


@pytest.mark.parametrize("path", [*(f"/{noun}/" for noun in NOUNS if noun != "operations"), "/activity/"])
def test_it_looks_nothing_up_for_a_row_of_a_list(path, visit, dana, add, counted):
    browser = visit(dana)
    costs = []
    for number in (FEW, MANY - FEW):
        add(number)
        costs.append(cost(counted, lambda: browser.get(f"{path}?size=250")))

    assert "Acme" in browser.get(f"{path}?size=250").html
    assert costs[0]["_render"] > 0
    assert costs[0] == costs[1]


def test_it_looks_nothing_up_for_an_entry_of_the_audit_log(visit, dana, people, counted):
    browser = visit(dana)
    costs = []
    for number in (FEW, MANY - FEW):
        for _ in range(number):
            assert browser.get("/invoices.csv").html
        costs.append(cost(counted, lambda: browser.get("/audit/?size=250")))

    assert len(browser.get("/audit/?size=250").all("tbody tr")) >= MANY
    assert costs[0]["_render"] > 0
    assert costs[0] == costs[1]


def test_it_looks_nothing_up_for_a_row_of_a_share_link(client, dana, add, counted):
    link, _secret = ShareLink.objects.make(dana, days=7)
    client.cookies[settings.SHARE_COOKIE_NAME] = link.ticket
    costs = []
    for number in (FEW, MANY - FEW):
        add(number)
        costs.append(cost(counted, lambda: client.get(reverse("shared", args=[link.pk]))))

    assert client.get(reverse("shared", args=[link.pk])).content.count(b"<tr>") == MANY + 1
    assert costs[0]["_render"] > 0
    assert costs[0] == costs[1]


def test_it_draws_the_frame_with_few_look_ups(visit, dana, counted):
    """The rail and the bottom have 36 links and icons."""
    browser = visit(dana)
    told = cost(counted, lambda: browser.get("/payment-methods/"))

    assert len(browser.get("/payment-methods/").all("nav a.noun")) > 20
    assert told["_render_icon"] == 0
    assert told["_reverse_with_prefix"] < 20
    assert told["_render"] < 20


def test_it_draws_the_headings_chips_and_steps_of_a_list_without_templates(visit, dana, add, counted):
    """The form of the filters needs most of those that are left."""
    browser = visit(dana)
    add(FEW)
    page = browser.get("/invoices/?size=25")
    assert len(page.all("thead th")) + len(page.all(".chips a")) + len(page.all(".page-steps a")) > 12

    whole = cost(counted, lambda: browser.get("/invoices/?size=25"))
    frame = cost(counted, lambda: browser.get("/payment-methods/"))
    assert whole["_render"] - frame["_render"] < 45


def test_it_draws_an_icon_once(counted):
    icons.icon.cache_clear()
    drawn = [icons.icon("mini", "key", 18) for _ in range(3)] + [icons.icon("mini", "key", 16)]

    assert counted["_render_icon"] == 2
    assert drawn[0] == heroicons._render_icon("mini", "key", 18, {})
    assert drawn[0] != drawn[3]


def test_it_asks_no_template_for_the_time_zones(visit, dana, counted):
    page = visit(dana).get("/profile/")

    assert len(page.all("select[name=time_zone] option")) > 300
    assert counted["_render"] < 150


# Each writes what the slow one writes


@pytest.mark.parametrize("prefix", ["/", "/portal/"])
def test_it_resolves_an_address_as_django_does_wherever_the_portal_is_mounted(prefix, rows):
    acme = rows.account()
    set_script_prefix(prefix)
    try:
        for name, *parts in (
            ("home",),
            ("invoice", acme.pk),
            ("person", str(acme.pk)),
            ("order", acme.pk, 7),
        ):
            assert href(name, *parts) == href(name, *parts) == reverse(name, args=parts)
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "hi", "pl", "ar", "de-ch", "ja", "fa"])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "INR", "", "X Y", "it's", "1,234.01"])
def test_it_writes_amounts_as_babel_does(language, currency):
    amounts = ["0", "-0.00", "1", "999.9", "1234.5", "-1234567.891", "1980.50", "12.3456", "98765432109"]
    with translation.override(language):
        for amount in map(Decimal, amounts):
            assert formats.money(amount, currency) == formats._by_babel(amount, currency, language)


@pytest.mark.parametrize("language", ["en", "fr", "pl", "ja"])
def test_it_writes_ages_as_babel_does(language):
    now = timezone.now()
    with translation.override(language):
        for shorter, longer in pairwise([60, 3600, 86_400, 604_800, 2_592_000, 31_536_000, 400_000_000]):
            for seconds in range(shorter, longer, (longer - shorter) // 97):
                for age in (timedelta(seconds=seconds), -timedelta(seconds=seconds)):
                    by_babel = formats._age.__wrapped__(int(age.total_seconds()), language)
                    assert formats.age(now + age, now) == by_babel


@pytest.mark.parametrize("language", ["de", "ar", "de-ch", "ja"])
@pytest.mark.parametrize("days", [-400, -40, -8, -2, 2, 8, 40, 400])
def test_it_writes_an_age_of_a_unit_whose_short_form_babel_lacks(language, days):
    now = timezone.now()
    with translation.override(language):
        words = formats.age(now + timedelta(days=days), now)

    assert words
    assert "{" not in words


def test_it_writes_a_month_to_come_in_german():
    now = timezone.now()
    with translation.override("de"):
        assert formats.age(now + timedelta(days=40), now) == "in 1 Monat"
        assert formats.age(now - timedelta(days=40), now) == "vor 1 Monat"


@pytest.mark.parametrize("query", ["", "?page=3", "?q=%22%3E%3Cb%3E&q=%C3%BC&no=", "?status=b&page=1&page=2"])
@pytest.mark.parametrize("status", ["Open", "<&ü '\"=", ""])
def test_it_writes_the_address_of_a_link_as_django_does(query, status, rf):
    request = rf.get(f"/{query}")
    template = Template("{% querystring status=status page=None %} {% querystring page=7 %}")
    by_django = template.render(RequestContext(request, {"status": status}))

    ours = (bars.address(request.GET, status=status, page=None), bars.address(request.GET, page=7))
    assert " ".join(map(escape, ours)) == by_django


@pytest.mark.parametrize("chosen", ["", "b", "<", None, 3])
def test_it_draws_a_choice_as_django_does(chosen):
    choices = [("", "All"), ("b", "B"), ("<", "<i>&"), (3, "Three")]
    attributes = {"id": "it", "required": True, "disabled": False, "title": '"'}
    drawn = [
        widget(attrs={"class": "x"}, choices=choices).render("name", chosen, attributes)
        for widget in (Select, forms.Select)
    ]
    assert parse_html(drawn[0]) == parse_html(drawn[1])


@pytest.mark.parametrize(("days", "shown"), [(6, "6 days ago"), (8, None), (70, None)])
def test_it_writes_the_day_of_what_was_over_a_week_ago(days, shown):
    at = timezone.now() - timedelta(days=days)

    html = parts.when(at)

    assert f">{shown or formats.day(at)}</time>" in html
    assert ("data-time" in html) is (shown is not None)
    assert formats.moment(at) in html
