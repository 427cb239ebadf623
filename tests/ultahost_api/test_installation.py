import pytest

from ultahost_api import installation
from ultahost_api.models import Installation

pytestmark = pytest.mark.django_db


@pytest.fixture
def api_at(settings):
    def choose(url):
        settings.ULTAHOST = {**settings.ULTAHOST, "API_URL": url}

    return choose


def test_it_remembers_the_first_api(api_at):
    api_at("https://one.example.com")
    for _ in range(2):
        installation.remember_api_url()
    assert Installation.objects.get().api_url == "https://one.example.com"


def test_it_refuses_another_api_and_names_both(api_at):
    api_at("https://one.example.com")
    installation.remember_api_url()
    api_at("https://two.example.com")
    with pytest.raises(installation.OtherApi, match=r"one\.example.*two\.example.*--allow-new-api"):
        installation.remember_api_url()
    assert Installation.objects.get().api_url == "https://one.example.com"


def test_it_takes_another_api_when_that_is_meant(api_at):
    api_at("https://one.example.com")
    installation.remember_api_url()
    api_at("https://two.example.com")
    installation.remember_api_url(allow_new=True)
    installation.remember_api_url()
    assert Installation.objects.get().api_url == "https://two.example.com"
