"""The words that people read, and their catalogues. `python -m tests.messages` writes what is new into them.

The portal's words are in `locale/`; those of the library go with its package.
"""

import os
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[1]
LANGUAGES = ("de", "tr")
# Each folder of catalogues, and where its words are marked.
CATALOGUES = {"locale": ("portal", "templates"), "ultahost_api/locale": ("ultahost_api",)}
MARKS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def path_of(catalogue: str, language: str) -> Path:
    return ROOT / catalogue / language / "LC_MESSAGES/django.po"


def read(catalogue: str, language: str) -> Catalog:
    with path_of(catalogue, language).open("rb") as file:
        return read_po(file)


def marked(*folders: str) -> Catalog:
    """Every marked text below these folders."""
    catalog = Catalog()
    for file in sources(*folders):
        for _line, text, comments, context in extract(
            "python", BytesIO(_python(file)), MARKS, ["Translators:"]
        ):
            where = [(str(file.relative_to(ROOT)), 1)]
            catalog.add(text, None, where, auto_comments=comments, context=context)
    return catalog


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix == ".py" or (folder == "templates" and file.is_file()):
                yield file


def _python(file: Path) -> bytes:
    """Python that marks the same texts. Django writes a template's so, on lines that are indented anyhow."""
    if file.suffix == ".py":
        return file.read_bytes()
    lines = templatize(file.read_text(), origin=str(file)).splitlines()
    return "\n".join(line.strip() for line in lines).encode()


def texts(message: Message) -> tuple[str, ...]:
    """The translations of a message: two where it counts something."""
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string or "",)


def update() -> None:
    """Texts that are no longer marked go; new ones come without a translation."""
    for catalogue, folders in CATALOGUES.items():
        template = marked(*folders)
        for language in LANGUAGES:
            catalog = read(catalogue, language)
            catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
            for message in catalog:
                message.locations = sorted({(file, 1) for file, _line in message.locations})
            with path_of(catalogue, language).open("wb") as file:
                write_po(file, catalog, width=110, include_lineno=False, ignore_obsolete=True)
            missing = sum(not all(texts(message)) for message in catalog if message.id)
            print(f"{path_of(catalogue, language).relative_to(ROOT)}: {missing} without a translation")


def compile_stale() -> None:
    """What `make install` does, for tests that run without make."""
    for catalogue in CATALOGUES:
        for language in LANGUAGES:
            source = path_of(catalogue, language)
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
                write_mo(file, read(catalogue, language))
            os.replace(file.name, target)  # noqa: PTH105  # several processes of tests do this at once


if __name__ == "__main__":
    update()
