"""docs/actions.md says where each action is; nothing documented may be missing from the portal."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from django.urls import get_resolver

from ultahost_api.client import ACTIONS, Effect

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (?:`(\w+)`|–) \| `([\w/.]+)` \| `(\w+)` \|$", re.MULTILINE)


class Place(NamedTuple):
    page: str
    form: str
    test: str
    browser_test: str


TABLE = {action: Place(*places) for action, *places in ROW.findall((ROOT / "docs/actions.md").read_text())}
ROUTES = get_resolver().reverse_dict
# Which line of code sends a write is a matter of the views; that some line does is not.
VIEWS = "\n".join(path.read_text() for path in (ROOT / "portal/views").glob("*.py"))


def sources_of_tests(folder: str) -> dict[str, str]:
    """The source of each test by its name."""
    sources = [path.read_text() for path in (ROOT / folder).glob("test_*.py")]
    return {
        node.name: ast.get_source_segment(source, node) or ""
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


BROWSER_TESTS = sources_of_tests("tests/browser")


def test_it_has_a_place_for_every_action():
    assert set(TABLE) == set(ACTIONS)


@pytest.mark.parametrize("action", TABLE)
def test_it_leads_to_a_page_and_a_test_that_exist(action):
    place = TABLE[action]
    assert place.page in ROUTES
    assert "def test_" in (ROOT / place.test).read_text()


@pytest.mark.parametrize("action", TABLE)
def test_it_has_a_form_for_whatever_is_no_plain_read(action):
    is_read = ACTIONS[action].effect == Effect.READ
    assert (TABLE[action].form in ROUTES) != is_read
    assert bool(TABLE[action].form) != is_read


@pytest.mark.parametrize("action", TABLE)
def test_it_is_done_in_a_browser_and_compared_with_ultahost(action):
    assert f'"{action}"' in BROWSER_TESTS[TABLE[action].browser_test]


@pytest.mark.parametrize(
    "action",
    [a.name for a in ACTIONS.values() if a.effect not in {Effect.READ, Effect.SECRET_READ}],
)
def test_it_sends_every_write_from_some_view(action):
    assert f'"{action}"' in VIEWS
