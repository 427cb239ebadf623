from threading import Barrier, Thread
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import connection

from portal.models import Grant, PasswordLink, Role, User
from portal.models.users import LastAdmin

NOBODY = "00000000-0000-4000-8000-000000000000"
PASSWORD = "a staple of batteries"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def browser(visit, dana):
    return visit(dana)


def link_for(browser, person):
    """What an admin hands over."""
    return link_on(browser.post(f"/people/{person.pk}/password-link/"))


def said(page):
    return page.texts(".toast[data-hue] .words")


def link_on(page):
    return page.one(".made-link input")["value"]


def set_password(visitor, link, password=PASSWORD):
    """Open the link as a browser does, and send the form it leads to."""
    form = visitor.follow(visitor.get(urlsplit(link).path))
    return visitor.post(form.one("form")["action"], {"password1": password, "password2": password})


def sign_in(visitor, email, password):
    return visitor.post("/sign-in/", {"login": email, "password": password})


def test_it_lists_everybody(browser, people, alma):
    people.billing("Emil").deactivate()

    page = browser.get("/people/")

    assert page.texts("tbody td.name") == ["Alma", "Dana", "Emil"]
    assert page.texts("tbody td.state") == ["Member", "Admin", "Deactivated"]
    assert page.texts("tbody td.account-cell")[0] == "alma@example.com"
    assert browser.htmx("/people/", "people").one("body > section#people")


def test_it_lets_a_person_set_a_password_and_sign_in(browser, visit, alma):
    assert set_password(visit(), link_for(browser, alma)).status == 303

    other = visit()
    assert sign_in(other, "Alma@example.com", PASSWORD).leads_to == "/"
    assert other.get("/").status == 200


def test_it_moves_the_secret_out_of_the_address(browser, visit, alma):
    link = link_for(browser, alma)
    secret = link.rstrip("/").rpartition("/")[2]
    theirs = visit()

    opened = theirs.get(urlsplit(link).path)
    form = theirs.follow(opened)

    assert opened.status == 303
    assert secret not in opened.leads_to
    assert secret not in form.html


def test_it_makes_links_that_work_once(browser, visit, alma):
    link = link_for(browser, alma)
    set_password(visit(), link)

    late = visit()
    page = late.follow(late.get(urlsplit(link).path))

    assert page.one("h1").text == "This link no longer works"
    assert page.all("input[type=password]") == []


def test_it_takes_no_weak_password(browser, visit, alma):
    page = set_password(visit(), link_for(browser, alma), "short")

    assert page.all(".errorlist li")
    alma.refresh_from_db()
    assert alma.check_password("correct horse battery")


def test_it_shows_a_link_only_once(browser, alma):
    link = link_for(browser, alma)

    assert link.strip("/").rpartition("/")[2] not in browser.get(f"/people/{alma.pk}/").html


def test_it_mails_the_link_where_mail_is_set_up(browser, visit, alma, settings):
    settings.EMAIL_URL = "smtp://mail.example.com"

    page = browser.follow(browser.post(f"/people/{alma.pk}/password-link/"))

    (message,) = mail.outbox
    assert message.to == ["alma@example.com"]
    (link,) = [line for line in message.body.splitlines() if line.startswith("http")]
    assert "A link to set a password was sent to alma@example.com." in said(page)
    assert urlsplit(link).path not in page.html
    assert set_password(visit(), link).status == 303


def test_it_shows_the_link_when_the_mail_server_is_down(browser, visit, alma, settings):
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert set_password(visit(), link_for(browser, alma)).status == 303


def test_it_shows_a_person_with_their_keys(browser, rows, alma):
    key = rows.key(alma, rows.account())

    page = browser.get(f"/people/{alma.pk}/")

    assert page.one("h1").text == "Alma"
    assert page.one(f"dl.facts a[href=/keys/{key.pk}/]").text == str(key)


