import pytest
from django.core import mail

from portal.models import User

PASSWORD = "correct horse battery"
NEW = "a staple of batteries"


@pytest.fixture
def alma(people):
    return people.member("Alma")


def sign_in(visitor, email="alma@example.com", password=PASSWORD, **fields):
    return visitor.post("/sign-in/", {"login": email, "password": password} | fields)


def is_in(visitor):
    return visitor.get("/").status == 200


@pytest.mark.parametrize("email", ["alma@example.com", "ALMA@Example.com"])
def test_it_signs_in_with_the_e_mail_address_in_any_case(visit, alma, email):
    browser = visit()

    assert sign_in(browser, email).leads_to == "/"
    assert browser.get("/").one(".menu.user summary").text == "Alma"


def test_it_leads_to_where_one_wanted_to_go(visit, alma):
    browser = visit()
    page = browser.follow(browser.get("/invoices/?status=Overdue"))

    (wanted, _) = [field["value"] for field in page.all("input[name=next]")]  # by password, by passkey

    assert sign_in(browser, next=wanted).leads_to == "/invoices/?status=Overdue"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/"])
def test_it_leads_nowhere_else(visit, alma, elsewhere):
    assert sign_in(visit(), next=elsewhere).leads_to == "/"


def test_it_says_once_what_a_field_is_for(visit, alma):
    for page in (
        visit().get("/sign-in/"),
        visit().get("/sign-in/password/forgotten/"),
        visit(alma).get("/sign-in/password/"),
    ):
        assert page.all(".form input[placeholder]") == []
    assert visit().get("/sign-in/").texts(".field label") == ["E-mail address", "Password"]


def test_it_says_the_same_of_a_wrong_password_and_an_unknown_address(visit, alma):
    browser = visit()

    wrong = sign_in(browser, password="not hers at all")
    unknown = sign_in(browser, email="nobody@example.com")

    assert wrong.texts(".errorlist li") == unknown.texts(".errorlist li") != []
    assert not is_in(browser)
    assert "not hers at all" not in wrong.html


def test_it_stops_guessing(visit, alma):
    browser = visit()
    for number in range(10):
        sign_in(browser, password=f"guess number {number}")

    sign_in(browser)

    assert not is_in(browser)


def test_it_lets_no_deactivated_user_in(visit, alma):
    alma.deactivate()
    browser = visit()

    sign_in(browser)

    assert not is_in(browser)


def test_it_gives_a_new_session_to_whoever_signs_in(visit, alma):
    browser = visit()
    browser.client.cookies["portal_session"] = "chosen-by-somebody-else"

    sign_in(browser)

    assert browser.client.cookies["portal_session"].value != "chosen-by-somebody-else"
    assert is_in(browser)


def test_it_signs_out_by_a_form_alone(visit, alma):
    browser = visit(alma)
    assert browser.get("/sign-in/out/").one("main form")["method"] == "post"
    assert is_in(browser)

    browser.post("/sign-in/out/")

    assert not is_in(browser)


def test_it_takes_no_form_from_elsewhere(visit, alma, client):
    client.handler.enforce_csrf_checks = True
    client.force_login(alma)

    assert client.post("/sign-in/out/").status_code == 403
    assert client.post("/refresh/").status_code == 403


def test_it_is_closed_to_those_who_sign_up_by_themselves(visit):
    new = {"email": "eve@example.com", "password1": NEW, "password2": NEW}

    assert visit().get("/sign-in/closed/").one("h1").text == "People are added by an admin"
    visit().post("/sign-in/closed/", new)

    assert not User.objects.exists()


def test_it_tells_a_deactivated_user_what_is_the_matter(visit):
    assert visit().get("/sign-in/inactive/").one("h1").text == "This login is deactivated"


def test_it_changes_the_password_and_stays_signed_in(visit, alma):
    browser, elsewhere = visit(alma), visit(alma)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert browser.get("/sign-in/password/").all("input[type=password]")

    browser.post("/sign-in/password/", form)

    assert is_in(browser)
    assert not is_in(elsewhere)
    sign_in(again := visit(), password=NEW)
    assert is_in(again)


@pytest.mark.parametrize(
    "bad",
    [{"oldpassword": "wrong"}, {"password1": "short", "password2": "short"}, {"password2": "another one"}],
)
def test_it_changes_no_password_by_a_bad_form(visit, alma, bad):
    browser = visit(alma)

    page = browser.post(
        "/sign-in/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW} | bad
    )

    assert page.all(".errorlist li")
    alma.refresh_from_db()
    assert alma.check_password(PASSWORD)


def test_it_sets_no_first_password_over_one_that_is_there(visit, alma):
    browser = visit(alma)

    browser.post("/sign-in/password/first/", {"password1": NEW, "password2": NEW})

    alma.refresh_from_db()
    assert alma.check_password(PASSWORD)


def test_it_mails_a_link_to_whoever_forgot_and_says_the_same_to_strangers(visit, alma):
    known = visit().post("/sign-in/password/forgotten/", {"email": "alma@example.com"})
    unknown = visit().post("/sign-in/password/forgotten/", {"email": "nobody@example.com"})

    assert known.leads_to == unknown.leads_to == "/sign-in/password/sent/"
    assert visit().get("/sign-in/password/sent/").one("h1").text == "Check your e-mail"
    to_alma = [message for message in mail.outbox if message.to == ["alma@example.com"]]
    assert len(to_alma) == 1
    assert "/sign-in/password/new/" in to_alma[0].body


def test_it_says_the_same_to_strangers_also_when_no_mail_can_be_sent(visit, alma, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    known = visit().post("/sign-in/password/forgotten/", {"email": "alma@example.com"})
    unknown = visit().post("/sign-in/password/forgotten/", {"email": "nobody@example.com"})

    assert known.leads_to == unknown.leads_to == "/sign-in/password/sent/"


def test_it_tells_that_a_made_up_link_does_not_work(visit):
    page = visit().get("/sign-in/password/new/1-abcdef-0123456789/")

    assert page.one("h1").text == "This link no longer works"


def test_it_says_that_the_password_is_set(visit):
    assert visit().get("/sign-in/password/done/").one("main a.btn")["href"] == "/"


def test_it_asks_for_the_password_again(visit, alma):
    browser = visit()
    sign_in(browser)

    page = browser.get("/sign-in/again/")

    assert "alma@example.com" in page.one("main").text
    assert browser.post("/sign-in/again/", {"password": "wrong"}).all(".errorlist li")
    assert browser.post("/sign-in/again/", {"password": PASSWORD}).status == 302


@pytest.mark.parametrize("path", ["password/", "password/first/", "again/"])
def test_it_sends_a_stranger_to_sign_in_first(visit, path):
    assert visit().get(f"/sign-in/{path}").leads_to.startswith("/sign-in/?next=")


def test_it_sends_who_is_signed_in_home(visit, alma):
    assert visit(alma).get("/sign-in/").leads_to == "/"
