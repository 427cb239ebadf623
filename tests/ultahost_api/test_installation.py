import pytest
from django.core.management import call_command
from django.db import OperationalError

from ultahost_api import installation
from ultahost_api.models import ApiKey, Installation

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
    with pytest.raises(
        installation.OtherApi, match=r"one\.example.*ULTAHOST\['API_URL'\] is https://two\.example"
    ):
        installation.remember_api_url()
    assert Installation.objects.get().api_url == "https://one.example.com"


def test_it_takes_another_api_when_that_is_meant(api_at):
    api_at("https://one.example.com")
    installation.remember_api_url()
    api_at("https://two.example.com")
    installation.remember_api_url(allow_new=True)
    installation.remember_api_url()
    assert Installation.objects.get().api_url == "https://two.example.com"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "OperationalError"), (" \n", "OperationalError"), ("is locked\nat x", "is locked")],
)
def test_it_has_a_sentence_for_a_database_that_says_nothing(text, said):
    error = installation.DatabaseFails(OperationalError(text))
    assert str(error) == f"The database does not work: {said}."


OLD, NEW = b"o" * 32, b"n" * 32
REMEMBERS_NO_KEYS = "0006"


@pytest.fixture
def choose(settings):
    """Sets the sealing keys, and the HMAC key where one is given."""

    def choose(*sealing_keys, hmac=b"the HMAC key of this database"):
        settings.ULTAHOST = {**settings.ULTAHOST, "SEALING_KEYS": list(sealing_keys), "HMAC_KEY": hmac}

    choose(OLD)
    return choose


@pytest.fixture
def make_key(people, choose):
    owner = people.member("Alma")

    def make(number=0):
        key = ApiKey(owner=owner, label=f"Key {number}")
        key.put(f"sk_test_secret_{number}")
        key.save()
        return key

    return make


def remember(**options):
    installation.remember_api_url()
    installation.remember_keys(**options)


def refuses(setting):
    return pytest.raises(installation.OtherKeys, match=rf"^ULTAHOST\['{setting}'\] [^.]*\.$")


def test_it_remembers_the_first_keys(choose):
    remember()
    installation.check()
    before = Installation.objects.values().get()
    remember()
    assert Installation.objects.values().get() == before


def test_it_refuses_another_sealing_key_by_its_setting(choose):
    remember()
    before = Installation.objects.values().get()
    choose(NEW)
    for refused in (installation.check, installation.remember_keys):
        with refuses("SEALING_KEYS"):
            refused()
    assert Installation.objects.values().get() == before


def test_it_takes_several_keys_of_which_any_is_the_right_one(choose):
    remember()
    choose(NEW, OLD)
    installation.check()
    choose(OLD, NEW)
    installation.check()


def test_it_refuses_another_hmac_key_by_its_setting(choose):
    remember()
    choose(OLD, hmac=b"another")
    with refuses("HMAC_KEY"):
        installation.check()


@pytest.mark.parametrize("spoilt", ["v1.x.y.z", "nonsense", "cut"])
def test_it_refuses_a_check_that_was_spoilt(choose, spoilt):
    remember()
    check = Installation.objects.get().sealing_check
    Installation.objects.update(sealing_check=check[:-1] if spoilt == "cut" else spoilt)
    with refuses("SEALING_KEYS"):
        installation.check()


def test_it_takes_no_sealed_api_key_for_the_check(make_key):
    remember()
    Installation.objects.update(sealing_check=make_key().sealed)
    with refuses("SEALING_KEYS"):
        installation.check()


def test_it_takes_other_keys_when_that_is_meant(choose):
    remember()
    choose(NEW, hmac=b"another")
    remember(allow_new=True)
    installation.check()
    choose(OLD)
    with refuses("SEALING_KEYS"):
        installation.check()


def test_it_asks_the_sealed_rows_of_a_database_that_remembers_no_keys(make_key, choose):
    make_key()
    installation.remember_api_url()
    choose(NEW)
    with refuses("SEALING_KEYS"):
        installation.remember_keys()
    choose(OLD, hmac=b"another")
    with refuses("HMAC_KEY"):
        installation.remember_keys()
    assert Installation.objects.get().sealing_check == ""

    choose(NEW, OLD)
    installation.remember_keys()
    assert installation.remembered_keys().opens


def test_it_is_not_put_off_by_a_row_that_nobody_can_open(make_key, choose):
    ApiKey.objects.filter(pk=make_key(1).pk).update(sealed="v1.lost.long.ago")
    make_key(2)
    remember()
    assert installation.remembered_keys().opens


@pytest.mark.django_db(transaction=True)
def test_it_checks_a_database_of_an_older_version_before_that_is_migrated(make_key, choose):
    make_key()
    call_command("migrate", "ultahost_api", REMEMBERS_NO_KEYS, verbosity=0)
    try:
        installation.check()
        choose(NEW)
        with refuses("SEALING_KEYS"):
            installation.check()
    finally:
        call_command("migrate", verbosity=0)
    choose(OLD)
    remember()


@pytest.mark.django_db(transaction=True)
def test_it_takes_an_empty_database(choose):
    for app in ("portal", "mfa"):
        call_command("migrate", app, "zero", verbosity=0)
    call_command("migrate", "ultahost_api", "zero", verbosity=0)
    try:
        installation.check()
    finally:
        call_command("migrate", verbosity=0)
