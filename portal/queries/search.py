"""One search over everything that a user may see: a function for each noun, each by its own rule of rights.

The index names the rows of all nouns with one statement; each noun then reads at most MOST_FOUND of them.
A row is found if its texts and the name of its account hold all words, as in its list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext

from portal import access
from portal.models import Product, ServiceCommand, User
from portal.queries import offers
from portal.queries.places import is_called, places
from portal.queries.verbs import SHORTEST, begins, length
from ultahost_api.models import Invoice, Noun, Service
from ultahost_api.models.folding import has_all, searchable, wanted
from ultahost_api.models.held_words import Words
from ultahost_api.models.newest import newest
from ultahost_api.models.row_statuses import NOT_RUNNING_SERVICE
from ultahost_api.models.search_index import Among, Found, beginning, equal_to, look_up

SHOWN, COUNTED = access.MOST_FOUND, 100  # rows of a group; a count beyond this is not told exactly
_LONG = 20  # letters, from which on few rows hold a word, and the index takes long to read it
# Of what is searched for most often the last one is meant. The day of each such noun.
_DAYS = {Noun.INVOICES: "date", Noun.ORDERS: "date", Noun.QUOTES: "created_on", Noun.EMAILS: "date"}
_NAMED = 3  # words of a search that may be those of an account


@dataclass(slots=True)
class Group:
    """Some rows of one noun. ``count`` is how many there are, at most COUNTED + 1."""

    name: str
    rows: list[Any]
    count: int
    is_exact: bool = False  # whether the first row is called exactly what was searched for


@dataclass(frozen=True, slots=True)
class Act:
    """What can be done to a row: one of the commands of a service, paying an invoice, ordering a product.

    ``is_named``: the search is the whole name of the command and of the service, and means no other act.
    """

    row: Service | Invoice | Product
    command: ServiceCommand | None = None
    is_named: bool = False


def search(user: User, query: str) -> list[Group]:
    """Groups that have rows, those with an exact match first."""
    words = wanted(query)
    if not words or (len(query.strip()) < SHORTEST and query.isascii()):  # none: it shows nothing at all
        return []
    asked = Search(user, words)
    found = [acts(asked), *asked.cached(), accounts(asked), people(asked), keys(asked), pages(asked)]
    shown = sorted((group for group in found if group.rows), key=lambda group: not group.is_exact)
    if not shown and (commands := bare_commands(asked)).rows:
        shown = [commands]
    return shown if shown and "@" not in query else [*shown, *contacts(user, query)]


def contacts(user: User, query: str) -> list[Group]:
    """The accounts of which the contacts can be searched: these are read live, so that no index has them."""
    rows = list(access.accounts_to_view(user)[: SHOWN + 1]) if any(map(str.isalpha, query)) else []
    return [Group("contacts", rows[:SHOWN], len(rows))] if rows else []


@dataclass(frozen=True, slots=True)
class Way:
    """How a row may meet a search: it holds ``words``, and its account is one of these, if any are named."""

    words: Words
    accounts: frozenset[Any] | None = None

    def among(self, rows: Among) -> Among:
        if self.accounts is None:
            return rows
        return Among(rows.model, lambda: rows.rows.filter(account__in=self.accounts))


class Asked(NamedTuple):
    """Rows of a noun to choose from, and the words to meet."""

    noun: Noun
    among: Among
    words: Words


class Search:
    """One search of one person: what the index knows, looked up once for all nouns and acts."""

    def __init__(self, user: User, words: Words) -> None:
        self.user, self.words = user, words
        self.verbs = self._verbs() if len(words) > 1 else {}
        allowed = tuple(access.ROWS_TO_VIEW) if user.may_hold_keys else (Noun.INVOICES,)
        self.asked = {noun.value: Asked(noun, self._to_view(noun), words) for noun in allowed}  # by name
        for verb, (noun, rows, command) in self.verbs.items():
            self.asked[verb] = Asked(noun, rows, words[length(command, words) :])

    def _to_view(self, noun: Noun) -> Among:
        known = access.rights_if_known(self.user)
        key = (noun, known) if known else None
        return Among(access.MODELS[noun], lambda: access.ROWS_TO_VIEW[noun](self.user).present(), key)

    def cached(self) -> list[Group]:
        """The groups of the nouns that are copied from Ultahost."""
        return [self.group(name) for name in self.asked if name not in self.verbs]

    def group(self, name: str) -> Group:
        """First the rows that are called so, then those of which a text begins so, then any other."""
        noun, _among, words = self.asked[name]
        tiers = self._tiers(name)
        ids = [*dict.fromkeys(_hex(pk) for tier in tiers for pk in tier)]
        count = len(ids) if all(found.is_all for found in self._met(name)) else COUNTED + 1
        if noun in _DAYS:
            ids = [*dict.fromkeys(_hex(pk) for tier in self._newest[name] for pk in tier)]
        shown = _read(self.user, noun, ids[:SHOWN]) if ids else []
        shown.sort(key=lambda row: not _is_called(row.folded, words))
        return Group(name, shown, count, bool(shown) and _is_called(shown[0].folded, words))

    def _tiers(self, name: str) -> list[list[Any]]:
        """The ids of rows, the best ones first."""
        best = [self._found[key].ids for key in (f"{name} =", f"{name} ^") if key in self._found]
        return [*best, [pk for found in self._met(name) for pk in found.ids]]

    def _met(self, name: str) -> list[Found]:
        return [self._found[f"{name} {n}"] for n in range(len(self._ways(self.asked[name].words)))]

    @cached_property
    def _newest(self) -> dict[str, list[list[Any]]]:
        """The first of each tier, of the nouns that have a day. One statement tells them all."""
        asked = [
            (name, (access.MODELS[noun], _DAYS[noun], tier))
            for name, (noun, _among, _words) in self.asked.items()
            if noun in _DAYS
            for tier in self._tiers(name)
            if tier
        ]
        told: dict[str, list[list[Any]]] = {name: [] for name in self.asked}
        for (name, _asked), ids in zip(asked, newest([one for _, one in asked], SHOWN), strict=True):
            told[name].append(ids)
        return told

    def _verbs(self) -> "dict[str, tuple[Noun, Among, ServiceCommand | None]]":
        """What the first words ask to be done to the rows that the other words name."""
        verbs: dict[str, tuple[Noun, Among, ServiceCommand | None]] = {}
        if self.user.may_hold_keys:
            for command in ServiceCommand.objects.all():
                if length(command, self.words):
                    verbs[str(command.pk)] = Noun.SERVICES, self._to_command(command), command
        if length(None, self.words):
            invoices = access.invoices_to_pay(self.user).payable().without_payment()
            verbs["pay"] = Noun.INVOICES, Among(Invoice, lambda: invoices), None
        return verbs

    def _to_command(self, command: ServiceCommand) -> Among:
        rows = access.services_to_view(self.user).of(access.accounts_to_operate(self.user))
        return Among(Service, lambda: command.among(rows).present())

    @cached_property
    def _found(self) -> dict[str, Found]:
        asked: dict[str, tuple[Among, Words]] = {}
        for name, (_noun, rows, words) in self.asked.items():
            asked |= {f"{name} {n}": (way.among(rows), way.words) for n, way in enumerate(self._ways(words))}
            if len(words) == 1 and all(len(spelling) < _LONG for spelling in words[0]):
                asked |= {f"{name} =": (rows, equal_to(words[0])), f"{name} ^": (rows, beginning(words[0]))}
        return look_up(asked, COUNTED)

    def _ways(self, words: Words) -> list[Way]:
        """All words in the text of a row, or some of them in the name of its account."""
        ways = [Way(words)]
        named = [(word, ids) for word, ids in self._named if word in words]
        for size in range(1, len(named) + 1):
            for some in combinations(named, size):
                ids = frozenset.intersection(*(ids for _word, ids in some))
                if ids:
                    in_name = [word for word, _ids in some]
                    ways.append(Way([word for word in words if word not in in_name], ids))
        return ways

    @cached_property
    def _named(self) -> list[tuple[set[str], frozenset[Any]]]:
        """The words that stand in names of accounts, with the accounts: the rights know both already."""
        known = [(account.pk, account.folded) for account in access.accounts_with_invoices(self.user)]
        named = []
        for word in self.words:
            ids = frozenset(pk for pk, name in known if any(spelling in name for spelling in word))
            if ids:
                named.append((word, ids))
        return named[:_NAMED]


def acts(asked: Search) -> Group:
    """ "reboot tiny-observatory", "pay 347", "order vps": each leads to the page that asks first."""
    found = [
        Act(row, command)
        for verb, (_noun, _rows, command) in asked.verbs.items()
        for row in asked.group(verb).rows
        if command is None or offers.of_service(row, None).runs
    ]
    named = [act for act in found if _names(asked.words, act)]
    if len(named) == 1:
        found.remove(named[0])
        found.insert(0, replace(named[0], is_named=True))
    found += _orders(asked)
    return Group("acts", found[:SHOWN], len(found[:SHOWN]), is_exact=True)


def bare_commands(asked: Search) -> Group:
    """ "reboot" alone: with the first services that take it, until the name of one is typed behind it."""
    found: list[Act] = []
    if asked.user.may_hold_keys:
        rows = access.services_to_view(asked.user).of(access.accounts_to_operate(asked.user)).present()
        for command in ServiceCommand.objects.all():
            tokens = searchable([command.words]).split()
            if len(asked.words) <= len(tokens) and all(map(begins, tokens, asked.words)):
                running = command.among(rows).exclude(status__in=NOT_RUNNING_SERVICE)
                some = running.order_by("domain", "product_name", "pk")[:SHOWN]
                found += [Act(row, command) for row in some]
    return Group("acts", found[:SHOWN], len(found[:SHOWN]), is_exact=True)


def _names(words: Words, act: Act) -> bool:
    """Whether the words are the whole name of a command and that of a service, and nothing else."""
    if act.command is None:
        return False
    command = searchable([act.command.words]).split()
    is_command = all(token in word for token, word in zip(command, words, strict=False))
    return is_command and _is_called(searchable([str(act.row)]), words[len(command) :])


def _orders(asked: Search) -> list[Act]:
    """The products that some words name, where another one, at any place, asks to order."""
    told = gettext("order buy")  # what people type for it, a word each
    verbs = {"order", "buy", *searchable([told]).split()}
    named = [word for word in asked.words if word.isdisjoint(verbs)]
    if not named or len(named) == len(asked.words) or not access.accounts_to_operate(asked.user):
        return []
    rows = Product.objects.filter(kind=Product.Kind.SERVICE)
    return [Act(row) for row in rows if has_all(searchable([row.name]), named)]


def accounts(asked: Search) -> Group:
    """Their names are known with the rights."""
    found = [one for one in access.accounts_with_invoices(asked.user) if has_all(one.folded, asked.words)]
    found.sort(key=lambda account: not _is_called(account.folded, asked.words))
    is_exact = bool(found) and _is_called(found[0].folded, asked.words)
    return Group("accounts", found[:SHOWN], len(found), is_exact)


def people(asked: Search) -> Group:
    """An admin's."""
    rows = access.people_to_manage(asked.user)
    return _group("people", rows, ("name", "email"), asked.words)


