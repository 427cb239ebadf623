"""A stranger who asks for a new password takes nothing from the person, least of all their second factor.

allauth wants a verified e-mail address before a second factor is set up. Here an admin vouches for each
address, so allauth's own rows about addresses are neither made nor asked.
"""

from importlib import import_module

import pytest
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse

from portal.acts import first_admin, invitations, password_links
from portal.models import Act, AuditEntry, Invitation, Role, Switches, User
from portal.sign_in.link_tokens import LinkTokens
from portal.urls import sign_in_urls
from tests.portal.test_second_factor import add_passkey, is_in, set_up_app

PASSWORD, NEW = "correct horse battery", "a staple of batteries"
FORGOTTEN = "/sign-in/password/forgotten/"
pytestmark = [
    pytest.mark.django_db(transaction=True),  # signals and mails wait for the commit
    pytest.mark.usefixtures("nothing_counted"),
]


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.mark.parametrize("email_url", ["", "smtp://localhost:25"])
def test_it_lets_everybody_set_up_a_second_factor_whatever_strangers_ask_for(
    visit, at_localhost, dana, alma, monkeypatch, email_url
):
    monkeypatch.setattr(settings, "EMAIL_URL", email_url)
    for person in (dana, alma):
        visit().post(FORGOTTEN, {"email": person.email})
    admin, member = at_localhost(dana), at_localhost(alma)
    admin.post(f"/people/{alma.pk}/password-link/")

    admin.post("/people/second-factor/", {"second_factor": "on"})
    set_up_app(admin)
    add_passkey(member)

    assert is_in(admin)
    assert is_in(member)


def path_of(link):
    return link.removeprefix(settings.PORTAL_URL)


def accept_an_invitation(visit, dana, alma):
    invitation = Invitation(email="emil@example.com", name="Emil", role=Role.MEMBER, invited_by=dana)
    browser = visit()
    browser.get(path_of(invitations.send(invitation, dana)))
    browser.post("/invitation/", {"name": "Emil", "password": NEW})
    assert is_in(browser)


def become_the_first_admin(visit, dana, alma):
    User.objects.all().delete()
    token = first_admin.issue_token()
    form = {"token": token, "name": "Dana", "email": "dana@example.com", "password": NEW}
    assert visit().post("/first-admin/", form).status == 303


def forget_the_password(visit, dana, alma):
    assert visit().post(FORGOTTEN, {"email": alma.email}).status == 302


def set_it_by_a_link(visit, dana, alma):
    browser = visit()
    form = browser.follow(browser.get(path_of(password_links.make(alma)))).one("main form")
    browser.post(form["action"], {"password1": NEW, "password2": NEW})
    alma.refresh_from_db()
    assert alma.check_password(NEW)


def ask_for_a_link_as_an_admin(visit, dana, alma):
    assert visit(dana).post(f"/people/{alma.pk}/password-link/").status in {200, 303}


def sign_in(visit, dana, alma):
    browser = visit()
    browser.post("/sign-in/", {"login": alma.email, "password": PASSWORD})
    assert is_in(browser)


def change_the_password(visit, dana, alma):
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert visit(alma).post("/sign-in/password/", form).status == 302


def set_up_an_app(visit, dana, alma):
    set_up_app(visit(alma))


def send_everything_everywhere(visit, dana, alma):
    """Each field that a form of allauth's may take, the ones that are not offered here too."""
    fields = ("login", "email", "email2", "password", "password1", "password2", "oldpassword", "phone")
    form = dict.fromkeys(fields, alma.email) | {"action_add": "on", "action_send": "on", "credential": "{}"}
    for pattern in sign_in_urls:
        parts = pattern.pattern.regex.groupindex or pattern.pattern.converters
        path = reverse(pattern.name, kwargs=dict.fromkeys(parts, 1))
        for browser in (visit(), visit(alma)):
            browser.get(path)
            browser.post(path, form)


@pytest.mark.parametrize(
    "way",
    [
        accept_an_invitation,
        become_the_first_admin,
        forget_the_password,
        set_it_by_a_link,
        ask_for_a_link_as_an_admin,
        sign_in,
        change_the_password,
        set_up_an_app,
        send_everything_everywhere,
    ],
)
def test_it_keeps_no_row_of_an_address(visit, dana, alma, way):
    way(visit, dana, alma)

    assert not EmailAddress.objects.exists()


def test_it_forgets_the_rows_that_were_kept(visit, alma):
    """As of a portal that is upgraded."""
    EmailAddress.objects.create(user=alma, email=alma.email)

    import_module("portal.migrations.0012_sign_in").forget_addresses(apps, None)

    assert not EmailAddress.objects.exists()


def test_it_reads_a_link_that_was_made_before(visit, alma):
    made_by_allauth = EmailAwarePasswordResetTokenGenerator().make_token(alma)

    assert LinkTokens().check_token(alma, made_by_allauth)


def test_it_lets_a_locked_out_admin_in_from_the_shell(visit, dana, capsys):
    Switches.objects.update_or_create(pk=1, defaults={"second_factor": True})
    assert visit(dana).get("/").leads_to == "/sign-in/ways/"

    call_command("portal_user", "second-factor-optional")
    call_command("portal_user", "password-link", "DANA@example.com")

    *words, link = capsys.readouterr().out.splitlines()
    assert words == [
        "Two-factor sign-in is optional. An admin can require it again under People.",
        "Link for dana@example.com to set a new password. It works once, within 48 hours:",
    ]
    browser = visit()
    form = browser.follow(browser.get(path_of(link))).one("main form")
    browser.post(form["action"], {"password1": NEW, "password2": NEW})
    browser.post("/sign-in/", {"login": dana.email, "password": NEW})
    assert is_in(browser)
    entries = AuditEntry.objects.filter(act__in=[Act.FACTOR_REQUIRED, Act.PASSWORD_LINK_MADE])
    assert [(entry.act, entry.actor, entry.target) for entry in entries.order_by("seq")] == [
        (Act.FACTOR_REQUIRED, None, ""),
        (Act.PASSWORD_LINK_MADE, None, "Dana"),
    ]


@pytest.mark.parametrize(
    ("email", "words"), [("nobody@example.com", "is no user"), ("gone@example.com", "is deactivated")]
)
def test_it_makes_no_link_for_who_may_not_come_in(people, email, words):
    people.member("Gone").deactivate()

    with pytest.raises(CommandError, match=words):
        call_command("portal_user", "password-link", email)
