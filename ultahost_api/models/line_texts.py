"""Which service or domain the text of an invoice line names.

The API tells no id in a line. A text is read in the shapes that WHMCS writes, and a thing is named when its
readings fit exactly one of the account's services and domains. All else is not assigned.
"""

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from ultahost_api.models import line_words as words
from ultahost_api.models.folding import in_unicode

# Marks that show nothing: soft hyphen, directions. The two joiners are letters of Persian names, and stay.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_DASH = re.compile(r"\s[‐-―−-]\s")
_LINE_END = re.compile(r"(?:\r|\n|<br ?/?>)+")
_LONGEST = 500  # characters of a line that is read

_NTH = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_DAY = (
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\.?|\d{4}年\d{1,2}月\d{1,2}日"
    rf"|(?:\w+,? )?{_NTH} \w+,? \d{{4}}|(?:\w+,? )?\w+ {_NTH},? \d{{4}})"
)
_PERIOD = re.compile(rf" ?\( ?{_DAY} - {_DAY} ?\)$")
_YEARS = re.compile(r"\d{1,2} ?[^\W\d_][^\d]{0,19}")  # "1 year/s", in any language


def _any_of(texts: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, texts))


_SETUP_FEE = re.compile(
    rf"(?:{_any_of(words.SETUP_FEE)})(?: -|:) (.+)|(.+?)(?: -)? \(?(?:{_any_of(words.SETUP_FEE)})\)?"
)
_PRORATA = re.compile(
    rf"(?:{_any_of(words.PRORATA)})(?: -|:) (.+)|(.+?)(?: -)? \(?(?:{_any_of(words.PRORATA)})\)?"
)
_ADDON = re.compile(rf"(?:{_any_of(words.ADDON)}) \((.+)")
_UPGRADE = re.compile(rf"(?:{_any_of(words.UPGRADE)})(?: \w+){{0,2}}: (.+)")
_HOST_BELOW = re.compile(r"\(?([^\s:()]+\.[^\s:()]+)\)?")
_BECOMES = re.compile(r" ?(?:=>|->|→) ?")
_BRACKET = re.compile(r"(.+) \(([^()]+)\)")
# "Invoice #198", "Mass Payment - Invoice Number: EUR-2026-198"
_PAID_INVOICE = re.compile(
    rf"(?:mass payment(?: -|:) ?)?(?:{_any_of(words.INVOICE)})"
    r"\s*(?:no\.?|nr\.?|num\.?|number|nummer|número|numéro|numero|n[°º]|№|id)?\s*"
    r"(?:[:#№]+\s*[\w./-]*\d[\w./-]*|(?:\w+[./-])*[^\W\d_]{0,4}\d+\.?)"  # and no "Invoice Ninja5"
)
_DOMAIN_LINES = ("domain renewal", "domain registration", "domain transfer")  # these also come without years
_TLD = re.compile(r"(?:^|\s)\.\w+(?:\.\w+)*")  # ".com domain renewal"
_RENEWED = re.compile(rf"(?:ال|ה)?(?:{_any_of(words.DOMAIN)}|{_any_of(words.RENEWAL)})[^\s()&+/-]*")
_BETWEEN_WORDS = re.compile(r"[\s'’.,:()/-]+")
_DOMAIN_FEES = ("grace fee", "grace period fee", "redemption fee", "redemption period fee")


@dataclass(frozen=True, slots=True)
class Named:
    """Neither when the text does not tell: then at most the ``product``. ``is_renewal`` of the domain."""

    service: UUID | None = None
    domain: UUID | None = None
    is_renewal: bool = False
    product: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """The days on which a thing was billed, as far as they are known. One that ``is_over`` has a ``last``."""

    first: date | None = None
    last: date | None = None
    is_over: bool = False

    def has(self, day: date) -> bool:
        has_ended = self.is_over and self.last is not None and self.last < day
        return (self.first is None or self.first <= day) and not has_ended


_ALWAYS = Life()


