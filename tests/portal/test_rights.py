"""Every pattern of the portal, tried by everybody, against one table of what each of them gets."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from portal.acts import feeds
from portal.models import (
    AccountPolicy,
    Act,
    AuditEntry,
    Grant,
    Invitation,
    Label,
    NameserverSet,
    Product,
    Remark,
    SavedView,
    ServiceCommand,
    ShareLink,
)
from portal.pages.compression import COMPRESSED
from portal.sign_in.adapters import SEED
from portal.urls import sign_in_urls, urlpatterns
from portal.wording.agenda import Kind
from ultahost_api.crypto import sealing
from ultahost_api.models import (
    Account,
    ApiKey,
    Domain,
    Invoice,
    InvoiceItem,
    Order,
    OrderItem,
    Service,
    links,
)
from ultahost_api.models.line_texts import line_key

EVERYBODY = [
    *("nobody", "owner", "other", "viewer", "operator", "billing", "admin", "deactivated"),
    "holder",  # of a share link, in a browser that has opened it
]

BATCH = UUID(int=7)
PAGE, SENT, GONE, NOT_SO, BAD = 200, 303, 404, 405, 422
SIGN_IN = "sign-in"  # a redirect to it
REAUTHENTICATE = 303  # whoever has not just confirmed that it is them


def of(*, insiders, nobody=SIGN_IN, **others):
    """What each gets; a deactivated user and the holder of a share link get what nobody gets."""
    outsiders = dict.fromkeys(["nobody", "deactivated", "holder"], nobody)
    everybody = dict.fromkeys(EVERYBODY, insiders) | outsiders
    assert set(others) < set(EVERYBODY)
    return everybody | others


ALL = of(insiders=PAGE)
POSTED = of(insiders=SENT)
NEVER = of(insiders=NOT_SO)
PUBLIC, NEVER_PUBLIC = of(insiders=PAGE, nobody=PAGE), of(insiders=NOT_SO, nobody=NOT_SO)
CLOSED = of(insiders=GONE, nobody=GONE)
LED_ON = of(insiders=302, nobody=302)
HOLDERS = of(insiders=GONE, nobody=GONE, holder=PAGE)

READERS = of(insiders=PAGE, other=GONE, billing=GONE)
# The account of the walk is private: without that its invoices are everybody's.
INVOICE_READERS = of(insiders=PAGE, other=GONE)


def admins(status):
    return of(insiders=GONE, admin=status)


def operators(status):
    """Whoever writes: the owner, an operate grant, admins."""
    return of(insiders=status, other=GONE, viewer=GONE, billing=GONE)


def key_holders(status):
    return of(insiders=status, billing=GONE)


def key_keepers(status):
    """Its owner and the admins; a grant gives no right over keys."""
    return of(insiders=GONE, owner=status, admin=status)


# Billing too says what a line is for.
ASSIGNERS = {status: of(insiders=status, other=GONE, viewer=GONE) for status in (PAGE, SENT, BAD)}

# Led to the password's page first, and only with a key of one's own.
OWN_LOGIN = of(insiders=GONE, owner=SENT)


# name: (what GET gives, what POST of an empty form gives)
TABLE = {
    "home": (ALL, NEVER),
    "first_steps": (admins(PAGE), admins(NOT_SO)),
    "put_away_first_steps": (admins(NOT_SO), admins(SENT)),
    "bring_back_first_steps": (admins(NOT_SO), admins(SENT)),
    # A suspended service of the walk's account, which is an entry of Home.
    "take_need": (NEVER, of(insiders=SENT, other=GONE, billing=GONE)),
    "put_off_need": (NEVER, of(insiders=SENT, other=GONE, billing=GONE)),
    "search": (ALL, NEVER),
    "shortcuts": (ALL, NEVER),
    "services": (ALL, NEVER),
    "services_csv": (ALL, NEVER),
    "service": (READERS, NEVER),
    "cancel_service": (operators(REAUTHENTICATE), operators(REAUTHENTICATE)),
    "withdraw_cancellation": (NEVER, operators(SENT)),
    "reset_service_password": (operators(REAUTHENTICATE), operators(REAUTHENTICATE)),
    "run_command": (operators(PAGE), operators(BAD)),
    "command_services": (
        of(insiders=SENT, viewer=GONE, billing=GONE),
        of(insiders=SENT, viewer=GONE, billing=GONE),
    ),
    "label_service": (operators(PAGE), operators(SENT)),
    "label_domain": (operators(PAGE), operators(SENT)),
    "set_labels": (NEVER, POSTED),  # of no rows
    "labels": (ALL, NEVER),
    # Of the walk a service and a line of the account have it.
    "rename_label": (ASSIGNERS[PAGE], ASSIGNERS[BAD]),
    "remove_label": (ASSIGNERS[PAGE], ASSIGNERS[SENT]),
    # The team's; people who operate any account change them.
    "nameserver_sets": (of(insiders=PAGE, viewer=GONE, billing=GONE), NEVER),
    "add_nameserver_set": (
        of(insiders=PAGE, viewer=GONE, billing=GONE),
        of(insiders=BAD, viewer=GONE, billing=GONE),
    ),
    "edit_nameserver_set": (
        of(insiders=PAGE, viewer=GONE, billing=GONE),
        of(insiders=BAD, viewer=GONE, billing=GONE),
    ),
    "delete_nameserver_set": (
        of(insiders=PAGE, viewer=GONE, billing=GONE),
        of(insiders=SENT, viewer=GONE, billing=GONE),
    ),
    "assign_line": (ASSIGNERS[PAGE], ASSIGNERS[SENT]),
    "upgrade_service": (operators(REAUTHENTICATE), operators(REAUTHENTICATE)),
    "invoices": (ALL, NEVER),
    "invoices_csv": (ALL, NEVER),
    "spend": (ALL, NEVER),
    "spend_csv": (ALL, NEVER),
    "comparison": (ALL, NEVER),
    "comparison_csv": (ALL, NEVER),
    "invoice": (INVOICE_READERS, NEVER),
    "invoice_print": (INVOICE_READERS, NEVER),
    "agenda": (ALL, NEVER),
    "feed": (ALL, NEVER),
    "make_feed": (of(insiders=REAUTHENTICATE), of(insiders=REAUTHENTICATE)),
    "revoke_feed": (of(insiders=REAUTHENTICATE), of(insiders=REAUTHENTICATE)),
    "calendar": (CLOSED, NEVER_PUBLIC),  # Only for who holds the link.
    "statements": (ALL, NEVER),
    "statement": (INVOICE_READERS, NEVER),
    "statement_print": (INVOICE_READERS, NEVER),
    "statement_csv": (INVOICE_READERS, NEVER),
    "pay_invoice": (operators(REAUTHENTICATE), operators(REAUTHENTICATE)),
    "pay_invoices": (POSTED, POSTED),
    # Of no rows; who operates any account may select some.
    "change_domains": (
        of(insiders=SENT, viewer=GONE, billing=GONE),
        of(insiders=SENT, viewer=GONE, billing=GONE),
    ),
    "batch": (key_keepers(PAGE), NEVER),
    "steer_batch": (NEVER, key_keepers(SENT)),
    "retry_batch": (NEVER, key_keepers(SENT)),
    "decide_batch": (NEVER, key_keepers(SENT)),
    "orders": (key_holders(PAGE), key_holders(NOT_SO)),
    "orders_csv": (key_holders(PAGE), key_holders(NOT_SO)),
    "order": (READERS, key_holders(NOT_SO)),
    "create_order": (
        of(insiders=PAGE, viewer=GONE, billing=GONE),
        of(insiders=BAD, viewer=GONE, billing=GONE),
    ),
    "quotes": (key_holders(PAGE), key_holders(NOT_SO)),
    "quotes_csv": (key_holders(PAGE), key_holders(NOT_SO)),
    "quote": (READERS, key_holders(NOT_SO)),
    "accept_quote": (operators(REAUTHENTICATE), operators(REAUTHENTICATE)),
    "payment_methods": (ALL, NEVER),
    "add_payment_method": (operators(REAUTHENTICATE), operators(REAUTHENTICATE)),
    "delete_payment_method": (operators(PAGE), operators(BAD)),
    "domains": (ALL, NEVER),
    "domains_csv": (ALL, NEVER),
    "domain": (READERS, NEVER),
    "set_nameservers": (operators(REAUTHENTICATE), operators(REAUTHENTICATE)),
    "set_lock": (operators(PAGE), operators(BAD)),
    "set_auto_renew": (operators(PAGE), operators(BAD)),
    "epp_code": (operators(REAUTHENTICATE), operators(REAUTHENTICATE)),
    "freshness": (ALL, NEVER),
    "refresh": (NEVER, POSTED),
    "refresh_all": (NEVER, POSTED),
    "keys": (key_holders(PAGE), key_holders(NOT_SO)),
    "add_key": (key_holders(REAUTHENTICATE), key_holders(REAUTHENTICATE)),
    "key": (key_keepers(PAGE), key_holders(NOT_SO)),
    "replace_key": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "rotate_key": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "finish_rotation": (key_holders(NOT_SO), key_keepers(REAUTHENTICATE)),
    "undo_rotation": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "snooze_key": (key_holders(NOT_SO), key_keepers(SENT)),
    "retry_key": (key_holders(NOT_SO), key_keepers(REAUTHENTICATE)),
    "disable_key": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "enable_key": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "remove_key": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "operations": (ALL, NEVER),
    "operations_csv": (ALL, NEVER),
    "operation": (key_keepers(PAGE), NEVER),
    "look_again": (NEVER, key_keepers(SENT)),
    "decide": (NEVER, of(insiders=GONE)),
    "changes": (ALL, NEVER),
    "changes_csv": (ALL, NEVER),
    "contacts": (key_holders(PAGE), key_holders(NOT_SO)),
    # Read live; where no Ultahost answers it leads back to the list, which says so.
    "contacts_csv": (key_holders(SENT), key_holders(NOT_SO)),
    "create_contact": (operators(PAGE), operators(BAD)),
    "contact": (READERS, key_holders(NOT_SO)),
    "edit_contact": (operators(PAGE), operators(BAD)),
    "delete_contact": (operators(PAGE), operators(BAD)),
    "switch_mails": (operators(PAGE), operators(PAGE)),  # no Ultahost tells the contacts
    "emails": (key_holders(PAGE), key_holders(NOT_SO)),
    "emails_csv": (key_holders(PAGE), key_holders(NOT_SO)),
    "email": (operators(PAGE), key_holders(NOT_SO)),
    "email_body": (operators(PAGE), key_holders(NOT_SO)),
    "announcements": (key_holders(PAGE), key_holders(SENT)),
    "announcement": (key_holders(PAGE), key_holders(NOT_SO)),
    "announcement_body": (key_holders(PAGE), key_holders(NOT_SO)),
    "accounts": (ALL, NEVER),
    "accounts_csv": (ALL, NEVER),
    "account": (READERS, key_holders(NOT_SO)),
    "give_grant": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "change_grant": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "take_grant": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "set_private": (key_keepers(REAUTHENTICATE), key_keepers(REAUTHENTICATE)),
    "edit_account": (OWN_LOGIN, OWN_LOGIN),
    "change_account_password": (OWN_LOGIN, OWN_LOGIN),
    "two_factor": (OWN_LOGIN, OWN_LOGIN),
    "verify_two_factor": (OWN_LOGIN, OWN_LOGIN),
    "disable_two_factor": (OWN_LOGIN, OWN_LOGIN),
    "profile": (ALL, of(insiders=BAD)),
    "save_view": (ALL, of(insiders=BAD)),
    # Of the walk the owner made it and shares it.
    "saved_view": (key_keepers(PAGE), key_keepers(BAD)),
    "delete_view": (key_keepers(PAGE), key_keepers(SENT)),
    "choose_columns": (NEVER, POSTED),
    "people": (admins(PAGE), admins(NOT_SO)),
    "invite": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "resend_invitation": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "revoke_invitation": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    # Only for who holds the link, or has opened it.
    "open_invitation": (of(insiders=SENT, nobody=SENT), NEVER_PUBLIC),
    "accept_invitation": (CLOSED, CLOSED),
    "person": (admins(PAGE), admins(NOT_SO)),
    "change_role": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "deactivate": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "reactivate": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "password_link": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "leaver": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "end_sessions": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "require_second_factor": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "remove_second_factor": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "catalogue": (admins(PAGE), admins(NOT_SO)),
    "switch_cards": (admins(PAGE), admins(SENT)),
    "add_entry": (admins(PAGE), admins(BAD)),
    "edit_entry": (admins(PAGE), admins(BAD)),
    "delete_entry": (admins(PAGE), admins(SENT)),
    "audit": (admins(PAGE), admins(NOT_SO)),
    "audit_csv": (admins(PAGE), admins(NOT_SO)),
    "share_links": (admins(PAGE), admins(NOT_SO)),
    "add_share_link": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "share_link": (admins(PAGE), admins(NOT_SO)),
    "revoke_share_link": (admins(REAUTHENTICATE), admins(REAUTHENTICATE)),
    "open_shared": (LED_ON, NEVER_PUBLIC),
    "shared": (HOLDERS, NEVER_PUBLIC),
    "shared_csv": (HOLDERS, NEVER_PUBLIC),
    "first_admin": (CLOSED, CLOSED),
    "livez": (PUBLIC, NEVER_PUBLIC),
    "readyz": (PUBLIC, NEVER_PUBLIC),
    "account_login": (of(insiders=302, nobody=PAGE), of(insiders=302, nobody=PAGE)),
    "account_logout": (of(insiders=PAGE, nobody=302), of(insiders=302, nobody=302)),
    "account_signup": (of(insiders=302, nobody=PAGE), of(insiders=302, nobody=PAGE)),
    "account_inactive": (PUBLIC, NEVER_PUBLIC),
    "account_reauthenticate": (ALL, ALL),
    "account_change_password": (ALL, ALL),
    "account_set_password": (of(insiders=302), of(insiders=302)),
    "account_reset_password": (PUBLIC, PUBLIC),
    "account_reset_password_done": (PUBLIC, NEVER_PUBLIC),
    "account_reset_password_from_key": (PUBLIC, PUBLIC),
    "account_reset_password_from_key_done": (PUBLIC, NEVER_PUBLIC),
    # Only for who holds the link, or has opened it.
    "open_password_link": (of(insiders=SENT, nobody=SENT), NEVER_PUBLIC),
    "set_password": (CLOSED, CLOSED),
    # One's own second factor; allauth's own decorator leads to the password with 302.
    "mfa_login_webauthn": (of(insiders=302, nobody=302), of(insiders=302, nobody=302)),
    "mfa_authenticate": (of(insiders=302, nobody=302), of(insiders=302, nobody=302)),
    "mfa_reauthenticate": (of(insiders=302), of(insiders=302)),
    "mfa_reauthenticate_webauthn": (of(insiders=302), of(insiders=302)),
    "mfa_index": (ALL, NEVER),
    "mfa_activate_totp": (of(insiders=302), of(insiders=302)),
    "mfa_deactivate_totp": (of(insiders=GONE), of(insiders=GONE)),
    "mfa_view_recovery_codes": (of(insiders=GONE), NEVER),
    "mfa_generate_recovery_codes": (of(insiders=302), of(insiders=302)),
    "mfa_add_webauthn": (of(insiders=302), of(insiders=302)),
    "mfa_edit_webauthn": (of(insiders=302), of(insiders=302)),
    "mfa_remove_webauthn": (of(insiders=302), of(insiders=302)),
    "usersessions_list": (ALL, POSTED),
    "end_session": (NEVER, of(insiders=GONE)),
}

ASKS = "asks again who you are"
THEIR_LINK = "Who comes by the link has no login yet; the link says who it is."
READS = "It only reads at Ultahost what may be read anyway."
CATALOGUE = "It changes what is offered for ordering; ordering asks again."
VIEWS = "A view shows its reader nothing that they may not see anyway."
LABELS = "It says what a thing is for; it changes no right, no money and nothing at Ultahost."
SETS = "It changes no domain; setting nameservers asks again."
SIGNS_IN = "It is the sign-in itself."

# Of each pattern that takes a POST: it asks again, or why it does not.
AGAIN = {
    "put_away_first_steps": "It changes what oneself sees on Home.",
    "bring_back_first_steps": "It changes what oneself sees on Home.",
    "take_need": "It says who does a thing, and changes no right.",
    "put_off_need": "It changes what one sees oneself.",
    "cancel_service": ASKS,
    "withdraw_cancellation": "It notes here what was agreed with Ultahost elsewhere; nothing is sent.",
    "reset_service_password": ASKS,
    "run_command": "A reboot changes neither rights nor money, and may be urgent.",
    "upgrade_service": ASKS,
    "pay_invoice": ASKS,
    "pay_invoices": ASKS,
    "change_domains": ASKS,  # as the act on one of them does
    "command_services": "As the command on one of them.",
    "switch_mails": "As the change of one of them.",
    "steer_batch": "It sends nothing that was not confirmed, or less of it.",
    "retry_batch": "It leads to a new confirmation, which asks where the act does.",
    "decide_batch": "As deciding one.",
    "label_service": LABELS,
    "label_domain": LABELS,
    "set_labels": LABELS,
    "rename_label": LABELS,
    "remove_label": LABELS,
    "add_nameserver_set": SETS,
    "edit_nameserver_set": SETS,
    "delete_nameserver_set": SETS,
    "assign_line": LABELS,
    "create_order": ASKS,
    "accept_quote": ASKS,
    "add_payment_method": ASKS,
    "delete_payment_method": "No money can be taken by it, and it can be added again.",
    "set_nameservers": ASKS,
    "set_lock": ASKS,  # unlocking; locking protects
    "set_auto_renew": ASKS,  # turning it off; turning it on keeps the domain
    "epp_code": ASKS,
    "refresh": READS,
    "refresh_all": READS,
    "add_key": ASKS,
    "replace_key": ASKS,
    "rotate_key": ASKS,
    "finish_rotation": ASKS,
    "undo_rotation": ASKS,
    "snooze_key": "It puts off a reminder.",
    "retry_key": ASKS,
    "disable_key": ASKS,
    "enable_key": ASKS,
    "remove_key": ASKS,
    "look_again": READS,
    "decide": "It notes what a person saw at Ultahost; sending again is another write, which asks.",
    "announcements": "It chooses the account whose announcements are read.",
    "create_contact": "A contact gets Ultahost's mails and no login; owners see it in the list.",
    "edit_contact": "As adding one.",
    "delete_contact": "As adding one.",
    "give_grant": ASKS,
    "change_grant": ASKS,
    "take_grant": ASKS,
    "set_private": ASKS,
    "edit_account": ASKS,
    "change_account_password": ASKS,
    "two_factor": ASKS,
    "verify_two_factor": ASKS,
    "disable_two_factor": ASKS,
    "profile": "It changes how things look and are said to oneself.",
    "save_view": VIEWS,
    "saved_view": VIEWS,
    "delete_view": VIEWS,
    "choose_columns": "It changes how a list looks to oneself.",
    "invite": ASKS,
    "resend_invitation": ASKS,
    "revoke_invitation": ASKS,
    "accept_invitation": THEIR_LINK,
    "change_role": ASKS,
    "deactivate": ASKS,
    "reactivate": ASKS,
    "password_link": ASKS,
    "set_password": THEIR_LINK,
    "leaver": ASKS,
    "end_sessions": ASKS,
    "require_second_factor": ASKS,
    "remove_second_factor": ASKS,
    "switch_cards": "It shows or hides a form; entering a card asks again.",
    "add_entry": CATALOGUE,
    "edit_entry": CATALOGUE,
    "delete_entry": CATALOGUE,
    "add_share_link": ASKS,
    "revoke_share_link": ASKS,
    "make_feed": ASKS,
    "revoke_feed": ASKS,
    "first_admin": "It asks for the token that the start printed.",
    "account_login": SIGNS_IN,
    "account_logout": "It ends one's own session.",
    "account_signup": "Nobody signs up.",
    "account_reauthenticate": SIGNS_IN,
    "account_change_password": "It asks for the old password itself.",
    "account_set_password": "Everybody has a password: it leads to changing that.",
    "account_reset_password": THEIR_LINK,
    "account_reset_password_from_key": THEIR_LINK,
    "mfa_login_webauthn": SIGNS_IN,
    "mfa_authenticate": SIGNS_IN,
    "mfa_reauthenticate": SIGNS_IN,
    "mfa_reauthenticate_webauthn": SIGNS_IN,
    "mfa_activate_totp": ASKS,
    "mfa_deactivate_totp": ASKS,
    "mfa_generate_recovery_codes": ASKS,
    "mfa_add_webauthn": ASKS,
    "mfa_edit_webauthn": ASKS,
    "mfa_remove_webauthn": ASKS,
    "usersessions_list": "It ends one's own other sessions.",
    "end_session": "It ends one's own session.",
}

PATTERNS = {pattern.name: pattern for pattern in [*urlpatterns, *sign_in_urls] if hasattr(pattern, "name")}


@pytest.fixture
def team(people, rows, settings, monkeypatch):
    """One of each, around one private account with a row of everything. No Ultahost answers."""
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.0)
    settings.ULTAHOST = {**settings.ULTAHOST, "API_URL": "http://127.0.0.1:9"}
    account = rows.account("Acme")
    AccountPolicy.objects.create(account=account, private=True)
    team = {
        "nobody": None,
        "owner": people.member("Owner"),
        "other": people.member("Other"),
        "viewer": people.member("Viewer"),
        "operator": people.member("Operator"),
        "billing": people.billing("Billing"),
        "admin": people.admin("Admin"),
        "deactivated": people.admin("Deactivated"),
        "holder": None,
    }
    rows.key(team["owner"], account)
    rows.key(team["other"], rows.account("Elsewhere"))
    rows.key(team["deactivated"], account, "Left behind")
    for name, level in [("viewer", "view"), ("operator", "operate")]:
        Grant.objects.create(user=team[name], account=account, level=level, given_by=team["owner"])
    return team


@pytest.fixture
def shared(team):
    """A link to the account of the walk, and its address."""
    acme = Account.objects.get(name="Acme")
    link, secret = ShareLink.objects.make(team["admin"], days=7, name="Adviser", accounts=[acme])
    return link, reverse("open_shared", args=[link.pk, secret])


def labelled(rows, account):
    """A label of a service and of a line."""
    label = Label.objects.create(name="Shop")
    Remark.objects.create(service=Service.objects.get(account=account, status="Suspended"), label=label)
    Remark.objects.create(line=links.assign_by_hand(account.pk, "Support", None), label=label)
    return label


@pytest.fixture
def paths(team, rows, shared):
    account = Account.objects.get(name="Acme")
    invoice = rows.invoice(account, total="5", date=timezone.localdate())
    InvoiceItem.objects.create(invoice=invoice, position=1, description="Support")
    targets = {
        "service_id": rows.service(account).pk,
        "subject": rows.service(account, status="Suspended").pk,
        "invoice_id": invoice.pk,
        "line": line_key("Support"),
        "domain_id": rows.domain(account, detailed_at=None).pk,
        "key_id": ApiKey.objects.get(owner=team["owner"]).pk,
        "person_id": team["other"].pk,
        "command_id": ServiceCommand.objects.create(name="reboot", words="Reboot").pk,
        "operation_id": rows.operation(ApiKey.objects.get(owner=team["owner"]), batch=BATCH).pk,
        "batch": BATCH,
        "order": "pause",
        "act": "lock",
        "lockstatus": "locked",
        "switch": "on",
        "account_id": account.pk,
        "grant_id": Grant.objects.get(user=team["viewer"]).pk,
        "label_id": labelled(rows, account).pk,
        "set_id": NameserverSet.objects.create(name="Ours", servers=["a.example", "b.example"]).pk,
        "contact_id": 1,
        "email_id": 1,
        "announcement_id": 1,
        "order_id": 1,
        "quote_id": 1,
        "kind": "service",
        "method": "bank",
        "method_id": 1,
        "part": "products",
        "entry_id": Product.objects.create(remote_id=1, name="Linux VPS").pk,
        "noun": "services",
        "listing": "services",
        "view_id": SavedView.objects.create(
            owner=team["owner"], listing="services", name="Active", query="status=Active", shared=True
        ).pk,
        "month": f"{timezone.localdate():%Y-%m}",
        "link_id": shared[0].pk,
        "secret": "not-the-one-0123456789",
        "pk": 1,
        "invitation_id": Invitation.objects.create(
            email="new@example.com", name="New", invited_by=team["admin"], expires_at=timezone.now()
        ).pk,
        "session_id": 1,
        "uidb36": "1",
        "key": "abcdef-0123456789",
    }

    def path(name, **others):
        wanted = PATTERNS[name].pattern.regex.groupindex or PATTERNS[name].pattern.converters
        return reverse(name, kwargs={part: (targets | others)[part] for part in wanted})

    return path


def got(page):
    """htmx follows no redirect itself: it is told where the page goes."""
    leads_to = page.leads_to or page.headers.get("HX-Redirect", "")
    if leads_to.startswith("/sign-in/?next="):
        return SIGN_IN
    return SENT if "HX-Redirect" in page.headers else page.status


def ask(browser, method, path, name):
    if method == "htmx":
        return browser.htmx(path, target=name.replace("_", "-"))
    return browser.get(path) if method == "get" else browser.post(path, {"next": ""})


def test_it_declares_what_everybody_gets_of_every_pattern():
    assert set(TABLE) == set(PATTERNS)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("method", ["get", "htmx", "post"])
def test_it_gives_everybody_what_the_table_says(visit, team, paths, shared, name, method):
    given = {}
    for who, user in team.items():
        browser = visit(user, proven=False)
        if who == "deactivated":
            user.deactivate()
        if who == "holder":
            browser.get(shared[1])
        with transaction.atomic():  # what one of them changes, the next must not find changed
            given[who] = got(ask(browser, method, paths(name), name))
            transaction.set_rollback(True)

    assert given == TABLE[name][method == "post"]


def takes_post(name):
    return TABLE[name][1]["admin"] != NOT_SO


def test_it_says_of_every_post_whether_it_asks_again():
    assert set(AGAIN) == {name for name in TABLE if takes_post(name)}


@pytest.fixture
def asking(team, paths):
    """Where a post asks again, if it does not do so everywhere."""
    account = Account.objects.get(name="Acme")
    order = {
        "account": account.pk,
        "product_id": 1,
        "cycle": "monthly",
        "payment_method": "stripe",
        "review": 1,
    }
    queries = {"create_order": order, "pay_invoices": {"invoice": Invoice.objects.get().pk}}
    variants = {
        "set_lock": {"lockstatus": "unlocked"},
        "set_auto_renew": {"switch": "off"},
        "change_domains": {"act": "unlock"},
    }

    def path(name):
        query = f"?{urlencode(queries[name])}" if name in queries else ""
        return paths(name, **variants.get(name, {})) + query

    return path


def who_may(team, name):
    """An admin; where one needs a key of one's own, its owner."""
    return team["owner" if TABLE[name][1]["admin"] == GONE and name != "decide" else "admin"]


