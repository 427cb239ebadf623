from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone, translation

from portal.models import User
from ultahost_api.models import Invoice

SAVED = {"name": "Alma", "time_zone": "", "language": "", "theme": "", "density": "", "page_size": ""}


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def browser(visit, alma):
    yield visit(alma)
    timezone.deactivate()
    translation.deactivate()


def save(browser, **fields):
    return browser.post("/profile/", SAVED | fields)


def test_it_changes_the_name_and_nothing_that_an_admin_decides(browser, alma):
    page = save(browser, name="Alma Berg", role="admin", email="other@example.com", is_active="")

    assert page.leads_to == "/profile/"
    assert browser.follow(page).one(".menu.user summary").text == "Alma Berg"
    alma.refresh_from_db()
    assert (alma.role, alma.email, alma.is_active) == ("member", "alma@example.com", True)


def test_it_shows_times_in_the_zone_that_was_chosen_and_of_the_others_in_their_own(browser, visit, people):
    user = people.member("Ben")
    User.objects.update(last_login=datetime(2026, 6, 6, 20, 30, tzinfo=UTC))
    dana = visit(people.admin("Dana"))
    User.objects.filter(pk=user.pk).update(last_login=datetime(2026, 6, 6, 20, 30, tzinfo=UTC))

    def shown(reader):
        page = reader.get(f"/people/{user.pk}/")
        return [
            time["title"].rpartition(", ")[0]
            for time in page.all("dl.facts time")
            if "2026-06-06" in time["datetime"]
        ]

    assert shown(dana) == ["6\u00a0Jun\u00a02026, 20:30"]
    save(dana, name="Dana", time_zone="Asia/Tokyo")
    assert shown(dana) == ["7\u00a0Jun\u00a02026, 05:30"]
    save(browser, time_zone="America/Lima")
    assert shown(dana) == ["7\u00a0Jun\u00a02026, 05:30"]


def test_it_calls_the_same_invoices_overdue_in_every_zone(browser, visit, people, rows):
    rows.invoice(rows.account(), due_date=datetime(2026, 6, 6).date())  # noqa: DTZ001
    ben = visit(people.member("Ben"))
    with time_machine.travel(datetime(2026, 6, 6, 20, tzinfo=UTC)):
        save(browser, time_zone="Asia/Tokyo")  # where it is the 7th

        assert browser.get("/invoices/?status=Overdue").all("tbody tr") == []
        assert ben.get("/invoices/?status=Overdue").all("tbody tr") == []
        assert not Invoice.objects.overdue().exists()


def test_it_writes_the_theme_with_the_page_and_keeps_it_for_the_sign_in(browser, visit, alma):
    assert "data-theme" not in browser.get("/").one("html").attributes

    save(browser, theme="dark")
    assert browser.get("/").one("html")["data-theme"] == "dark"
    assert visit(alma).get("/").one("html")["data-theme"] == "dark"  # in any browser
    browser.post("/sign-in/out/")
    assert browser.get("/sign-in/").one("html")["data-theme"] == "dark"


def test_it_writes_the_density_with_the_page(browser, visit, alma):
    assert "data-density" not in browser.get("/").one("html").attributes

    save(browser, density="compact")
    assert browser.get("/").one("html")["data-density"] == "compact"
    assert visit(alma).get("/services/").one("html")["data-density"] == "compact"  # in any browser

    save(browser, density="")
    assert "data-density" not in browser.get("/").one("html").attributes


def test_it_forgets_the_theme(browser, alma):
    save(browser, theme="dark")

    save(browser, theme="")

    assert "data-theme" not in browser.get("/").one("html").attributes
    browser.post("/sign-in/out/")
    assert "data-theme" not in browser.get("/sign-in/").one("html").attributes


def test_it_lists_as_many_rows_as_were_chosen_unless_the_address_says_otherwise(browser, rows, alma):
    account = rows.account()
    rows.key(alma, account)
    for _ in range(60):
        rows.service(account)

    assert len(browser.get("/services/").all("tbody tr")) == 25
    save(browser, page_size="50")
    assert len(browser.get("/services/").all("tbody tr")) == 50
    assert len(browser.get("/services/?size=25").all("tbody tr")) == 25


def test_it_speaks_the_language_that_was_chosen(browser, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    assert browser.get("/").one("html")["lang"] == "en"

    save(browser, language="de")

    page = browser.get("/profile/")
    assert (page.one("html")["lang"], page.headers["Content-Language"]) == ("de", "de")


@pytest.mark.parametrize("stale", [{"time_zone": "Mars/Olympus"}, {"language": "tlh"}])
def test_it_goes_on_with_what_is_not_here_any_more(browser, stale):
    User.objects.update(**stale)

    assert browser.get("/").status == 200


def offered(page):
    return [box["value"] for box in page.all("input[name=mail]")]


def ticked(page):
    return [box["value"] for box in page.all("input[name=mail]") if "checked" in box.attributes]


def test_it_has_a_switch_for_each_kind_of_mail_that_may_be_unwelcome(browser, visit, people, alma):
    """What protects a login, a key or a domain has none."""
    page = browser.get("/profile/")
    assert offered(page) == ticked(page) == ["overdue", "lapsing", "outcome"]
    assert offered(visit(people.billing("Emil")).get("/profile/")) == ["overdue", "outcome"]
    dana = visit(people.admin("Dana"))
    assert offered(dana.get("/profile/")) == ["overdue", "lapsing", "outcome", "key_refused"]

    assert save(browser, mail=["lapsing"]).leads_to == "/profile/"

    assert ticked(browser.get("/profile/")) == ["lapsing"]
    assert User.objects.get(pk=alma.pk).unwanted_mail == ["outcome", "overdue"]


def test_it_keeps_what_is_not_offered_now(browser, alma):
    User.objects.update(unwanted_mail=["key_refused"])  # from when Alma was an admin

    save(browser, mail=["overdue", "lapsing", "outcome"])

    assert User.objects.get(pk=alma.pk).unwanted_mail == ["key_refused"]


@pytest.mark.parametrize("kind", ["new_device", "key_refused", "act", "digest", "nonsense"])
def test_it_switches_off_no_mail_that_protects_somebody(browser, alma, kind):
    assert save(browser, mail=[kind]).status == 422
    assert User.objects.get(pk=alma.pk).unwanted_mail == []


def test_it_says_where_no_mail_is_set_up(browser, settings):
    assert "E-mail is not set up" in browser.get("/profile/").one("main form").text

    settings.EMAIL_URL = "smtp://mail.example.com"

    assert "You always receive e-mails" in browser.get("/profile/").one("main form").text


@pytest.mark.parametrize(
    "bad",
    [
        {"name": ""},
        {"time_zone": "Mars"},
        {"language": "tlh"},
        {"theme": "pink"},
        {"density": "huge"},
        {"page_size": "10000"},
    ],
)
def test_it_saves_no_bad_form(browser, alma, bad):
    page = save(browser, **bad)

    assert page.status == 422
    assert page.all(".errorlist li")
    assert page.one(".menu.user summary").text == "Alma"
    assert User.objects.get(pk=alma.pk).name == "Alma"


def test_it_is_there_for_whoever_is_signed_in(visit, people):
    assert visit(people.billing("Emil")).get("/profile/").status == 200
    assert visit().get("/profile/").leads_to == "/sign-in/?next=/profile/"
    assert visit(people.member("Ben")).client.put("/profile/").status_code == 405