class Things:
    """One account's services (their product names, the present one first, and domain) and domains.

    ``lives`` tells things apart that have one name, where one has taken the place of the other.
    """

    def __init__(
        self,
        services: Iterable[tuple[UUID, Iterable[str], str]],
        domains: Iterable[tuple[UUID, str]],
        lives: Mapping[UUID, Life] | None = None,
    ) -> None:
        self.lives = lives or {}
        self.domains: defaultdict[str, set[UUID]] = defaultdict(set)
        self.products: defaultdict[str, set[UUID]] = defaultdict(set)
        self.hosts: defaultdict[str, set[UUID]] = defaultdict(set)
        self.names: dict[UUID, list[str]] = {}
        self.spelled: defaultdict[str, set[UUID]] = defaultdict(set)
        for pk, name in domains:
            self.domains[domain_key(name)].add(pk)
        for pk, products, host in services:
            self.hosts[domain_key(host)].add(pk)
            self.names[pk] = [product for product in products if product]
            for product in self.names[pk]:
                self.spelled[product].add(pk)
                self.products[plain(product)].add(pk)
        for index in (self.domains, self.products):
            index.pop("", None)
            index.default_factory = None

    def at(self, host: str) -> set[UUID]:
        key = domain_key(host)
        return self.hosts.get(key, set()) if key else set()

    def of(self, product: str) -> set[UUID]:
        return self.products.get(product, set())

    def without_host(self) -> set[UUID]:
        return self.hosts.get("", set())

    def product_of(self, some: set[UUID], text: str) -> str:
        """A name that ``text`` spells and all of ``some`` have or had; of several, the one they have now."""
        names = self.names[next(iter(some))] if some else ()
        told = [name for name in names if name in text and some <= self.spelled[name]]
        now = {self.names[pk][0] for pk in some} if len(told) > 1 else set()
        return max(told, key=lambda name: (now == {name}, len(name), name), default="")

    def services_on(self, day: date | None, some: set[UUID]) -> set[UUID]:
        """Those of ``some`` that can be billed on that day, where that is known of any."""
        if day is None or len(some) < 2:
            return some
        return {pk for pk in some if self.lives.get(pk, _ALWAYS).has(day)} or some

    def domains_on(self, day: date | None, some: set[UUID]) -> set[UUID]:
        """The same; a name is registered once at a time, so that a newer registration ends an older one."""
        there = self.services_on(day, some)
        lives = {pk: self.lives.get(pk, _ALWAYS) for pk in there} if day and len(there) > 1 else {}
        present = [pk for pk, life in lives.items() if not life.is_over]
        return {*present} if len(present) == 1 and lives[present[0]].first else there


def named(text: str, things: Things, day: date | None = None) -> Named:
    """What the first line of ``text`` names; the lines below it tell options. ``day`` is the invoice's."""
    first, *below = _LINE_END.split(text.strip())
    if len(first) > _LONGEST:
        return Named()
    line = _PERIOD.sub("", plain(first))
    line, is_fee = (line, False) if line in things.products else _undecorated(line)
    domains, is_renewal = _domains(line, things)
    domains = things.domains_on(day, domains)
    services = things.services_on(day, set(_services(line, below, things, is_fee=is_fee)))
    if len(domains) + len(services) != 1:
        # Also a line without a domain, of a product whose services have one.
        return Named(product="" if domains else things.product_of(services or things.of(line), first))
    return Named(domain=domains.pop(), is_renewal=is_renewal) if domains else Named(service=services.pop())


def expects_thing(text: str) -> bool:
    """Whether such a line is of a service or domain, known or not. A late fee or discount is of none."""
    line = plain(_LINE_END.split(text.strip(), maxsplit=1)[0])
    if len(line) > _LONGEST:
        return False
    rest = _PERIOD.sub("", line)
    ends_in_years = _YEARS.fullmatch(rest.rpartition(" - ")[2])
    shapes = (_SETUP_FEE, _PRORATA, _ADDON, _UPGRADE)
    return rest != line or bool(ends_in_years) or any(shape.fullmatch(rest) for shape in shapes)


def only_moves_money(texts: Iterable[str]) -> bool:
    """Whether an invoice of these lines pays other invoices or adds to the credit, and costs nothing."""
    lines = [plain(_LINE_END.split(text.strip()[:_LONGEST], maxsplit=1)[0]) for text in texts]
    return bool(lines) and all(_PAID_INVOICE.fullmatch(line) or line in words.FUNDS for line in lines)


def is_whole_renewal(text: str) -> bool:
    """Whether such a line of a service bills a whole period: it is no set-up fee, part, addon or upgrade."""
    line = plain(_LINE_END.split(text.strip(), maxsplit=1)[0])
    rest = _PERIOD.sub("", line)
    others = (_SETUP_FEE, _PRORATA, _ADDON, _UPGRADE)
    return len(line) <= _LONGEST and rest != line and not any(shape.fullmatch(rest) for shape in others)


def line_key(text: str) -> str:
    """The same for lines that differ in the period at most, or in case, spaces and kinds of dashes."""
    first, *below = _LINE_END.split(text.strip())
    told = [_PERIOD.sub("", plain(first)), *map(plain, below)]
    return sha256("\n".join(told).encode()).hexdigest()


