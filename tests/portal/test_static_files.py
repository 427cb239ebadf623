"""What a browser gets of the style sheets and scripts: each of them whole, in one file of either kind."""

import gzip
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django_htmx
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import override_settings

from portal.running.preparing import collect_static_files
from portal.running.static_files import JoinedStaticFiles

ROOT = Path(__file__).parents[2]
HTMX = "static/django_htmx/htmx-2.min.js"
IMPORTS = {
    "css/app.css": r'@import "([^"]+)" layer\((\w+)\);',
    "js/app.js": r'import "\./([^"]+)"()',
}


HOW = {
    "STORAGES": {
        "staticfiles": {"BACKEND": f"{JoinedStaticFiles.__module__}.{JoinedStaticFiles.__qualname__}"}
    },
    "STATICFILES_FINDERS": ["django.contrib.staticfiles.finders.FileSystemFinder"],
}


@contextmanager
def collecting(source: Path, root: Path) -> Iterator[Path]:
    """Files of ours alone: those of the packages take seconds."""
    with override_settings(**HOW, STATICFILES_DIRS=[source], STATIC_ROOT=root):
        collect_static_files()
        yield root


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Iterator[Path]:
    with collecting(ROOT / "static", tmp_path_factory.mktemp("collected")) as root:
        yield root


@pytest.mark.parametrize("contents", IMPORTS)
def test_it_joins_every_file_of_the_table_of_contents_once_and_in_its_order(collected, contents):
    source = ROOT / "static" / contents
    imported = re.findall(IMPORTS[contents], source.read_text())
    joined = (collected / contents).read_text()

    texts = [(source.parent / name).read_text() for name, _ in imported]
    assert len(texts) > 10
    assert [joined.count(text) for text in texts] == [1] * len(texts)
    places = [joined.index(text) for text in texts]
    assert places == sorted(places)
    assert not re.search(IMPORTS[contents], joined)


def test_it_leaves_each_style_sheet_in_its_layer(collected):
    source = ROOT / "static/css/app.css"
    joined = (collected / "css/app.css").read_text()

    for name, layer in re.findall(IMPORTS["css/app.css"], source.read_text()):
        assert f"@layer {layer} {{\n{(source.parent / name).read_text()}}}" in joined
    assert re.findall(r"^@layer [\w, ]+;", source.read_text(), re.MULTILINE)[0] in joined


@pytest.mark.parametrize("contents", IMPORTS)
def test_it_serves_the_joined_file_under_its_hashed_name_and_compressed(collected, contents):
    hashed = collected / staticfiles_storage.stored_name(contents)

    font = staticfiles_storage.stored_name("fonts/inter.woff2")
    assert hashed.read_text().replace(font, "fonts/inter.woff2") == (collected / contents).read_text()
    assert hashed.name != Path(contents).name
    assert hashed.with_name(f"{hashed.name}.gz").exists()


def test_it_names_the_typeface_by_its_hash_in_the_joined_style_sheet(collected):
    hashed = staticfiles_storage.stored_name("fonts/inter.woff2")
    sheet = (collected / staticfiles_storage.stored_name("css/app.css")).read_text()

    assert re.findall(r"url\(([^)]+)\)", sheet) == [f'"../{hashed}"']
    assert (collected / hashed).stat().st_size <= 60_000


def test_its_files_leave_a_first_visit_15_kb_for_the_page(collected):
    compressed = ["css/app.css", "js/app.js", "img/favicon.svg"]
    sizes = [
        (collected / f"{staticfiles_storage.stored_name(name)}.gz").stat().st_size for name in compressed
    ]
    sizes.append((collected / "fonts/inter.woff2").stat().st_size)
    sizes.append(len(gzip.compress((Path(django_htmx.__file__).parent / HTMX).read_bytes())))

    assert sum(sizes) <= 135_000


def test_it_joins_anew_when_a_component_changes_and_the_table_of_contents_does_not(tmp_path):
    source = tmp_path / "source"
    (source / "css").mkdir(parents=True)
    (source / "css/app.css").write_text('@import "one.css" layer(base);\n')
    (source / "css/one.css").write_text("a { color: red }\n")
    with collecting(source, tmp_path / "collected") as root:
        first = staticfiles_storage.stored_name("css/app.css")
        (source / "css/one.css").write_text("a { color: tan }\n")
        later = time.time() + 5
        os.utime(source / "css/one.css", (later, later))

        collect_static_files()

        assert "color: tan" in (root / "css/app.css").read_text()
        assert JoinedStaticFiles().stored_name("css/app.css") != first
