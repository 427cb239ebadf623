"""docs/actions.md says where each action is; nothing documented may be missing from the portal."""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from django.urls import get_resolver

from portal.urls import urlpatterns
from portal.wording.operations import WRITES
from ultahost_api.client import ACTIONS, Effect
from ultahost_api.operations.actions import action_of

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (?:`(\w+)`|–) \| `([\w/.]+)` \| `(\w+)` \|$", re.MULTILINE)


class Place(NamedTuple):
    page: str
    form: str
    test: str
    browser_test: str


TABLE = {action: Place(*places) for action, *places in ROW.findall((ROOT / "docs/actions.md").read_text())}
ROUTES = get_resolver().reverse_dict
VIEWS = {pattern.name: pattern.callback for pattern in urlpatterns if hasattr(pattern, "name")}


def writes_in(node: ast.AST) -> set[str]:
    """The client's classes of writes that its code uses."""
    found = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return {part.attr for part in found if isinstance(part.value, ast.Name) and part.value.id == "writes"}


def used_in(node: ast.AST) -> set[str]:
    """The texts that its code uses: a comment or a docstring names an action without doing it."""
    docs = {id(part.value) for part in ast.walk(node) if isinstance(part, ast.Expr)}
    texts = [part for part in ast.walk(node) if isinstance(part, ast.Constant) and id(part) not in docs]
    return {part.value for part in texts if isinstance(part.value, str)}


def sent_by(view: Callable[..., object]) -> set[str]:
    """And by the functions of its module that it leads to."""
    module, seen, left = inspect.getmodule(view), set(), [view]
    sent: set[str] = set()
    while left:
        function = inspect.unwrap(left.pop())
        tree = ast.parse(inspect.getsource(function))
        sent |= writes_in(tree)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - seen
        seen |= names
        others = [vars(module).get(name) for name in names]
        left += [each for each in others if inspect.isfunction(each) and each.__module__ == view.__module__]
    return sent


def used_by_tests(folder: str) -> dict[str, set[str]]:
    """By the name of each test."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / folder).glob("test_*.py")]
    return {
        node.name: used_in(node)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


BROWSER_TESTS = used_by_tests("tests/browser")


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
    assert action in BROWSER_TESTS[TABLE[action].browser_test]


@pytest.mark.parametrize(
    "action",
    [a.name for a in ACTIONS.values() if a.effect not in {Effect.READ, Effect.SECRET_READ}],
)
def test_it_sends_every_write_from_the_view_of_its_form(action):
    """From that very one: another that names the action sends something else."""
    assert action_of(action).write.__name__ in sent_by(VIEWS[TABLE[action].form])


def test_it_has_words_for_every_write():
    writes = {a.name for a in ACTIONS.values() if a.effect not in {Effect.READ, Effect.SECRET_READ}}

    assert set(WRITES) == writes