@pytest.mark.parametrize(
    ("role", "given", "words"),
    [
        ("member", "Operate", "Every member reads the invoices of all accounts that are not private."),
        ("billing", "Pay", "Billing reads the invoices of all accounts."),
        ("admin", "Operate", "An admin sees and changes everything in all accounts."),
    ],
)
def test_it_says_what_a_person_may_do_and_through_what(browser, people, rows, dana, role, given, words):
    nora, acme, beta = getattr(people, role)("Nora"), rows.account("Acme"), rows.account("Beta")
    if role != "billing":
        rows.key(nora, acme)
    Grant.objects.create(user=nora, account=beta, level="operate", given_by=dana)

    page = browser.get(f"/people/{nora.pk}/")

    told = [[cell.text for cell in page.all(f"tbody tr:nth-child({n}) td")][:3] for n in (1, 2)]
    by_grant = ["Beta", given, "Access given by Dana"]
    by_key = [["Acme", "Everything", f"Key “Main” …{key.last_four}"] for key in nora.api_keys.all()]
    assert [row for row in told if row] == [*by_key, by_grant]
    assert page.one("section[aria-labelledby=access-title] p").text == words
    assert page.all("tbody td.name a")[-1]["href"] == f"/accounts/{beta.pk}/"


@pytest.mark.parametrize(
    ("role", "is_active", "words"),
    [
        ("member", False, "Deactivated people see nothing."),
        ("billing", True, "Billing reads the invoices of all accounts."),
    ],
)
def test_it_says_that_a_key_gives_nothing_to_who_may_not_use_it(
    browser, people, rows, dana, role, is_active, words
):
    nora = getattr(people, role)("Nora", is_active=is_active)
    rows.key(nora, rows.account("Acme"))
    Grant.objects.create(user=nora, account=rows.account("Beta"), level="view", given_by=dana)

    page = browser.get(f"/people/{nora.pk}/")

    assert page.texts("tbody td.state")[0] == "Nothing"
    assert page.one("section[aria-labelledby=access-title] p").text == words


def test_it_changes_a_role_from_the_next_request_on(browser, visit, alma):
    theirs = visit(alma)
    assert theirs.get("/people/").status == 404

    page = browser.post(f"/people/{alma.pk}/role/", {"role": "admin"})

    assert said(browser.follow(page)) == ["Alma now has the role Admin."]
    assert theirs.get("/people/").status == 200


@pytest.mark.parametrize("act", ["role/", "deactivate/", "password-link/", "sessions/end/"])
def test_it_says_first_what_an_act_does_and_does_nothing(browser, alma, act):
    page = browser.get(f"/people/{alma.pk}/{act}")

    assert "Alma" in page.one("main h1").text
    assert page.one("main form")["action"] == page.path
    after = User.objects.get(pk=alma.pk)
    assert (after.is_active, after.role, after.session_generation) == (True, "member", 0)
    assert not PasswordLink.objects.exists()


def test_it_says_what_a_reactivated_person_may_do(browser, rows, dana, alma):
    Grant.objects.create(user=alma, account=rows.account("Acme"), level="view", given_by=dana)
    alma.deactivate()

    page = browser.get(f"/people/{alma.pk}/reactivate/")

    assert page.texts("main .facts dd") == ["Member", "Acme"]
    assert not User.objects.get(pk=alma.pk).is_active


def test_it_keeps_the_role_that_was_chosen_while_it_asks_who_it_is(visit, dana, alma):
    path = f"/people/{alma.pk}/role/"
    browser = visit(dana, proven=False)
    assert browser.post(path, {"role": "billing"}).leads_to.startswith("/sign-in/again/")
    assert User.objects.get(pk=alma.pk).role == "member"

    browser.post("/sign-in/again/", {"password": "correct horse battery"})

    assert browser.get(path).one("option[selected]")["value"] == "billing"


def test_it_knows_no_other_role(browser, alma):
    assert browser.post(f"/people/{alma.pk}/role/", {"role": "owner"}).status == 422
    alma.refresh_from_db()
    assert alma.role == Role.MEMBER


