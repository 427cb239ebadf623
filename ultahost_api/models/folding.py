"""Text as a search compares it: what a person takes for the same is the same text."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal

from ultahost_api.client.core.amounts import read_amount, written

_MOST_WORDS = 8  # of one search
# Code points that show nothing and are not in _UNSEEN: fillers and variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_UNSEEN = {"Cc", "Cf", "Cs"}  # control and direction marks, half characters
_OTHERS = str.maketrans({"ı": "i", "。": "."})  # the dotless i; the full stop of Chinese domain names
_XN_LABEL = re.compile(r"(?<![a-z0-9-])xn--([a-z0-9-]{1,59})(?![a-z0-9-])")
_ADDRESS = re.compile("(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:]+)")
# The same as browsers show it: "shop.example/cart", "shop.example:8443".
_BARE_ADDRESS = re.compile(r"((?:[^\s/?#@:.]+\.)+[^\W\d_][^\s/?#@:.]*)\.?(?::[0-9]{1,5}(?=/|$))?(?:[/?#].*)?")
_AROUND = "\"'`“”„‘’«»<>()[]{},;:!?"  # what stands beside a word that was copied from a text
# "36,30", "1.234,50", "€36": what has decimals or a sign is an amount, a plain number may be anything.
_AMOUNT = re.compile(r"[-+]?(?=\D|.*[.,][0-9]{1,4}\D?$)[^\w\s.,]?[0-9][0-9.,'’]*[^\w\s.,]?")
_PARTED = re.compile(r"(?<![\w.,])[0-9]{1,3}(?: [0-9]{3})+(?=[.,][0-9]{1,4}(?![\w.,]))")
_THOUSANDS = re.compile("[0-9]{1,3}(?:,[0-9]{3})+")
_CURRENCIES = (
    "aed aud bgn brl cad chf clp cny cop czk dkk egp eur gbp hkd huf idr ils inr isk jpy kes krw kwd mad mxn"
    " myr ngn nok nzd php pkr pln qar ron rub sar sek sgd thb try twd uah usd vnd zar"
)


def folded(text: str) -> str:
    """Without case, accents and invisible characters; domain names in Unicode."""
    return in_unicode(_plain(text), _plain)


def searchable(texts: Iterable[str]) -> str:
    """What the search of a row reads: the folded texts, and domain names as they are written as well."""
    written = _plain("\n".join(texts))
    decoded = in_unicode(written, _plain)
    return written if decoded == written else f"{written}\n{decoded}"


def has_all(text: str, words: Iterable[Iterable[str]]) -> bool:
    """Whether the text has a spelling of each word, as ``wanted`` gives them."""
    return all(any(spelling in text for spelling in word) for word in words)


def wanted(query: str) -> list[set[str]]:
    """For each word of a search the spellings, one of which has to be in the ``searchable`` text.

    Beside an amount the currency is no word of its own: rows have the amount alone.
    """
    text = _PARTED.sub(lambda found: found[0].replace(" ", ""), _plain(query))
    spellings = {word: _amounts(word) for word in text.split()[:_MOST_WORDS]}
    if any(spellings.values()):
        spellings = {word: also for word, also in spellings.items() if not _is_currency(word)}
    return [
        _spellings(word) | _spellings(in_unicode(word, _plain)) | also for word, also in spellings.items()
    ]


def in_unicode(text: str, plain: Callable[[str], str]) -> str:
    """``bücher.de`` of ``xn--bcher-kva.de``, each part that was decoded made ``plain``."""
    if "xn--" not in text:
        return text

    def decoded(found: re.Match[str]) -> str:
        try:
            label = found[1].encode().decode("punycode")
            label.encode()  # half characters fit in no database
        except UnicodeError:
            return found[0]
        return plain(label) or found[0]

    return _XN_LABEL.sub(decoded, text)


def amount_text(amount: Decimal) -> str:
    """An amount as ``searchable`` has it."""
    return written(amount)


def _is_currency(word: str) -> bool:
    return word in _CURRENCIES.split() or (len(word) == 1 and unicodedata.category(word) == "Sc")


def _amounts(word: str) -> set[str]:
    """The amount that the word may stand for, as ``amount_text`` writes it."""
    if _THOUSANDS.fullmatch(word):
        return {word.replace(",", "")}
    try:
        return {amount_text(abs(read_amount(word)))} if _AMOUNT.fullmatch(word) else set()
    except ValueError:
        return set()


def _plain(text: str) -> str:
    if text.isascii() and text.replace("\n", "").isprintable():
        return text.lower()  # most texts
    letters = unicodedata.normalize("NFKD", _BLANK.sub("", text))
    kept = "".join(letter for letter in letters if letter.isspace() or not _is_left_out(letter))
    # What casefold() writes can be composed, and some letters are folded only once they are decomposed.
    return unicodedata.normalize("NFKD", kept.translate(_OTHERS).casefold())


def _is_left_out(letter: str) -> bool:
    return unicodedata.combining(letter) > 0 or unicodedata.category(letter) in _UNSEEN


def _spellings(word: str) -> set[str]:
    """The word as it was typed and, of an address, its host: with and without "www."."""
    found = {_bare(word)}
    inside = word.strip(_AROUND)
    if inside != word and len(inside) > 1:
        found.add(_bare(inside))
    for one in [*found]:
        if address := _BARE_ADDRESS.fullmatch(one):
            host = address[1]
            without = host.removeprefix("www.")
            found |= {host, without} if "." in without else {host}
    return found


def _bare(word: str) -> str:
    """Of a pasted address the host; a name without its last dot, a number without its sign."""
    address = _ADDRESS.match(word)
    host = address[1] if address else word.removeprefix("#")
    return host.rstrip("./") or word
