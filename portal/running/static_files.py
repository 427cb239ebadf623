"""The static files as they are collected: one style sheet and one script, joined from their components."""

import re
from collections.abc import Iterator
from posixpath import dirname, join
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The tables of contents: each has one import on a line.
_STYLES, _SCRIPTS = "css/app.css", "js/app.js"
_STYLE = re.compile(r'^@import "([^"]+)" layer\((\w+)\);$', re.MULTILINE)
_SCRIPT = re.compile(r'^import "\./([^"]+)"$', re.MULTILINE)

Paths = dict[str, tuple[Storage, str]]


class JoinedStaticFiles(CompressedManifestStaticFilesStorage):
    """In place of each table of contents stands what it imports, before names are hashed.

    A chain of imports starts to load when the table has come, and asks for each file on its own.
    """

    def post_process(self, paths: Paths, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            paths = {**paths, **self._join(paths, _STYLES, _STYLE, _in_layer)}
            paths |= self._join(paths, _SCRIPTS, _SCRIPT, _in_scope)
        yield from super().post_process(paths, dry_run, **options)

    def _join(self, paths: Paths, name: str, imports: re.Pattern[str], wrap: Any) -> Paths:
        if name not in paths:
            return {}

        def imported(found: re.Match[str]) -> str:
            return wrap(_read(paths, join(dirname(name), found[1])), *found.groups())

        text = imports.sub(imported, _read(paths, name))
        self.delete(name)
        self.save(name, ContentFile(text.encode()))
        return {name: (self, name)}


def _read(paths: Paths, name: str) -> str:
    """From where it is written, not from where it was collected: there may be an older one."""
    storage, path = paths[name]
    with storage.open(path) as file:
        return file.read().decode()


def _in_layer(text: str, name: str, layer: str) -> str:
    return f"/* {name} */\n@layer {layer} {{\n{text}}}\n"


def _in_scope(text: str, name: str) -> str:
    """A block, so that two files may have functions and constants of the same name, as modules do."""
    return f"// {name}\n{{\n{text}}}\n"
