"""allauth's insides, of which it promises nothing, are where the portal takes them from, and only there."""

import inspect
import re
from pathlib import Path

import pytest

from portal.sign_in import allauth_internals

ROOT = Path(__file__).parents[2]
TAKES = {
    "did_recently_reauthenticate": ["request"],
    "finalize_password_reset": ["request", "user"],
    "generate_totp_secret": [],
    "normalize_user_code": ["code"],
    "reauthenticate_by_password": ["request"],
    "request_password_reset": ["request", "email", "users", "token_generator"],
}


@pytest.mark.parametrize("name", TAKES)
def test_it_takes_what_the_portal_gives(name):
    parameters = inspect.signature(getattr(allauth_internals, name)).parameters

    assert list(parameters)[: len(TAKES[name])] == TAKES[name]


def test_it_counts_reading_where_it_is_told_to():
    assert "limit_get" in inspect.signature(allauth_internals.ratelimit.consume).parameters


@pytest.mark.parametrize("name", ["clear_state", "set_state", "parse_authentication_response", "get_state"])
def test_it_keeps_a_challenge_where_the_portal_looks_for_it(name):
    assert callable(getattr(allauth_internals.webauthn, name))


def test_it_is_taken_from_one_module_alone():
    taken = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "portal").rglob("*.py")
        if re.search(r"^\s*from allauth[\w.]*\.internal", path.read_text(), re.MULTILINE)
    ]

    assert taken == ["portal/sign_in/allauth_internals.py"]


def test_it_is_of_a_version_with_an_upper_bound():
    assert re.search(r"django-allauth\[mfa\]>=[\d.]+,<\d+", (ROOT / "pyproject.toml").read_text())