@pytest.mark.parametrize("name", AGAIN)
def test_it_asks_again_or_not_as_it_says(visit, team, asking, name):
    """The visitor signed in a while ago."""
    if name.startswith("mfa_"):
        for pk, kind in enumerate(["webauthn", "totp", "recovery_codes"], 1):
            data = {"seed": sealing.seal_text("seed", SEED), "used_mask": 0}
            Authenticator.objects.create(pk=pk, user=who_may(team, name), type=kind, data=data)

    page = visit(who_may(team, name), proven=False).post(asking(name), {"next": ""})

    is_asked = page.leads_to.startswith("/sign-in/again/") and page.path not in page.leads_to
    assert is_asked == (AGAIN[name] == ASKS)


@pytest.mark.parametrize("name", [name for name in AGAIN if "reauthenticate" not in name])
def test_a_script_that_asks_first_learns_the_same_and_nothing_is_done(visit, team, asking, name):
    """With what for; the dialog says it in one line."""
    if name.startswith("mfa_"):
        for pk, kind in enumerate(["webauthn", "totp", "recovery_codes"], 1):
            data = {"seed": sealing.seal_text("seed", SEED), "used_mask": 0}
            Authenticator.objects.create(pk=pk, user=who_may(team, name), type=kind, data=data)
    browser, done = visit(who_may(team, name), proven=False), []

    def note(execute, sql, params, many, context):
        if found := re.match(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', sql.lstrip()):
            done.append(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        page = browser.post(asking(name), {"next": ""}, **{"Ask-First": "yes"})

    assert (page.status == 303) == (AGAIN[name] == ASKS)
    assert page.status in {204, 303}
    assert set(done) <= {trace for trace in TRACES if " " not in trace} | {"ultahost_api_account"}
    no_rows = name in {"pay_invoices", "change_domains"}
    if AGAIN[name] == ASKS and not no_rows and not name.startswith("mfa_"):
        question = browser.get(page.leads_to, **{"Ask-First": "yes"})
        assert question.one(".purpose").text.removeprefix("To continue:").strip()


# Not to be done in this team: no rotation or two-factor sign-in was begun, no calendar link made,
# nothing is to be paid, no rows are selected, no key has failed, and what an account is called cannot be
# read.
NOT_NOW = {
    "finish_rotation", "undo_rotation", "verify_two_factor", "pay_invoices", "retry_key", "edit_account",
    "revoke_feed", "change_domains",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, why in AGAIN.items() if why == ASKS and name[:4] != "mfa_"])
def test_it_leads_back_to_a_page_where_the_act_is_one_click_away(visit, team, asking, name):
    """A browser cannot send a post again by itself."""
    page = visit(who_may(team, name), proven=False).post(asking(name), {"next": ""})
    (there,) = parse_qs(urlsplit(page.leads_to).query)["next"]
    proven = visit(who_may(team, name))

    back = proven.get(there)

    if back.leads_to and name in NOT_NOW:
        back = proven.follow(back)
    assert back.status == 200
    actions = [form.attributes.get("action", there) for form in back.all("main form")]
    assert asking(name) in actions or name in NOT_NOW


# What looking at any page may leave behind: sessions and limits, what calls cost, that somebody watches and
# wants details. Of the team's rows these columns alone.
TRACES = {
    "django_session", "usersessions_usersession", "portal_cache", "portal_live_cache",
    "ultahost_api_ratewindow",
    "ultahost_api_account watched_until", "ultahost_api_service details_wanted_at",
    "ultahost_api_invoice details_wanted_at", "ultahost_api_domain details_wanted_at",
    "ultahost_api_service details_tries", "ultahost_api_invoice details_tries",
    "ultahost_api_domain details_tries",
}  # fmt: skip
# What only these pages leave, and have to: lists are refreshed sooner while they are on screen, so are the
# details of what somebody opened, and a copy that was taken is in the log.
SOONER = {"ultahost_api_refresh next_due_at", "ultahost_api_refresh pace"}
OPENED = {"ultahost_api_refresh next_due_at", "ultahost_api_refresh rung_until"}
LOGGED = {
    "portal_auditentry rows", "portal_audittext rows", "portal_audithead hash", "portal_audithead seq",
}  # fmt: skip
LISTED = ["services", "invoices", "domains", "orders", "quotes", "emails"]
LEFT = {
    **dict.fromkeys([*LISTED, "home", "freshness", "spend", "comparison", "statements", "statement"], SOONER),
    **dict.fromkeys(["service", "invoice", "invoice_print", "domain"], OPENED),
    **{
        f"{name}_csv": LOGGED
        for name in [
            *LISTED,
            "statement",
            "operations",
            "changes",
            "accounts",
            "audit",
            "spend",
            "comparison",
        ]
    },
}


@pytest.mark.parametrize("name", TABLE)
def test_it_changes_nothing_when_somebody_only_looks(visit, team, paths, name):
    written, acts = set(), set()

    def note(execute, sql, params, many, context):
        if found := re.match(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', sql.lstrip()):
            columns = re.findall(r'"(\w+)" = ', sql.partition(" WHERE ")[0])
            written.update({found[1]} & TRACES or {f"{found[1]} {column}" for column in columns or ["rows"]})
        return execute(sql, params, many, context)

    for who in ("owner", "admin"):
        browser, target = visit(team[who]), paths(name)
        known = list(AuditEntry.objects.values_list("pk", flat=True))
        with connection.execute_wrapper(note):
            for method in ("get", "htmx"):
                ask(browser, method, target, name)
        acts.update(AuditEntry.objects.exclude(pk__in=known).values_list("act", flat=True))

    assert written - TRACES == LEFT.get(name, set())
    assert acts == ({Act.EXPORTED} if LEFT.get(name) is LOGGED else set())


@pytest.mark.parametrize("name", TABLE)
def test_it_builds_no_address_from_the_host_that_was_asked(visit, team, paths, name):
    for who in (None, team["admin"]):
        browser = visit(who)
        browser.client.defaults["HTTP_HOST"] = "localhost:6666"

        page = browser.get(paths(name))

        assert ":6666" not in f"{page.html} {page.headers}"


# What belongs together leads into no other account

CANARY = "canary.example.com"


def falling_due(noun):
    """What puts a row into the agenda and the statement of today's month."""
    today = timezone.localdate()
    return {
        "invoice": {"date": today, "due_date": today, "total": "7"},
        "service": {"next_due_date": today, "billing_cycle": "Monthly", "amount": "7"},
        "domain": {"next_due_date": today, "registration_period": 1, "recurring_amount": "7"},
    }.get(noun, {})


@pytest.fixture
def canary(paths, rows):
    """Another private account, whose rows have the ids and names of the walk's and are linked with them."""
    mine = {
        "service": Service.objects.exclude(status="Suspended").get(),
        "domain": Domain.objects.get(),
        "invoice": Invoice.objects.get(),
        "order": rows.order(Account.objects.get(name="Acme"), remote_id=1, gone_at=timezone.now()),
    }
    rows.email(mine["order"].account, remote_id=1, subject=f"Invoice N-1: {CANARY}")
    theirs = Account.objects.create(remote_uuid="canary", name="Canary", currency="USD")
    AccountPolicy.objects.create(account=theirs, private=True)
    named = {"service": "domain", "domain": "name", "invoice": "number", "order": "number"}
    for noun, row in mine.items():
        told = {named[noun]: "N-1" if noun == "invoice" else CANARY}
        getattr(rows, noun)(theirs, remote_id=row.remote_id, **told | falling_due(noun))
    of_theirs = {noun: type(row).objects.get(account=theirs) for noun, row in mine.items()}
    of_theirs["service"].product_name = CANARY
    of_theirs["service"].save()
    summed = {"date": timezone.localdate(), "detailed_at": timezone.now(), "subtotal": 1, "total": 1}
    Invoice.objects.update(**summed)
    Order.objects.update(invoice_id=mine["invoice"].remote_id)
    for noun in ("service", "domain"):
        InvoiceItem.objects.create(invoice=mine["invoice"], position=0, **{noun: of_theirs[noun]})
        InvoiceItem.objects.create(
            invoice=of_theirs["invoice"], position=0, description=CANARY, **{noun: mine[noun]}
        )
        for order in (mine["order"], of_theirs["order"]):
            OrderItem.objects.create(order=order, position=0, kind=noun, remote_id=mine[noun].remote_id)
    type(mine["invoice"]).objects.filter(pk=mine["invoice"].pk).update(detailed_at=timezone.now())
    label = Label.objects.create(name=CANARY)
    for noun in ("service", "domain"):
        Remark.objects.create(**{noun: of_theirs[noun]}, label=label, note=CANARY)
    line = links.assign_by_hand(theirs.pk, CANARY, None)
    Remark.objects.create(line=line, label=label)
    return [str(theirs.pk), str(label.pk), *(str(row.pk) for row in of_theirs.values())]


@pytest.mark.parametrize("name", TABLE)
def test_it_shows_nothing_of_another_account(visit, team, paths, canary, settings, name):
    there = paths(name)
    for who in ("owner", "viewer", "operator"):
        browser = visit(team[who])
        if name == "calendar":
            there = feeds.make(team[who], [*Kind]).removeprefix(settings.PORTAL_URL)
        pages = [browser.get(there), browser.htmx(there, target=name.replace("_", "-"))]
        if name in {*LISTED, "search"}:
            pages.append(browser.get(f"{there}?q=example"))
        for page in pages:
            assert not [one for one in canary if one in page.html]
            assert CANARY not in page.html.replace(f"N-1: {CANARY}", "")


# What is compressed

SECRETIVE = {
    "feed",
    "make_feed",
    "calendar",
    "epp_code",
    "two_factor",
    "shared",
    "open_shared",
    "share_links",
    "email_body",
    "password_link",
}


def test_it_compresses_the_pages_that_are_named_and_no_other(visit, team, paths, shared):
    assert not SECRETIVE & COMPRESSED
    compressed = set()
    for who in ("nobody", "owner", "admin", "holder"):
        browser = visit(team[who])
        browser.client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip, br"
        if who == "holder":
            browser.get(shared[1])
        for name in TABLE:
            with transaction.atomic():
                if browser.get(paths(name)).is_compressed:
                    compressed.add(name)
                transaction.set_rollback(True)

    assert compressed <= COMPRESSED
    assert {"home", "services", "invoice", "domain", "audit"} <= compressed