@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_never_demotes_the_last_admin(browser, people, dana, role):
    people.admin("Former").deactivate()

    page = browser.post(f"/people/{dana.pk}/role/", {"role": role})

    assert page.status == 422
    assert page.texts(".errorlist li") == ["Dana is the last admin. Make another person an admin first."]
    dana.refresh_from_db()
    assert dana.is_admin


def test_it_never_deactivates_the_last_admin(browser, dana):
    page = browser.follow(browser.post(f"/people/{dana.pk}/deactivate/"))

    assert said(page) == ["Dana is the last admin. Make another person an admin first."]
    dana.refresh_from_db()
    assert dana.is_active


def test_it_leaves_an_admin_when_two_remove_each_other(transactional_db, people):
    pair = [people.admin("Dana"), people.admin("Dora")]
    both_ready, refused = Barrier(2), []

    def remove(person):
        both_ready.wait()
        try:
            person.deactivate()
        except LastAdmin:
            refused.append(person)
        finally:
            connection.close()

    threads = [Thread(target=remove, args=[person]) for person in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(User.objects.admins()) == refused
    assert len(refused) == 1


def test_it_ends_the_sessions_of_a_deactivated_person_at_once(browser, visit, alma):
    theirs = visit(alma)
    assert theirs.get("/").status == 200

    page = browser.post(f"/people/{alma.pk}/deactivate/")

    assert said(browser.follow(page)) == ["Alma can no longer sign in."]
    assert theirs.get("/").leads_to == "/sign-in/?next=/"
    again = visit()
    sign_in(again, alma.email, "correct horse battery")
    assert again.get("/").status == 302


def test_it_lets_a_reactivated_person_in_again(browser, visit, alma):
    alma.deactivate()

    browser.post(f"/people/{alma.pk}/reactivate/")

    again = visit()
    sign_in(again, alma.email, "correct horse battery")
    assert again.get("/").status == 200


def test_it_gives_a_deactivated_person_no_way_in_by_a_link(browser, visit, alma):
    link = link_for(browser, alma)
    alma.deactivate()
    theirs = visit()

    theirs.follow(theirs.get(urlsplit(link).path))

    assert theirs.get("/").status == 302
    assert browser.get(f"/people/{alma.pk}/").all(f"form[action=/people/{alma.pk}/password-link/]") == []


ACTS = ["role/", "deactivate/", "reactivate/", "password-link/", "sessions/end/"]


@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_is_not_there_for_anybody_but_admins(visit, people, dana, role):
    other = visit(getattr(people, role)("Other"))

    for path in ("/people/", f"/people/{dana.pk}/"):
        assert other.get(path).status == 404
    for act in ACTS:
        assert other.post(f"/people/{dana.pk}/{act}", {"role": "member"}).status == 404
    assert "/people/" not in other.get("/").html


@pytest.mark.parametrize("path", ["/people/", *(f"/people/{NOBODY}/{a}" for a in ["", *ACTS])])
def test_it_sends_a_stranger_to_sign_in(visit, path):
    assert visit().get(path).leads_to == f"/sign-in/?next={path}"
    assert visit().post(path).leads_to == f"/sign-in/?next={path}"


def test_it_has_no_page_for_who_does_not_exist(browser):
    assert browser.get(f"/people/{NOBODY}/").status == 404
    for act in ACTS:
        assert browser.post(f"/people/{NOBODY}/{act}").status == 404


def test_it_refuses_a_wrong_method(browser, alma):
    assert browser.post("/people/").status == 405
    assert browser.post(f"/people/{alma.pk}/").status == 405
    for act in ACTS:
        assert browser.client.put(f"/people/{alma.pk}/{act}").status_code == 405


def test_it_answers_while_ultahost_is_down(browser, sandbox, alma):
    sandbox.stop()

    for path in ("/people/", f"/people/{alma.pk}/"):
        assert browser.get(path).status == 200
