"""docs/client.md, held against the client: every action, every method and the types of both."""

import re

from docs.client_calls import PAGE, with_calls
from ultahost_api.client import ACTIONS


def test_it_is_up_to_date():
    page = PAGE.read_text()

    assert with_calls(page) == page, "run: make calls"


def test_it_names_every_action_once():
    named = re.findall(r"^\| `[^|]*` \| `(\w+)` \|", PAGE.read_text(), re.M)

    assert sorted(named) == sorted(ACTIONS)
