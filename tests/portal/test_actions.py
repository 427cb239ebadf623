"""docs/actions.md says where each action is; nothing documented may be missing from the portal."""

import re
from pathlib import Path

import pytest
from django.urls import get_resolver

from ultahost_api.client import ACTIONS, Effect

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| `([\w/.]+)` \|$", re.MULTILINE)
TABLE = {action: (page, test) for action, page, test in ROW.findall((ROOT / "docs/actions.md").read_text())}
# Which line of code sends a write is a matter of the views; that some line does is not.
VIEWS = "\n".join(path.read_text() for path in (ROOT / "portal/views").glob("*.py"))


def test_it_has_a_place_for_every_action():
    assert set(TABLE) == set(ACTIONS)


@pytest.mark.parametrize("action", TABLE)
def test_it_leads_to_a_page_and_a_test_that_exist(action):
    page, test = TABLE[action]
    assert page in get_resolver().reverse_dict
    assert (ROOT / test).exists()


@pytest.mark.parametrize(
    "action",
    [a.name for a in ACTIONS.values() if a.effect not in {Effect.READ, Effect.SECRET_READ}],
)
def test_it_sends_every_write_from_some_view(action):
    assert f'"{action}"' in VIEWS
