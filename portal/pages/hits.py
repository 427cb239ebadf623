"""How results of the search are drawn: the name of each row, what stands beneath, its account and status."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import Product
from portal.pages import parts
from portal.wording import formats
from portal.wording.links import href
from ultahost_api.models import LISTS
from ultahost_api.models.folding import folded, wanted

_OPTION = ' role="option" aria-selected="false" tabindex="-1" id="search-{}-{}"'
_MOST = 120  # characters of a line of an invoice


@dataclass(frozen=True, slots=True)
class Hit:
    title: object
    url: str
    beneath: object = ""
    account: object = ""
    state: Any = ""  # a pill
    figure: Any = ""  # an amount or a day

    def draw(self, attributes: str = "") -> SafeString:
        """A link; without a template, since a search draws dozens of them."""
        beneath = f" <small>{escape(self.beneath)}</small>" if self.beneath else ""
        account = f'<span class="account">{escape(self.account)}</span>' if self.account else ""
        figure = f'<span class="figure">{conditional_escape(self.figure)}</span>' if self.figure else ""
        return SafeString(
            f'<a class="hit" href="{escape(self.url)}"{attributes}><span class="words">'
            f'<span class="title">{escape(self.title)}</span>{beneath}</span> {account}'
            f" {conditional_escape(self.state)} {figure}</a>"
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """A group: what it is called, its results, and where all of them are."""

    name: str
    label: str
    hits: list[Hit]
    more: str = ""  # "all 12 in Invoices"
    url: str = ""
    question: str = ""  # address of the page that asks about the first one, where only that can be meant

    @property
    def rows(self) -> SafeString:
        return SafeString("".join(f"<li>{hit.draw(self._asks)}</li>\n" for hit in self.hits))

    @property
    def options(self) -> SafeString:
        """Options of a list in which arrows move."""
        return SafeString(
            "\n".join(hit.draw(_OPTION.format(self.name, n) + self._asks) for n, hit in enumerate(self.hits))
        )

    @property
    def _asks(self) -> str:
        """Acts, and pages on which one begins, may need the password first."""
        return " data-asks" if self.name in {"acts", "pages"} else ""


LABELS: dict[str, str | Promise] = {
    "acts": gettext_lazy("Actions"),
    **{noun.value: noun.label for noun in LISTS},
    "contacts": gettext_lazy("Contacts"),
    "accounts": gettext_lazy("Accounts"),
    "people": gettext_lazy("People"),
    "keys": gettext_lazy("Keys"),
    "pages": gettext_lazy("Pages"),
}
# Their pages have no list that could be searched.
_WITHOUT_SEARCH = {"acts", "contacts", "people", "keys", "pages"}


def drawn(groups: Iterable[Any], query: str, most: int, **about: set[Any]) -> list[Drawn]:
    """``groups`` are those of ``queries.search``; of a count above ``most`` only that is told.

    ``about`` has the ids of accounts whose page is ``open`` to the person and whose mails are ``readable``.
    """
    return [_group(group, query, most, {"query": query, **about}) for group in groups]


def _group(group: Any, query: str, most: int, about: Mapping[str, Any]) -> Drawn:
    label = str(LABELS[group.name])
    hits = [_DRAW[group.name](row, about) for row in group.rows]
    if group.count <= len(group.rows):
        is_named = group.name == "acts" and group.rows[0].is_named
        return Drawn(group.name, label, hits, question=hits[0].url if is_named else "")
    if group.name in _WITHOUT_SEARCH:
        return Drawn(group.name, label, hits, _("All %(label)s") % {"label": label}, href(group.name))
    number = f"{most}+" if group.count > most else str(group.count)
    more = _("All %(number)s in %(label)s") % {"number": number, "label": label}
    return Drawn(group.name, label, hits, more, f"{href(group.name)}?{urlencode({'q': query})}")


def _act(act: Any, _about: Mapping[str, Any]) -> Hit:
    row = act.row
    if act.command:
        url = href("run_command", row.pk, act.command.pk)
        return Hit(f"{act.command}: {row}", url, row.product_name, row.account, parts.status(row.status))
    if isinstance(row, Product):
        title = _("Order %(product)s") % {"product": row}
        return Hit(title, f"{href('create_order', 'service')}?{urlencode({'usual': row.pk})}")
    amount = formats.money(row.total, row.currency)
    title = _("Pay invoice %(invoice)s") % {"invoice": row}
    return Hit(title, href("pay_invoice", row.pk), "", row.account, parts.status(row.shown_status), amount)


def _service(row: Any, _about: Mapping[str, Any]) -> Hit:
    beneath = row.product_name if row.domain else ""
    amount = parts.amount(row, "amount", row.account.currency)
    return Hit(row, href("service", row.pk), beneath, row.account, parts.status(row.status), amount)


def _domain(row: Any, _about: Mapping[str, Any]) -> Hit:
    day = formats.day(row.expiry_date or row.next_due_date)
    return Hit(row, href("domain", row.pk), row.registrar, row.account, parts.status(row.status), day)


def _invoice(row: Any, about: Mapping[str, Any]) -> Hit:
    amount = parts.amount(row, "total", row.currency)
    line = _line(row.lines, about["query"]) or formats.day(row.date)
    state = parts.status(row.shown_status)
    return Hit(row, href("invoice", row.pk), line, row.account, state, amount)


def _line(lines: str, query: str) -> str:
    """The line of an invoice, or thing of an order, that holds most of the words; the first of these."""
    words, best, most = wanted(query), "", 0
    for line in lines.split("\n"):
        text = folded(line)
        held = sum(any(spelling in text for spelling in word) for word in words)
        if held > most:
            best, most = line, held
        if most == len(words):
            break
    return best[:_MOST]


def _order(row: Any, about: Mapping[str, Any]) -> Hit:
    url = href("order", row.account_id, row.remote_id)
    amount = parts.amount(row, "amount", row.currency)
    beneath = _line("\n".join(row.things), about["query"]) or formats.day(row.date)
    return Hit(row, url, beneath, row.account, parts.status(row.status), amount)


def _quote(row: Any, _about: Mapping[str, Any]) -> Hit:
    url, state = href("quote", row.account_id, row.remote_id), parts.status(row.shown_stage)
    amount = parts.amount(row, "total", row.currency)
    return Hit(row, url, formats.day(row.created_on), row.account, state, amount)


def _email(row: Any, about: Mapping[str, Any]) -> Hit:
    """Of a mail that the person may not read, its line in the list."""
    url = f"{href('emails')}?q=%23{row.remote_id}"
    if row.account_id in about["readable"]:
        url = href("email", row.account_id, row.remote_id)
    return Hit(row.subject or _("No subject"), url, "", row.account, "", formats.day(row.date))


def _contacts(row: Any, about: Mapping[str, Any]) -> Hit:
    url = f"{href('contacts')}?{urlencode({'account': row.pk, 'q': about['query']})}"
    return Hit(_("Search the contacts of %(account)s") % {"account": row}, url, _("Looked up at Ultahost"))


def _account(row: Any, about: Mapping[str, Any]) -> Hit:
    """Of one that is not open to the person, its invoices, as in the list of accounts."""
    is_open = row.pk in about["open"]
    url = href("account", row.pk) if is_open else f"{href('invoices')}?account={row.pk}"
    return Hit(
        row, url, "" if is_open else LABELS["invoices"], "", parts.status(row.status) if row.status else ""
    )


def _person(row: Any, _about: Mapping[str, Any]) -> Hit:
    state = "" if row.is_active else parts.status("deactivated")
    return Hit(row, href("person", row.pk), row.email, row.get_role_display(), state)


def _key(row: Any, _about: Mapping[str, Any]) -> Hit:
    state = parts.status(row.state)
    return Hit(row, href("key", row.pk), row.owner, row.account or "", state)


def _place(place: Any, _about: Mapping[str, Any]) -> Hit:
    return Hit(place.label, place.url)


_DRAW: dict[str, Callable[[Any, Mapping[str, Any]], Hit]] = {
    "acts": _act,
    "services": _service,
    "domains": _domain,
    "invoices": _invoice,
    "orders": _order,
    "quotes": _quote,
    "emails": _email,
    "contacts": _contacts,
    "accounts": _account,
    "people": _person,
    "keys": _key,
    "pages": _place,
}