def renews(text: str, domain: str) -> bool:
    """Whether a line that is known to be of this domain renews it, by the words before its name."""
    line, name = plain(_LINE_END.split(text.strip(), maxsplit=1)[0]), domain_key(domain)
    head = line.partition(name)[0] if name else line
    return _has(head, words.RENEWAL) and not _has(head, (*words.OTHER, *words.GOODS))


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """A text as lines and names are compared: without case, with one kind of dash and space.

    Accents count, other than in a search: they tell products and domains apart.
    """
    shown = unicodedata.normalize("NFKC", _UNSEEN.sub("", html.unescape(text))).lower().replace("i̇", "i")
    return " ".join(_DASH.sub(" - ", f" {shown} ").split())


@lru_cache(maxsize=20_000)
def domain_key(name: str) -> str:
    """The same for ``bücher.de``, ``BÜCHER.de.`` and ``xn--bcher-kva.de``; ``bucher.de`` is another name."""
    spelled = plain(name).replace("。", ".").rstrip(".")
    return in_unicode(spelled, plain)


def _undecorated(line: str) -> tuple[str, bool]:
    """The line without the words for a set-up fee or for a part of a period; whether it is such a fee."""
    fee, prorata = _SETUP_FEE.fullmatch(line), _PRORATA.fullmatch(line)
    if found := fee or prorata:
        line = _PERIOD.sub("", found[1] or found[2])
    return line, bool(fee)


def _domains(line: str, things: Things) -> tuple[set[UUID], bool]:
    """The domains that the line may be of, and whether it renews them."""
    head, *rest = line.split(" - ")
    if not rest or len(rest) > 2:
        return set(), False
    is_plain = len(rest) == 1 and head in (*_DOMAIN_LINES, *_DOMAIN_FEES)
    is_of_domain = _has(head, words.DOMAIN) and not _has(head, words.GOODS)
    is_years = len(rest) == 2 and bool(_YEARS.fullmatch(rest[1])) and is_of_domain
    if not is_plain and not is_years:
        return set(), False
    return things.domains.get(domain_key(rest[0]), set()).copy(), _is_renewal(head)


def _is_renewal(head: str) -> bool:
    """Whether such words say that a domain is renewed, and nothing else.

    A line that is wrongly taken for a renewal would hide a domain that lapses.
    """
    if not _has(head, words.RENEWAL) or _has(head, words.OTHER):
        return False
    others = _BETWEEN_WORDS.split(_RENEWED.sub(" ", _TLD.sub(" ", head)))
    return {*filter(None, others)} <= {*words.BESIDE_RENEWAL}


def _has(text: str, any_of: tuple[str, ...]) -> bool:
    return any(word in text for word in any_of)


def _services(line: str, below: list[str], things: Things, *, is_fee: bool) -> Iterator[UUID]:
    """The services that the line may be of. Only a fee may leave out the domain of its service."""
    if found := _ADDON.fullmatch(line):
        yield from _of_addon(found[1], things)
    elif found := _UPGRADE.fullmatch(line):
        host = _HOST_BELOW.fullmatch(plain(below[0])) if below else None
        yield from _of_upgrade(f"{found[1]} - {host[1]}" if host else found[1], things)
    yield from _of_product(line, things)
    product, _, years = line.rpartition(" - ")
    if _YEARS.fullmatch(years):
        yield from _of_product(product, things)
    of_product = things.of(line)
    if is_fee or of_product <= things.without_host():
        yield from of_product


def _of_product(text: str, things: Things) -> Iterator[UUID]:
    """``product - domain``; either may hold a dash."""
    parts = text.split(" - ")
    for place in range(1, len(parts)):
        product, host = " - ".join(parts[:place]), " - ".join(parts[place:])
        yield from things.of(product) & things.at(host)


def _of_addon(text: str, things: Things) -> Iterator[UUID]:
    """What follows the bracket of ``addon (domain) - name`` or ``addon (product - domain) - name``."""
    for end in re.finditer(r"\) - ", text):
        inner = text[: end.start()]
        yield from things.at(inner)
        yield from _of_product(inner, things)


def _of_upgrade(text: str, things: Things) -> Iterator[UUID]:
    """``old => new - domain``; where no domain is told, the products tell."""
    sides = _BECOMES.split(text)
    if bracket := _BRACKET.fullmatch(sides[-1]):
        sides[-1] = sides[-1] if sides[-1] in things.products else f"{bracket[1]} - {bracket[2]}"
    host = things.at(sides[-1].rpartition(" - ")[2])
    yield from (pk for side in sides for pk in (*_of_product(side, things), *(things.of(side) & host)))
    if not any(" - " in side and side not in things.products for side in sides):
        yield from (pk for side in sides for pk in things.of(side))
