"""Every text in three languages: none without a translation, none unmarked, each in its reader's language."""

import ast
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.template.base import Lexer, TokenType
from django.utils import translation

from portal.models import User
from portal.views import domains, invoices
from portal.wording import formats, spend
from portal.wording.cycles import cycle_word
from tests import messages
from tests.portal.test_digests import DAY, at, morning

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|</?\w[^>]*>")
IN_EACH = pytest.mark.parametrize("language", messages.LANGUAGES)
IN_ALL = pytest.mark.parametrize("catalogue", messages.CATALOGUES)


@pytest.fixture
def acme(rows, dana):
    account = rows.account()
    rows.key(dana, account, label="shop")
    return account


# The catalogues


def known(catalogue, language):
    return {(one.context, one.id): one for one in messages.read(catalogue, language) if one.id}


@IN_EACH
@IN_ALL
def test_it_has_a_translation_for_each_marked_text_and_for_no_other(catalogue, language):
    """`make messages` writes new texts into the catalogues; docs/translating.md says the rest."""
    marked = {(one.context, one.id) for one in messages.marked(*messages.CATALOGUES[catalogue]) if one.id}
    translated = {
        key for key, one in known(catalogue, language).items() if one.id and all(messages.texts(one))
    }

    assert marked - translated == set()
    assert translated - marked == set()


@IN_EACH
@IN_ALL
def test_it_fills_in_the_same_places_in_each_translation(catalogue, language):
    wrong = []
    for message in known(catalogue, language).values():
        originals = (message.id,) if isinstance(message.id, str) else message.id
        for original, text in zip(originals, messages.texts(message), strict=True):
            if sorted(PLACEHOLDER.findall(original)) != sorted(PLACEHOLDER.findall(text)):
                wrong.append((original, text))

    assert wrong == []


@IN_EACH
@IN_ALL
def test_it_keeps_the_number_of_words_that_a_template_chooses_from(catalogue, language):
    """`Yes,No,Unknown` is one text for the filter `yesno`."""
    whole = [one for one in known(catalogue, language).values() if isinstance(one.id, str)]
    choices = [one for one in whole if re.fullmatch(r"\w[\w ]*(,\w[\w ]*)+", one.id)]

    assert [one.id for one in choices if one.id.count(",") != one.string.count(",")] == []


@IN_EACH
def test_it_says_the_same_in_both_catalogues(language):
    """A text of the library that the portal has too is the portal's on its pages."""
    ours, library = (known(catalogue, language) for catalogue in messages.CATALOGUES)
    both = ours.keys() & library.keys()

    assert {key for key in both if ours[key].string != library[key].string} == set()


# Unmarked texts

# Shown when nothing else works, without a context: it speaks all three languages at once.
STATIC = {"templates/500.html"}
READ_BY_PEOPLE = re.compile(r"""\s(?:title|aria-label|placeholder|alt)=["']([^"']*)["']""")
NO_WORDS = re.compile(r"<!--.*?-->|<(code|kbd)\b.*?</\1>|<[^>]*>", re.DOTALL)
NO_TEXTS = {"Ultahost", "entrance"}  # the name, and the class of a page's frame


def bare_words(file: Path) -> list[str]:
    """What a template says outside its tags for translations."""
    inside, bare = False, []
    for token in Lexer(file.read_text()).tokenize():
        name = token.contents.split(maxsplit=1)[0] if token.contents.strip() else ""
        if token.token_type == TokenType.BLOCK and name.removeprefix("end") in {"blocktranslate", "comment"}:
            inside = not name.startswith("end")
        bare.append(token.contents if token.token_type == TokenType.TEXT and not inside else "\0")
    source = "".join(bare)
    said = [*NO_WORDS.sub("\0", source).split("\0"), *READ_BY_PEOPLE.findall(source)]
    return [text.strip() for text in said if re.search(r"[^\W\d_]{2}", text) and text.strip() not in NO_TEXTS]


def test_it_marks_each_text_of_a_template():
    found = {str(file.relative_to(messages.ROOT)): bare_words(file) for file in messages.sources("templates")}

    assert {name: words for name, words in found.items() if words and name not in STATIC} == {}


# Rooms of which no text reaches a page or a mail: commands and logs speak English.
FOR_THE_TERMINAL = tuple(
    f"portal/{room}"
    for room in (
        *("running", "management", "backups", "migrations", "settings", "environment", "apps"),
        *("wording/library", "audit/verify"),
    )
)
SENTENCE = re.compile(r"[A-Z][^\W\d_]*,? [\w\W]*[.?!…:]$")
TEXT_ARGUMENTS = {
    *("label", "help_text", "title", "heading", "search", "empty", "before_key", "no_match", "beneath"),
    *("verbose_name", "question", "submit", "message", "advice", "description", "placeholder"),
}
IN_ENGLISH = {"debug", "info", "warning", "error", "exception", "ImproperlyConfigured"}


