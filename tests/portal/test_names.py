"""Names that want to be more than a name: a second line of a mail, or words that read backwards."""

import io
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection

from portal.acts import first_admin, invitations
from portal.acts.labels import set_remark
from portal.models import Invitation, Label, User

NEW = "a staple of batteries"
HOSTILE = "Alma\r\nBcc: eve@example.com\u2028\u202egro.live\u2066 \u200b\x1b[31m"
CLEAN = "Alma Bcc: eve@example.com gro.live [31m"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (HOSTILE, CLEAN),
        ("  Åsa   Öberg ", "Åsa Öberg"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("👩\u200d🔧 Alma", "👩\u200d🔧 Alma"),
        ("\u200eAlma\u200f", "Alma"),
    ],
)
def test_it_keeps_one_line_of_what_shows(visit, dana, typed, kept):
    form = visit(dana).get("/profile/").filled | {"name": typed}

    assert visit(dana).post("/profile/", form).status == 303

    assert User.objects.get().name == kept


def test_it_takes_no_name_of_which_nothing_shows(visit, dana):
    form = visit(dana).get("/profile/").filled | {"name": "\u202e\u2066"}

    assert visit(dana).post("/profile/", form).all(".errorlist li")

    assert User.objects.get().name == "Dana"


def invite(visit, dana):
    form = {"name": HOSTILE, "email": "new@example.com", "role": "member"}
    visit(dana).post("/people/invite/", form)
    return Invitation.objects.get()


def accept(visit, dana):
    invitation = Invitation(email="new@example.com", name="New", role="member", invited_by=dana)
    browser = visit()
    browser.get(invitations.send(invitation, dana).partition("8000")[2])
    browser.post("/invitation/", {"name": HOSTILE, "password": NEW})
    return User.objects.get(email="new@example.com")


def become_the_first_admin(visit, dana):
    User.objects.all().delete()
    form = {"token": first_admin.issue_token(), "email": "new@example.com", "name": HOSTILE, "password": NEW}
    visit().post("/first-admin/", form)
    return User.objects.get()


def add_by_the_command(visit, dana):
    call_command("portal_user", "add", "new@example.com", "--name", HOSTILE)
    return User.objects.get(email="new@example.com")


@pytest.mark.parametrize("way", [invite, accept, become_the_first_admin, add_by_the_command])
def test_it_keeps_one_line_however_the_name_comes_in(visit, dana, monkeypatch, way):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NEW}\n"))

    assert way(visit, dana).name == CLEAN


def test_it_cleans_the_names_that_were_kept(dana):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_user SET name = %s", [HOSTILE])

    import_module("portal.migrations.0012_sign_in").clean_names(apps, None)

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM portal_user")
        assert cursor.fetchall() == [(CLEAN,)]


@pytest.mark.parametrize("path", ["invite", "password-link", "second-factor"])
def test_it_mails_names_that_no_mail_program_makes_a_link_of(visit, dana, people, settings, path):
    settings.EMAIL_URL, settings.ACCOUNT_EMAIL_NOTIFICATIONS = "smtp://localhost", True
    User.objects.filter(pk=dana.pk).update(name="https://evil.example/dana")
    alma = people.member("Alma")
    User.objects.filter(pk=alma.pk).update(name="https://evil.example/alma")
    browser = visit(dana)

    if path == "invite":
        form = {"name": "https://evil.example/new", "email": "new@example.com", "role": "member"}
        browser.post("/people/invite/", form)
    else:
        end = "remove/" if path == "second-factor" else ""
        browser.post(f"/people/{alma.pk}/{path}/{end}")

    (message,) = mail.outbox
    assert "evil" in message.body
    assert "evil.example" not in message.body
    assert "://evil" not in message.body


UNSEEN = "\u200b"


@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        ("/labels/{label}/", "name", {}),
        ("/keys/add/", "label", {"secret": "sk_test_of_no_account"}),
        ("/share-links/add/", "name", {"scope": "all", "days": "7"}),
        ("/nameservers/add/", "name", {"servers": "ns1.example.com ns2.example.com"}),
        ("/views/add/", "name", {"listing": "invoices"}),
        ("/catalogue/commands/add/", "words", {"name": "reboot"}),
        ("/catalogue/gateways/add/", "words", {"name": "stripe"}),
        ("/people/invite/", "name", {"email": "new@example.com", "role": "member"}),
    ],
)
def test_nothing_is_called_by_what_does_not_show(visit, dana, rows, acme, path, field, more):
    set_remark(dana, rows.service(acme), "Shop", "")
    path = path.format(label=Label.objects.get().pk)

    page = visit(dana).post(path, {field: UNSEEN} | more)

    assert page.status == 422
    assert page.one(f"[name={field}]")["aria-invalid"] == "true"
    assert Label.objects.get().name == "Shop"
