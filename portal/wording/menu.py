"""The pages of the menu, in its order."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.models import User


@dataclass(frozen=True, slots=True, eq=False)  # a hash of its label would look that up
class Noun:
    """One link of the menu, named after its URL. Group 0 is also the bar at the bottom of a phone."""

    name: str
    label: Promise
    icon: str
    group: int
    shortcut: str = ""
    for_key_holders: bool = False
    for_admins: bool = False

    def is_for(self, user: User) -> bool:
        return (user.may_hold_keys or not self.for_key_holders) and (user.is_admin or not self.for_admins)


NOUNS = (
    Noun("home", _("Home"), "home", 0, "g h"),
    Noun("services", _("Services"), "server-stack", 0, "g s", for_key_holders=True),
    Noun("invoices", _("Invoices"), "document-text", 0, "g i"),
    Noun("domains", _("Domains"), "globe-alt", 0, "g d", for_key_holders=True),
    Noun("spend", _("Spend"), "chart-bar", 1, "g m"),
    Noun("agenda", _("Agenda"), "calendar-days", 1, "g e"),
    Noun("orders", _("Orders"), "shopping-cart", 1, "g o", for_key_holders=True),
    Noun("quotes", _("Quotes"), "clipboard-document-list", 1, for_key_holders=True),
    Noun("payment_methods", _("Payment methods"), "credit-card", 1),
    Noun("statements", _("Statements"), "calculator", 1),
    Noun("accounts", _("Accounts"), "building-office", 2),
    Noun("contacts", _("Contacts"), "identification", 2, for_key_holders=True),
    Noun("emails", _("E-mails"), "envelope", 2, for_key_holders=True),
    Noun("announcements", _("Announcements"), "megaphone", 2, for_key_holders=True),
    Noun("keys", _("Keys"), "key", 3, "g k", for_key_holders=True),
    Noun("changes", _("Changes"), "arrow-path-rounded-square", 3, "g c"),
    Noun("operations", _("Activity"), "clock", 3, "g a"),
    Noun("people", _("People"), "users", 3, "g p", for_admins=True),
    Noun("share_links", _("Share links"), "link", 3, for_admins=True),
    Noun("catalogue", _("Catalogue"), "book-open", 3, for_admins=True),
    Noun("audit", _("Audit log"), "shield-check", 3, for_admins=True),
)