def name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def constants(node: ast.AST) -> Iterator[ast.Constant]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def bare_sentences(file: Path) -> list[str]:
    tree = ast.parse(file.read_text())
    spared: set[int] = set()
    said: list[ast.Constant] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            spared |= {id(node.body[0].value)}
        if isinstance(node, ast.Call) and name_of(node.func) in messages.MARKS.keys() | IN_ENGLISH:
            spared |= {id(one) for one in constants(node)}
        if (
            isinstance(node, ast.keyword)
            and node.arg in TEXT_ARGUMENTS
            and isinstance(node.value, ast.Constant)
        ):
            said.append(node.value)
    said += [one for one in constants(tree) if SENTENCE.match(one.value)]
    return [one.value for one in said if id(one) not in spared and one.value]


def test_it_marks_each_sentence_and_each_label_of_the_code():
    found = {}
    for file in messages.sources("portal"):
        name = str(file.relative_to(messages.ROOT))
        if not name.startswith(FOR_THE_TERMINAL) and (words := bare_sentences(file)):
            found[name] = words

    assert found == {}


AT_ONCE = {"gettext", "ngettext", "pgettext", "npgettext"}


def translated_at_import(file: Path) -> list[int]:
    """Lines that translate while the module is read, and so into the language of the first reader."""
    tree = ast.parse(file.read_text())
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    at_once = {name.asname or name.name for one in imports for name in one.names if name.name in AT_ONCE}
    later = {id(inner) for one in ast.walk(tree) if isinstance(one, LATER) for inner in ast.walk(one)}
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and id(one) not in later]
    return [one.lineno for one in calls if name_of(one.func) in at_once]


LATER = ast.FunctionDef | ast.Lambda


def test_it_translates_no_text_before_it_knows_for_whom():
    found = {str(file): translated_at_import(file) for file in messages.sources("portal", "ultahost_api")}

    assert {name: lines for name, lines in found.items() if lines} == {}


# Whose language


@pytest.mark.parametrize(
    ("profile", "browser", "spoken"),
    [
        ("", "", "en"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "fr,tr;q=0.5", "tr"),
        ("", "fr", "en"),
        ("tr", "de", "tr"),
        ("en", "de", "en"),
        ("tlh", "de", "de"),
    ],
)
def test_it_speaks_the_language_of_the_profile_and_then_of_the_browser(visit, dana, profile, browser, spoken):
    User.objects.update(language=profile)

    page = visit(dana).get("/", **({"Accept-Language": browser} if browser else {}))

    assert page.one("html")["lang"] == spoken
    assert page.texts(".rail a.noun span")[0] == {"en": "Home", "de": "Start", "tr": "Ana sayfa"}[spoken]


def test_a_stranger_reads_the_language_of_the_browser(visit, db):
    page = visit().get("/sign-in/", **{"Accept-Language": "tr"})

    assert page.one("html")["lang"] == "tr"
    assert "Giriş yap" in page.texts("main button")


def test_a_shared_view_speaks_the_language_of_its_reader_s_browser(visit, dana, acme, rows):
    rows.invoice(acme, total="1234.50", due_date=date(2026, 6, 6))
    made = visit(dana).post(
        "/share-links/add/", {"name": "Tax", "scope": "chosen", "accounts": [acme.pk], "days": 7}
    )
    reader = visit()
    opened = reader.get(urlsplit(made.one(".made-link input")["value"]).path)
    page = reader.get(opened.leads_to, **{"Accept-Language": "de"})

    assert page.one("html")["lang"] == "de"
    assert "1.234,50\u00a0€" in page.html


@pytest.mark.parametrize(
    ("profile", "browser", "title"),
    [
        ("", "", "Invoices and domains that need attention"),
        ("", "de", "Rechnungen und Domains, die Aufmerksamkeit brauchen"),
        ("tr", "de", "İlgi bekleyen faturalar ve alan adları"),
    ],
)
@pytest.mark.usefixtures("rung")
def test_a_mail_speaks_the_language_of_its_reader(rows, acme, settings, profile, browser, title):
    settings.EMAIL_URL = "smtp://mail.example.com"
    User.objects.update(language=profile, browser_language=browser)
    with time_machine.travel(at(0)):
        rows.invoice(acme, due_date=DAY - timedelta(days=1), total="1234.50")
        morning()

    assert [letter.subject for letter in mail.outbox] == [title]


@pytest.mark.usefixtures("nothing_counted")
def test_it_knows_the_language_of_a_browser_since_the_sign_in(visit, people):
    alma = people.member("Alma")
    form = {"login": alma.email, "password": "correct horse battery"}
    visit().post("/sign-in/", form, **{"Accept-Language": "de"})

    alma.refresh_from_db()
    assert alma.browser_language == "de"


def test_a_link_to_set_a_password_speaks_the_language_of_its_reader(visit, dana, people, settings):
    settings.EMAIL_URL = "smtp://mail.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    people.member("Alma", language="tr")
    person = User.objects.get(name="Alma")

    visit(dana).post(f"/people/{person.pk}/password-link/")

    assert [letter.subject for letter in mail.outbox] == ["Ekip portalı için girişiniz"]


