"""An admin who is demoted, deactivated or frozen stays outside: what they handed out works no more."""

from threading import Thread
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from portal.acts import invitations
from portal.models import Act, AuditEntry, Grant, Invitation, ShareLink, User

PASSWORD = "a staple of batteries"
ENDS = {
    "demoted": ("role/", {"role": "member"}),
    "deactivated": ("deactivate/", {}),
    "frozen": ("leaves/", {}),
}


@pytest.fixture
def mallory(people):
    return people.admin("Mallory")


@pytest.fixture
def ben(people):
    return people.member("Ben")


@pytest.fixture
def browser(visit, dana):
    return visit(dana)


@pytest.fixture
def invitation(visit, mallory):
    """To a second address of hers, as an admin."""
    second = {"name": "Mallory", "email": "mallory@elsewhere.example", "role": "admin"}
    return path_on(visit(mallory).post("/people/invite/", second))


@pytest.fixture
def password_link(visit, mallory, ben):
    return path_on(visit(mallory).post(f"/people/{ben.pk}/password-link/"))


@pytest.fixture(params=ENDS)
def end(request, browser, mallory):
    """What happens to Mallory."""
    path, fields = ENDS[request.param]
    return lambda: browser.post(f"/people/{mallory.pk}/{path}", fields)


def path_on(page):
    return urlsplit(page.one(".made-link input")["value"]).path


def opened(visitor, path):
    """The page to which a link leads."""
    page = visitor.get(path)
    return visitor.follow(page) if page.leads_to else page


def join(visitor, path):
    if opened(visitor, path).all("input[name=password]"):
        visitor.post("/invitation/", {"name": "Mallory", "password": PASSWORD})
    return User.objects.filter(email="mallory@elsewhere.example").exists()


def set_password(visitor, path, person):
    page = opened(visitor, path)
    if forms := [form for form in page.all("main form") if page.all("input[name=password1]")]:
        visitor.post(forms[0]["action"], {"password1": PASSWORD, "password2": PASSWORD})
    return User.objects.get(pk=person.pk).check_password(PASSWORD)


def promote(browser, mallory):
    browser.post(f"/people/{mallory.pk}/reactivate/")
    browser.post(f"/people/{mallory.pk}/role/", {"role": "admin"})
    mallory.refresh_from_db()
    assert mallory.is_admin


def test_it_lets_nobody_in_by_their_invitation(visit, invitation, end):
    end()

    assert not join(visit(), invitation)


def test_it_lets_nobody_in_by_their_invitation_that_was_opened_before(visit, invitation, end):
    theirs = visit()
    opened(theirs, invitation)

    end()

    assert theirs.post("/invitation/", {"name": "Mallory", "password": PASSWORD}).status == 404
    assert not User.objects.filter(email="mallory@elsewhere.example").exists()


def test_it_sets_no_password_by_their_link(visit, password_link, ben, end):
    end()

    assert not set_password(visit(), password_link, ben)


def test_it_sets_no_password_by_their_link_that_was_opened_before(visit, password_link, ben, end):
    theirs = visit()
    form = opened(theirs, password_link).one("main form")

    end()

    theirs.post(form["action"], {"password1": PASSWORD, "password2": PASSWORD})
    ben.refresh_from_db()
    assert not ben.check_password(PASSWORD)


def test_it_revives_nothing_when_they_are_an_admin_again(
    browser, visit, mallory, invitation, password_link, ben, end
):
    end()
    promote(browser, mallory)

    assert not join(visit(), invitation)
    assert not set_password(visit(), password_link, ben)
    assert "mallory@elsewhere.example" not in browser.get("/people/").html


@pytest.mark.parametrize("way", ["change_role", "deactivate"])
def test_it_looks_at_the_maker_when_a_link_is_used_however_they_lost_the_right(
    visit, dana, mallory, invitation, password_link, ben, way
):
    """Not by a page of the portal, so that nothing was revoked."""
    mallory.change_role("member") if way == "change_role" else mallory.deactivate()

    assert not join(visit(), invitation)
    assert not set_password(visit(), password_link, ben)


def test_it_revokes_with_an_entry_for_each(invitation, password_link, end):
    end()

    wanted = {Act.INVITATION_REVOKED, Act.PASSWORD_LINK_REVOKED}
    entries = (
        AuditEntry.objects.filter(act__in=wanted).order_by("act").values_list("act", "actor_name", "target")
    )
    assert [*entries] == [
        (Act.INVITATION_REVOKED, "Dana", "Mallory"), (Act.PASSWORD_LINK_REVOKED, "Dana", "Ben"),
    ]  # fmt: skip


