"""What a project may set, as ``manage.py check`` sees it."""

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


def is_taken_by_the_client(url: str) -> bool:
    try:
        return bool(checked_url(url))
    except ValueError:
        return False