# How it writes


@pytest.mark.parametrize(
    ("language", "day", "sum_"),
    [
        ("en", "6 Jun 2026", "€1,234.50"),
        ("de", "6. Juni 2026", "1.234,50 €"),
        ("tr", "6 Haz 2026", "€1.234,50"),
    ],
)
def test_it_writes_days_and_amounts_as_its_reader_does(language, day, sum_):
    with translation.override(language):
        assert formats.day(date(2026, 6, 6)).replace("\u00a0", " ") == day
        assert formats.money(Decimal("1234.50"), "EUR").replace("\u00a0", " ") == sum_


@pytest.mark.parametrize(
    ("told", "word"),
    [("Semi-Annually", "Halbjährlich"), ("One Time", "Einmalig"), ("Per Moon", "Per Moon"), ("", "")],
)
def test_it_says_known_billing_cycles_in_its_reader_s_words(told, word):
    with translation.override("de"):
        assert cycle_word(told) == word


@pytest.mark.parametrize(
    ("language", "currency", "short"),
    [
        ("en", "EUR", "€6,000"),
        ("de", "EUR", "6.000 €"),
        ("tr", "EUR", "€6.000"),
        ("de", "JPY", "6.000 ¥"),
        ("de", "KWD", "6.000,000 KWD"),
    ],
)
def test_it_writes_whole_units_beside_the_scale_of_a_chart(language, currency, short):
    with translation.override(language):
        assert spend.short(Decimal("6000.4"), currency).replace("\u00a0", " ") == short


def test_it_writes_large_numbers_as_its_reader_does():
    with translation.override("de"):
        assert [formats.number(one) for one in (0, 999, 1234567)] == ["0", "999", "1.234.567"]


IN_A_SENTENCE = re.compile(r"{% blocktranslate [^%]*%}")


def test_it_isolates_days_and_amounts_in_sentences():
    """So that they stay as they are in a sentence that runs from right to left."""
    files = [file for file in messages.sources("templates") if file.suffix == ".html"]
    sentences = [sentence for file in files for sentence in IN_A_SENTENCE.findall(file.read_text())]
    filled = [one for one in sentences if re.search(r"\|(money|day|moment)\b", one)]

    assert len(filled) > 10
    assert [one for one in filled if re.search(r"\|(money:[\w.]+|day|moment)(?!\|isolated)[\s%]", one)] == []


def test_a_sum_in_a_sentence_is_isolated_and_a_day_is_in_any_place(visit, dana, acme, rows):
    rows.invoice(acme, total="12.50", due_date=date(2026, 6, 6))

    page = visit(dana).get("/invoices/")

    assert page.texts("dd.note bdi")[0] == "€12.50"
    assert (
        "time, " in (messages.ROOT / "static/css/base.css").read_text().partition("unicode-bidi: isolate")[0]
    )


def test_a_file_has_heads_in_its_reader_s_language_and_plain_numbers_and_days(visit, dana, acme, rows):
    rows.invoice(acme, number="INV-1", total="1234.50", due_date=date(2026, 6, 6))
    User.objects.update(language="de")

    page = visit(dana).get("/invoices.csv")

    head, line = page.html.removeprefix("\ufeff").splitlines()
    assert ['"Nummer"' in head, '"Gesamtbetrag"' in head, "Invoice" in head] == [True, True, False]
    assert "1234.50" in line
    assert "2026-06-06" in line


# One process, several languages


@pytest.mark.parametrize(
    "path", ["/", "/invoices/", "/domains/", "/services/", "/keys/", "/people/", "/changes/"]
)
def test_a_page_after_one_in_english_has_no_english_words(visit, dana, acme, rows, path):
    """Whatever is worked out once in a process is worked out once in each language."""
    rows.invoice(acme, number="INV-1", total="1234.50", due_date=date(2026, 6, 6))
    rows.domain(acme, name="shop.example")
    rows.service(acme)
    visitor = visit(dana)
    english = visitor.get(path, **{"Accept-Language": "en"})
    german = visitor.get(path, **{"Accept-Language": "de"})

    assert untranslated(english, german) == set()


def untranslated(english, german):
    """Words that both pages say and that German says otherwise."""
    translations = known("locale", "de") | known("ultahost_api/locale", "de")
    told = {key[1]: one.string for key, one in translations.items() if isinstance(one.string, str)}
    both = set(texts_of(english)) & set(texts_of(german))
    return {text for text in both if text in told and told[text] != text}


def texts_of(page):
    return [element.text for element in page.all("body *") if element.node.text(deep=False).strip()]


@pytest.mark.parametrize("listing", [invoices.LISTING, domains.LISTING], ids=lambda listing: listing.name)
def test_the_columns_of_a_list_are_named_in_the_language_of_the_page(listing):
    with translation.override("en"):
        english = [str(column.title) for column in listing.columns]
    with translation.override("tr"):
        turkish = [str(column.title) for column in listing.columns]

    assert set(english) & set(turkish) == set()