def test_it_revokes_nothing_of_others(browser, visit, people, ben, end):
    nils = {"name": "Nils", "email": "nils@example.com", "role": "member"}
    invitation = path_on(browser.post("/people/invite/", nils))
    password_link = path_on(browser.post(f"/people/{ben.pk}/password-link/"))

    end()

    assert opened(visit(), invitation).all("input[name=password]")
    assert set_password(visit(), password_link, ben)


def test_it_revokes_nothing_when_the_change_is_refused(browser, visit, dana, ben):
    """The last admin stays one, with everything that they handed out."""
    link = path_on(browser.post(f"/people/{ben.pk}/password-link/"))

    for path, fields in ENDS.values():
        browser.post(f"/people/{dana.pk}/{path}", fields)

    assert set_password(visit(), link, ben)
    assert not AuditEntry.objects.filter(act=Act.PASSWORD_LINK_REVOKED).exists()


def test_it_belongs_to_the_admin_who_sent_it_last(browser, visit, invitation, end):
    again = path_on(browser.post(f"/people/invitations/{Invitation.objects.get().pk}/resend/"))

    end()

    assert join(visit(), again)


def test_it_leaves_what_others_work_with(rows, visit, people, mallory, ben, end):
    """A share link and a grant serve those who were given them; they do not end with their giver's right."""
    account = rows.account("Acme")
    link, secret = ShareLink.objects.make(mallory, days=7, name="Adviser")
    Grant.objects.create(user=ben, account=account, level="view", given_by=mallory)

    end()

    assert opened(visit(), f"/s/{link.pk}.{secret}").status == 200
    assert visit(ben).get(f"/accounts/{account.pk}/").status == 200


def test_it_gives_their_open_session_no_rights_any_more(browser, visit, mallory):
    """The session goes on: what it may do is read from the rows with every request."""
    theirs = visit(mallory)
    assert theirs.get("/people/").status == 200

    browser.post(f"/people/{mallory.pk}/role/", {"role": "member"})

    assert theirs.get("/").status == 200
    for path in ("/people/", "/people/invite/", "/share-links/add/", f"/people/{mallory.pk}/role/"):
        assert (theirs.get(path).status, theirs.post(path, {"role": "admin"}).status) == (404, 404)


@pytest.mark.parametrize("path", ["role/", "deactivate/"])
def test_it_says_before_what_will_end(browser, visit, mallory, invitation, password_link, path):
    ShareLink.objects.make(mallory, days=7, name="Adviser")

    page = browser.get(f"/people/{mallory.pk}/{path}")

    assert page.texts("main .facts dd") == ["Mallory", "Ben", "Adviser"]
    assert "revoked" in page.all("main .confirm p")[0].text


def test_it_lists_what_was_revoked_and_what_stays_of_a_person_who_left(
    browser, visit, mallory, invitation, password_link
):
    ShareLink.objects.make(mallory, days=7, name="Adviser")
    link = ShareLink.objects.get()
    before = browser.get(f"/people/{mallory.pk}/leaves/")

    browser.post(f"/people/{mallory.pk}/leaves/")

    for page in (before, browser.get(f"/people/{mallory.pk}/leaves/")):
        assert page.texts("[aria-labelledby=handed-out] li label") == [
            "Invitation: Mallory, mallory@elsewhere.example, Admin", "Set-password link: Ben",
        ]  # fmt: skip
        assert page.texts("[aria-labelledby=share-links] li label") == ["Adviser"]
        (shared,) = page.all("[aria-labelledby=share-links] li a")
        assert shared["href"] == f"/share-links/{link.pk}/"


def test_it_does_not_list_what_ended_before_they_left(browser, visit, mallory, invitation, password_link):
    browser.post(f"/people/invitations/{Invitation.objects.get().pk}/revoke/")
    browser.post(f"/people/{User.objects.get(name='Ben').pk}/password-link/")  # which ends the one before

    browser.post(f"/people/{mallory.pk}/leaves/")

    assert browser.get(f"/people/{mallory.pk}/leaves/").all("[aria-labelledby=handed-out]") == []


@pytest.mark.django_db(transaction=True)
def test_it_waits_until_the_maker_is_demoted(dana, mallory):
    """The maker's right is checked under a lock."""
    invitation = Invitation(email="mallory@elsewhere.example", name="Mallory", role="admin")
    invitations.send(invitation, mallory)
    refused = []

    def join():
        try:
            invitations.accept(invitation, name="Mallory", password=PASSWORD)
        except invitations.NoLongerValid:
            refused.append(True)
        connection.close()

    joining = Thread(target=join)
    with transaction.atomic():
        mallory.change_role("member")
        joining.start()
        joining.join(1)  # in vain
    joining.join(30)

    assert refused == [True]
    assert not User.objects.filter(email="mallory@elsewhere.example").exists()
