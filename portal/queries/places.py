"""The portal's own pages and acts, as the search finds them by words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.models import User
from portal.wording.links import href
from portal.wording.menu import PAGES
from ultahost_api.models.folding import has_all, searchable


def _anyone(user: User) -> bool:
    return True


def _key_holders(user: User) -> bool:
    return user.may_hold_keys


def _admins(user: User) -> bool:
    return user.is_admin


def _operators(user: User) -> bool:
    return bool(access.accounts_to_operate(user))


def _payers(user: User) -> bool:
    return bool(access.accounts_to_pay(user))


@dataclass(frozen=True, slots=True, eq=False)  # a hash of its label would look that up
class Place:
    """A page or the start of an act. ``words`` are what people type for it besides its label."""

    label: str | Promise
    words: str | Promise
    route: str
    parts: tuple[str, ...] = ()
    query: str = ""
    is_for: Callable[[User], bool] = _anyone

    @property
    def url(self) -> str:
        return href(self.route, *self.parts) + self.query


ACTS = (
    Place(_("Pay invoices"), _("pay bill open due"), "invoices", query="?status=Open", is_for=_payers),
    Place(
        _("Pay all overdue"),
        _("late unpaid bills invoices"),
        "invoices",
        query="?status=Overdue&sort=due#select-all",
        is_for=_payers,
    ),
    Place(_("Overdue invoices"), _("late unpaid reminder"), "invoices", query="?status=Overdue"),
    Place(_("Add a key"), _("new api key connect account"), "add_key", is_for=_key_holders),
    Place(
        _("Order a service"),
        _("buy new server hosting vps"),
        "create_order",
        ("service",),
        is_for=_operators,
    ),
    Place(
        _("Register a domain"), _("buy new domain order"), "create_order", ("register",), is_for=_operators
    ),
    Place(
        _("Transfer a domain"),
        _("move domain epp auth code order"),
        "create_order",
        ("transfer",),
        is_for=_operators,
    ),
    Place(
        _("Domains at risk"), _("expire lapse renew"), "domains", query="?view=at-risk", is_for=_key_holders
    ),
    Place(
        _("Suspended services"),
        _("blocked down"),
        "services",
        query="?status=Suspended",
        is_for=_key_holders,
    ),
    Place(_("Compare periods"), _("spend costs difference month quarter year dearer cheaper"), "comparison"),
    Place(_("Nameserver sets"), _("dns saved"), "nameserver_sets", is_for=_operators),
    Place(_("Invite a person"), _("add user member team"), "invite", is_for=_admins),
    Place(_("Add a share link"), _("accountant adviser outside"), "add_share_link", is_for=_admins),
    Place(
        _("Two-factor sign-in for the team"),
        _("security require 2fa mfa"),
        "require_second_factor",
        is_for=_admins,
    ),
    Place(_("First steps"), _("set up start guide onboarding"), "first_steps", is_for=_admins),
    Place(_("Your calendar link"), _("ics feed google outlook thunderbird subscribe agenda"), "feed"),
    Place(_("Your profile"), _("settings theme language time zone dark mode e-mail"), "profile"),
    Place(_("Signing in"), _("two-factor 2fa mfa passkey security recovery codes"), "mfa_index"),
    Place(_("Change your password"), _("new password"), "account_change_password"),
    Place(_("Your sessions"), _("browsers devices sign out"), "usersessions_list"),
)

# What people type for the pages of the menu, besides their labels
_WORDS = {
    "home": _("start dashboard overview"),
    "services": _("servers hosting vps products"),
    "invoices": _("bills payments"),
    "domains": _("names dns"),
    "spend": _("costs money charts run rate forecast report"),
    "agenda": _("calendar due dates renewals forecast next 90 days"),
    "orders": _("purchases"),
    "quotes": _("offers"),
    "payment_methods": _("cards bank stripe"),
    "statements": _("books month end accounting csv tax"),
    "accounts": _("clients companies access"),
    "contacts": _("addresses"),
    "emails": _("e-mails messages"),
    "announcements": _("news"),
    "keys": _("api tokens"),
    "changes": _("news history events"),
    "operations": _("activity log history"),
    "labels": _("projects customers cost centres rename merge"),
    "people": _("users members team roles"),
    "share_links": _("outside accountant"),
    "catalogue": _("products gateways commands"),
    "audit": _("log history security"),
}


ALL = (*ACTS, *(Place(noun.label, _WORDS[noun.name], noun.name, is_for=noun.is_for) for noun in PAGES))


def places(user: User, words: Sequence[set[str]]) -> list[Place]:
    """Those the user may open of whose words some begin so, the best first.

    These are called so, then those whose labels begin so, then those whose labels hold the words.
    """
    begun = _begun(words)
    found = [place for place in ALL if has_all(_text(place, get_language()), begun)]
    return [place for place in sorted(found, key=lambda place: _rank(place, words)) if place.is_for(user)]


def is_called(place: Place, words: Sequence[set[str]]) -> bool:
    """Whether the search is the label or its first word: "pay", "invite", "add a key"."""
    label = searchable([str(place.label)]).split()
    asked = len(words) in {1, len(label)}
    return asked and all(one in word for one, word in zip(label, words, strict=False))


def _rank(place: Place, words: Sequence[set[str]]) -> tuple[bool, ...]:
    label = searchable([str(place.label)])
    is_label = len(words) == 1 and label in words[0]
    return not is_label, not is_called(place, words), not has_all(f" {label}", _begun(words))


def _begun(words: Sequence[set[str]]) -> list[set[str]]:
    """As they stand where a word begins."""
    return [{f" {spelling}" for spelling in word} for word in words]


@lru_cache(maxsize=1000)
def _text(place: Place, _language: str | None) -> str:
    """Label and words, each with a space before it."""
    text = f" {searchable([str(place.label)])} {searchable([str(place.words)])} "
    return text + text.replace("-", " ")
