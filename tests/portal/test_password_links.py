"""Links with which a person sets a password: made by an admin, or asked for by the person."""

import logging
from datetime import timedelta
from threading import Barrier, Thread
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from portal.acts import password_links
from portal.models import Act, AuditEntry, PasswordLink, User
from tests.portal.stored import places_of

PASSWORD = "a staple of batteries"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def browser(visit, dana):
    return visit(dana)


def made(browser, person):
    page = browser.post(f"/people/{person.pk}/password-link/")
    return urlsplit(page.one(".made-link input")["value"]).path


def asked_for(visit, person):
    """The person's own link, by "forgot password"."""
    visit().post("/sign-in/password/forgotten/", {"email": person.email})
    (message,) = mail.outbox
    (link,) = [line for line in message.body.splitlines() if line.startswith("http")]
    return urlsplit(link).path


def form_of(visitor, path):
    page = visitor.get(path)
    return visitor.follow(page) if page.leads_to else page


def send(visitor, form, password=PASSWORD):
    return visitor.post(form.one("main form")["action"], {"password1": password, "password2": password})


def is_gone(page):
    return page.texts("h1") == ["This link no longer works"]


def has(person, password):
    return User.objects.get(pk=person.pk).check_password(password)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["made by an admin", "asked for by the person"])
def test_it_takes_one_of_four_passwords_that_are_sent_at_once(visit, browser, alma, settings, kind):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # takes its time
    path = made(browser, alma) if kind == "made by an admin" else asked_for(visit, alma)
    visitors = [visit() for _ in range(4)]
    forms = [form_of(visitor, path) for visitor in visitors]
    at_once, pages = Barrier(4), [None] * 4

    def post(number):
        at_once.wait()
        pages[number] = send(visitors[number], forms[number], f"{PASSWORD} {number}")
        connection.close()

    threads = [Thread(target=post, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (taken,) = [number for number, page in enumerate(pages) if page.leads_to]
    assert sum(is_gone(page) for page in pages) == 3
    assert has(alma, f"{PASSWORD} {taken}")
    assert AuditEntry.objects.filter(act=Act.PASSWORD_SET).count() == 1


@pytest.mark.parametrize("kind", ["made by an admin", "asked for by the person"])
def test_it_works_once(visit, browser, alma, kind):
    path = made(browser, alma) if kind == "made by an admin" else asked_for(visit, alma)
    late = visit()
    form = form_of(late, path)

    send(theirs := visit(), form_of(theirs, path))

    assert is_gone(form_of(visit(), path))
    assert is_gone(send(late, form, "another staple of batteries"))
    assert has(alma, PASSWORD)


def test_it_keeps_no_secret_but_its_keyed_hash(visit, browser, alma, caplog):
    caplog.set_level(logging.DEBUG)
    path = made(browser, alma)
    secret = path.strip("/").rpartition("/")[2]

    page = form_of(visit(), path)

    assert len(secret) >= 43
    assert secret not in page.html
    assert Session.objects.count() == 2
    assert places_of(secret) == set()


def test_it_is_not_used_up_by_being_opened(visit, browser, alma):
    path = made(browser, alma)
    for _ in range(3):
        visit().get(path)

    send(theirs := visit(), form_of(theirs, path))

    assert has(alma, PASSWORD)


@pytest.mark.parametrize("hours", [47.9, 48.1])
def test_it_works_for_48_hours(visit, browser, alma, hours):
    path = made(browser, alma)

    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        assert is_gone(form_of(visit(), path)) == (hours > 48)


def test_it_stops_working_with_the_next_link(visit, browser, alma):
    path = made(browser, alma)
    opened = visit()
    form = form_of(opened, path)

    latest = made(browser, alma)

    assert is_gone(form_of(visit(), path))
    assert is_gone(send(opened, form))
    assert not is_gone(form_of(visit(), latest))


def test_it_stops_working_once_the_person_has_signed_in(visit, browser, alma):
    path = made(browser, alma)

    visit().post("/sign-in/", {"login": alma.email, "password": "correct horse battery"})

    assert is_gone(form_of(visit(), path))


def test_it_stops_working_once_the_person_has_set_a_password_otherwise(visit, browser, alma):
    theirs = visit(alma)
    path = made(browser, alma)

    theirs.post(
        "/sign-in/password/",
        {"oldpassword": "correct horse battery", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert has(alma, PASSWORD)
    assert is_gone(form_of(visit(), path))


def test_it_forgets_one_link_when_another_is_opened(visit, browser, alma):
    theirs = visit()
    form = form_of(theirs, made(browser, alma))

    assert is_gone(form_of(theirs, "/sign-in/password/link/guessed/"))
    assert is_gone(send(theirs, form))


def test_it_begins_no_session_for_a_link_that_is_none(visit):
    stranger = visit()

    opened = stranger.get("/sign-in/password/link/guessed/")

    assert opened.leads_to == "/sign-in/password/link/"  # no error, which would be logged with the address
    assert not Session.objects.exists()
    assert (stranger.follow(opened).status, stranger.post(opened.leads_to).status) == (404, 404)


def test_it_is_the_portal_s_own_without_an_admin(visit, alma):
    """As a command on the machine makes it: no admin's right is needed."""
    path = urlsplit(password_links.make(alma)).path

    send(theirs := visit(), form_of(theirs, path))

    assert has(alma, PASSWORD)


def test_it_does_not_end_the_person_s_own_link_when_an_admin_is_demoted(visit, browser, people, alma):
    path = asked_for(visit, alma)

    browser.post(f"/people/{people.admin('Mallory').pk}/role/", {"role": "member"})

    send(theirs := visit(), form_of(theirs, path))
    assert has(alma, PASSWORD)


def test_it_gives_a_deactivated_person_no_new_password_also_when_they_are_back(visit, browser, alma):
    paths = [made(browser, alma), asked_for(visit, alma)]
    late = visit()
    form = form_of(late, paths[1])

    browser.post(f"/people/{alma.pk}/deactivate/")

    assert is_gone(form_of(visit(), paths[0]))
    assert is_gone(send(late, form))
    browser.post(f"/people/{alma.pk}/reactivate/")
    assert is_gone(form_of(visit(), paths[0]))
    assert not has(alma, PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_it_waits_until_the_maker_is_demoted(dana, people, alma):
    """The maker's right is checked under a lock."""
    link = PasswordLink.objects.get(hash=_hash_of(password_links.make(alma, people.admin("Mallory"))))
    refused = []

    def use():
        try:
            password_links.use(link, PASSWORD)
        except password_links.NoLongerValid:
            refused.append(True)
        connection.close()

    user = Thread(target=use)
    with transaction.atomic():
        link.made_by.change_role("member")
        user.start()
        user.join(1)  # in vain
    user.join(30)

    assert refused == [True]
    assert not has(alma, PASSWORD)


def _hash_of(link):
    return PasswordLink.hash_of(link.strip("/").rpartition("/")[2])


def test_it_notes_who_made_it_and_that_it_was_used(visit, browser, dana, alma):
    path = made(browser, alma)
    send(theirs := visit(), form_of(theirs, path))

    entries = (
        AuditEntry.objects.filter(noun="person").order_by("seq").values_list("act", "actor_name", "target")
    )
    assert [*entries] == [(Act.PASSWORD_LINK_MADE, "Dana", "Alma"), (Act.PASSWORD_SET, "Alma", "Alma")]


def test_it_refuses_a_wrong_method(visit):
    assert visit().post("/sign-in/password/link/guessed/").status == 405
    assert visit().client.put("/sign-in/password/link/").status_code == 405