def keys(asked: Search) -> Group:
    """Those that the user manages: by label, last four characters, owner and account."""
    rows = access.keys_to_manage(asked.user)
    return _group("keys", rows, ("label", "last_four", "owner__name", "account__name"), asked.words)


def pages(asked: Search) -> Group:
    found = places(asked.user, asked.words)
    is_exact = bool(found) and is_called(found[0], asked.words)
    return Group("pages", found[:SHOWN], len(found[:SHOWN]), is_exact)


def _group(name: str, rows: QuerySet[Any], columns: Sequence[str], words: Words) -> Group:
    """Of rows that are few, so that their texts are read whole."""
    found = [(pk, searchable(filter(None, texts))) for pk, *texts in rows.values_list("pk", *columns)]
    found = [(pk, text) for pk, text in found if has_all(text, words)]
    found.sort(key=lambda one: not _is_called(one[1], words))
    by_id = rows.in_bulk([pk for pk, _text in found[:SHOWN]]) if found else {}
    is_exact = bool(found) and _is_called(found[0][1], words)
    return Group(name, [by_id[pk] for pk, _text in found[:SHOWN]], len(found), is_exact)


def _read(user: User, noun: Noun, ids: Sequence[str]) -> list[Any]:
    """The rows in the order of the ids, which were found among those that the user may see."""
    by_id = {row.pk.hex: row for row in access.rows_found(user, noun, [UUID(pk) for pk in ids])}
    return [by_id[pk] for pk in ids if pk in by_id]


def _is_called(text: str, words: Words) -> bool:
    """Whether one of its texts is the word and nothing else."""
    return len(words) == 1 and not words[0].isdisjoint(text.split("\n"))


def _hex(row_id: Any) -> str:
    """SQLite's index has the ids as text, so that the same row may come twice."""
    return row_id if isinstance(row_id, str) else str(row_id.hex)
