"""What a project may set, as ``manage.py check`` sees it."""

import re
from pathlib import Path

import pytest

from ultahost_api.checks import check_settings
from ultahost_api.client.core.transport import checked_url

GOOD = ["https://api.example/v1", "http://localhost:1/v1", "http://127.0.0.2:1/v1", "http://[::1]/v1"]
BAD = ["ftp://localhost/v1", "http://api.example/v1", "http://127.0.0.1.example/v1", "//localhost/v1"]


@pytest.mark.parametrize("url", GOOD + BAD)
def test_it_takes_the_addresses_that_the_client_takes(settings, url):
    settings.ULTAHOST = {**settings.ULTAHOST, "API_URL": url}

    problems = [problem.id for problem in check_settings()]

    assert problems == ([] if url in GOOD else ["ultahost_api.E003"])
    assert is_taken_by_the_client(url) == (url in GOOD)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SEALING_KEYS", ["s" * 32], "ultahost_api.E002"),
        ("SEALING_KEYS", b"s" * 32, "ultahost_api.E002"),
        ("SEALING_KEYS", [b"short"], "ultahost_api.E002"),
        ("HMAC_KEY", "a text", "ultahost_api.E004"),
        ("HMAC_KEY", b"", "ultahost_api.E001"),
    ],
)
def test_it_names_a_setting_of_another_format(settings, name, value, problem):
    settings.ULTAHOST = {**settings.ULTAHOST, name: value}

    assert [found.id for found in check_settings()] == [problem]


def test_the_documentation_names_every_setting():
    root = Path(__file__).parents[2]
    read = re.findall(r'_get\("(\w+)"', (root / "ultahost_api/conf.py").read_text())
    table = re.findall(
        r"^\| `(\w+)` \| `(?:str|int|list|bytes|dict)", (root / "docs/library.md").read_text(), re.M
    )

    assert sorted(table) == sorted(read)


def is_taken_by_the_client(url: str) -> bool:
    try:
        return bool(checked_url(url))
    except ValueError:
        return False
