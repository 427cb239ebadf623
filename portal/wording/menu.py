"""The pages of the menu, in its order."""

from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.models import User


@dataclass(frozen=True, slots=True, eq=False)  # a hash of its label would look that up
class Noun:
    """One link of the menu, named after its URL; ``group`` is one of GROUPS.

    ``tabs`` are the pages that it leads to, if there are several; the first is its own.
    """

    name: str
    label: Promise
    icon: str
    group: str
    shortcut: str = ""
    for_key_holders: bool = False
    for_admins: bool = False
    tabs: "tuple[Noun, ...]" = ()
    also: tuple[str, ...] = ()  # pages that stand under it without a link here, by the names of their URLs

    def is_for(self, user: User) -> bool:
        return bool(those_for(user, (self,)))


def those_for(user: User, nouns: tuple[Noun, ...]) -> tuple[Noun, ...]:
    """Those of ``nouns`` that are for the user."""
    return _those_for(nouns, user.may_hold_keys, user.is_admin)


@lru_cache(maxsize=200)
def _those_for(nouns: tuple[Noun, ...], may_hold_keys: bool, is_admin: bool) -> tuple[Noun, ...]:
    return tuple(
        noun
        for noun in nouns
        if (may_hold_keys or not noun.for_key_holders) and (is_admin or not noun.for_admins)
    )


# In the order of the menu. Those without a title do not fold.
GROUPS: dict[str, str | Promise] = {
    "": "",
    "money": _("Money"),
    "mail": _("E-mail"),
    "history": "",
    "team": _("Team"),
}

HISTORY = (
    Noun("changes", _("Changes"), "arrow-path-rounded-square", "history", "g c"),
    Noun("operations", _("Activity"), "clock", "history", "g a"),
    Noun("audit", _("Audit log"), "shield-check", "history", for_admins=True),
)

NOUNS = (
    Noun("home", _("Home"), "home", "", "g h"),
    Noun("services", _("Services"), "server-stack", "", "g s", for_key_holders=True),
    Noun("domains", _("Domains"), "globe-alt", "", "g d", for_key_holders=True),
    Noun("invoices", _("Invoices"), "document-text", "money", "g i"),
    Noun("spend", _("Spend"), "chart-bar", "money", "g m"),
    Noun("agenda", _("Agenda"), "calendar-days", "money", "g e"),
    Noun("statements", _("Statements"), "calculator", "money"),
    Noun("orders", _("Orders"), "shopping-cart", "money", "g o", for_key_holders=True),
    Noun("quotes", _("Quotes"), "clipboard-document-list", "money", for_key_holders=True),
    Noun("payment_methods", _("Payment methods"), "credit-card", "money"),
    Noun("emails", _("E-mails"), "envelope", "mail", for_key_holders=True),
    Noun("announcements", _("Announcements"), "megaphone", "mail", for_key_holders=True),
    Noun("contacts", _("Contacts"), "identification", "mail", for_key_holders=True),
    Noun("changes", _("History"), "clock", "history", "g c", tabs=HISTORY),
    Noun("accounts", _("Accounts"), "building-office", "team"),
    Noun("keys", _("Keys"), "key", "team", "g k", for_key_holders=True),
    Noun("labels", _("Labels"), "tag", "team", also=("nameserver_sets",)),
    Noun("people", _("People"), "users", "team", "g p", for_admins=True),
    Noun("share_links", _("Share links"), "link", "team", for_admins=True),
    Noun("catalogue", _("Catalogue"), "book-open", "team", for_admins=True),
)

PAGES = tuple(page for noun in NOUNS for page in noun.tabs or (noun,))

# Of a phone: these, and a menu of this group; the rest is under More.
AT_THE_BOTTOM, GROUP_AT_THE_BOTTOM = ("home", "services", "domains"), "money"
