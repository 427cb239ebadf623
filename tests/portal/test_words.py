"""What people read says what happens, with one word for one thing: the words that it does without."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GETTEXT = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "_"}
TRANSLATED = re.compile(
    r"{%\s*translate\s+(?P<quote>[\"'])(?P<line>.*?)(?P=quote)"
    r"|{%\s*blocktranslate\b[^%]*%}(?P<block>.*?){%\s*endblocktranslate"
    r"|_\(\"(?P<default>[^\"]*)\"\)",
    re.DOTALL,
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|{{.*?}}|{%.*?%}")
MARKUP = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|{%.*?%}|{{.*?}}|<!?/?\w[^>]*>", re.DOTALL)
COMMENT = re.compile(r"(?:^|\s)(# .+)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`|\]\([^)]*\)|<!-- made by.*", re.DOTALL | re.MULTILINE)

# Folders whose texts are for the terminal
PRINT = {"commands", "running", "backups"}

# In docs, docstrings and comments as on pages
NOWHERE = [
    r"whoever",
    r"somebody",
    r"nobody",
    r"becomes? of|became of",
    r"go(?:es)? on\b(?! (?:a|an|the)\b)",
]

# On pages, in mails and in what commands print
NOT_FOR_PEOPLE = [
    # One word for one thing
    r"(?<!e-)\bmails?\b(?! servers?\b| program)",
    r"(?-i:\b[Ee]mails?\b)",
    r"\bends (?:on|soon)\b",
    r"\bgrants?\b",
    r"\breach(?:es)?\b|reached by",
    r"\bpick(?:s|ed)?\b|\b(?:un)?tick(?:s|ed)?\b",
    r"\bfacts\b",
    r"second factor",
    r"\blive\b",
    r"number at ultahost",
    r"changed lately|all of them\b",
    # Riddles
    r"everybody|anybody",
    r"all of it is over",
    r"leave this page",
    r"the portal stops there",
    r"is paid with this key",
    r"what comes next",
    r"confirm that it is you",
    r"when it gets lost",
    r"next click|from now on|from the next",
    r"own choice|leave it to",
    r"the start of the portal|the last start|the start printed",
    r"become the admin|^the first admin",
    r"brings? (?:its|ultahost's)",
    r"(?:not|no longer) tell|does not say",
    r"tells no price",
    r"without knowing",
    r"it interrupts",
    r"not in the catalogue|name one product",
    r"forgets?\b|\bforgotten(?! password)",
    r"are replaced\.$",
    r"comes to nothing",
    r"raised|raises",
    r"what the refreshes",
    r"have not been read|what stands here|the last that was read",
    r"lets us ask",
    r"waiting for its turn|waits for its turn",
    r"goes stale|is stale",
    r"needs? somebody",
    r"are one theft",
    r"for good",
    r"\bmend\b",
    r"who reaches",
    r"take (?:it |them )?away|takes? back|taken away|took it away",
    r"it holds",
    r"sees? anything|sees nothing|shows nothing",
    r"none (?:ticked )?means",
    r"is dead",
    r"nothing here for you|may not do this",
    r"^… leaves|freez|frozen",
    r"has to guess|to guess",
    r"further people",
    r"has these words",
    r"look into your mailbox",
    r"the portal no more|offered no more",
    r"did not fit",
    r"was a lot|too many tries|these were five",
    r"of the times you see",
    r"was sent before|never (?:seen|showed)",
    r"cannot be asked",
    r"executed successfully",
]


def flat(text: str) -> str:
    return " ".join(PLACEHOLDER.sub("…", text).split())


def translated(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in GETTEXT:
            yield from (
                a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )


def sources(*folders: str) -> list[Path]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in paths if "migrations" not in path.parts]


@cache
def for_people() -> list[tuple[str, str]]:
    """Where each text stands, and the text: of pages, forms, messages, mails and commands."""
    texts = []
    for path in sources("portal", "ultahost_api"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            texts += [(where, flat(text)) for text in translated(node)]
            if (
                path.parent.name in PRINT
                and isinstance(node, ast.Constant)
                and node not in docstrings
                and " " in str(node.value)
            ):
                texts.append((where, flat(str(node.value))))
    for path in sorted((ROOT / "templates").rglob("*.*")):
        where, text = str(path.relative_to(ROOT)), path.read_text()
        texts += [
            (where, flat("".join(filter(None, found.groups()[1:])))) for found in TRANSLATED.finditer(text)
        ]
        texts.append((where, flat(MARKUP.sub(" ", text))))
    return texts


@cache
def for_newcomers() -> list[tuple[str, str]]:
    """Docs without their code; docstrings and comments."""
    texts = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for part in CODE.sub(" ", path.read_text()).split("\n\n"):
            texts.append((str(path.relative_to(ROOT)), flat(part)))
    for path in sources("portal", "ultahost_api"):
        name = path.relative_to(ROOT)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                texts.append((str(name), ast.get_docstring(node) or ""))
        for number, line in enumerate(path.read_text().splitlines(), 1):
            texts += [(f"{name}:{number}", comment) for comment in COMMENT.findall(line)]
    return texts


def found(pattern: str, texts: list[tuple[str, str]]) -> list[str]:
    return [f"{where}: {text}" for where, text in texts if re.search(rf"(?:{pattern})", text, re.IGNORECASE)]


@pytest.mark.parametrize("pattern", NOWHERE)
def test_it_says_who_does_what(pattern: str) -> None:
    assert found(rf"\b(?:{pattern})", for_people() + for_newcomers()) == []


@pytest.mark.parametrize("pattern", NOT_FOR_PEOPLE)
def test_it_says_to_people_what_happens_and_not_what_the_machine_thinks(pattern: str) -> None:
    assert found(pattern, for_people()) == []


def test_it_reads_each_place_where_words_stand() -> None:
    """A place that these tests do not find would keep any word."""
    people = {text: where for where, text in for_people()}
    assert people["Pay selected"] == "templates/invoices/_rows.html"
    assert people["Ultahost refuses an API key"].startswith("portal/mail/messages.py")
    assert people["Search announcements"].startswith("portal/views/announcements.py")
    assert people["Hello …,"] == "templates/mail/base.txt"
    assert any("Something went wrong in the portal" in text for text in people)  # not translated
    assert any("encrypted again" in text for text in people)  # a command
    newcomers = " ".join(text for _, text in for_newcomers())
    assert "# Mail" in newcomers
    assert "The only place that turns a user into accounts" in newcomers  # a docstring
    assert "# A canary" in newcomers  # a comment


@pytest.mark.parametrize(
    "text", ["Some mails", "A second factor", "Give a grant", "It goes on", "Nobody knows"]
)
def test_it_finds_a_word_that_is_not_used(text: str) -> None:
    assert any(found(pattern, [("here", text)]) for pattern in NOWHERE + NOT_FOR_PEOPLE)
