"""What the caches believe of the rows in their tables, which others may have written."""

import ast
import base64
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string

from portal import celery
from portal.running.caches import SignedCache

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
NAMES = list(settings.CACHES)
pytestmark = pytest.mark.django_db


class Evil:
    """A pickle that makes a folder when it is read, and reads as an empty list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return eval, (f"[__import__('os').makedirs({str(self.folder)!r}, exist_ok=True)][:0]",)


def pickled(value) -> str:
    return base64.b64encode(pickle.dumps(value)).decode()


def overwrite(name: str, **columns) -> int:
    """As an attacker would who can write in the database; returns how many rows there are."""
    table = settings.CACHES[name]["LOCATION"]
    told = ", ".join(f"{column} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {told}", list(columns.values()))
        return cursor.rowcount


def stored(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT value FROM {settings.CACHES[name]['LOCATION']}")
        ((value,),) = cursor.fetchall()
        return value


@pytest.fixture(params=NAMES)
def name(request):
    caches[request.param].clear()
    yield request.param
    caches[request.param].clear()


@pytest.fixture
def cache(name):
    return caches[name]


def test_it_runs_no_pickle_that_waits_for_the_next_sign_in(visit, people, tmp_path):
    people.member("Alma")
    form = {"login": "alma@example.com", "password": "a guess"}
    visit().post("/sign-in/", form)
    assert overwrite("default", value=pickled(Evil(tmp_path / "made")))

    browser = visit()
    browser.post("/sign-in/", form | {"password": PASSWORD})

    assert not (tmp_path / "made").exists()
    assert UserSession.objects.get().user.email == "alma@example.com"


def test_it_runs_no_pickle_that_waits_for_a_list(visit, people, add_key, sandbox, tmp_path):
    alma = people.member("Alma")
    account = sandbox.add_account("Acme")
    add_key(alma, account)
    browser = visit(alma)
    browser.get("/contacts/?live=1")
    assert overwrite("live", value=pickled(Evil(tmp_path / "made"))) == 1

    page = browser.get("/contacts/?live=1")

    assert not (tmp_path / "made").exists()
    assert page.status == 200
    assert pickled(Evil(tmp_path / "made")) not in stored("live")  # read from Ultahost, and kept anew


def garbage(whole: str) -> dict[str, object]:
    digest, text = whole[:64], whole[64:]
    return {
        "nothing": "",
        "a word": "garbage",
        "a pickle": pickled([1]),
        "a text beyond ASCII": "ä" * 100,
        "half of it": whole[: len(whole) // 2],
        "the value alone": text,
        "the digest alone": digest,
        "another value": digest + text.replace("1", "2"),
        "another digest": "0" * 64 + text,
        "a longer life": digest + json.dumps([9e9, [1, "one"]]),
    }


@pytest.mark.parametrize("kind", garbage("0" * 64 + "[1]"))
def test_it_takes_garbage_for_a_miss(cache, name, kind):
    cache.set("key", [1, "one"])
    overwrite(name, value=garbage(stored(name))[kind])

    assert cache.get("key") is None
    assert cache.get_many(["key", "other"]) == {}
    assert "key" not in cache
    assert not cache.touch("key")
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")
    assert cache.add("key", "good")
    assert cache.get("key") == "good"


def test_it_takes_the_value_of_another_key_cache_or_time_for_a_miss(cache, name):
    cache.set("own", "theirs")
    overwrite(name, cache_key=cache.make_key("alien"))
    assert cache.get("alien") is None

    (other,) = set(NAMES) - {name}
    caches[other].set("key", "of the other cache")
    cache.clear()
    cache.set("key", "own")
    overwrite(name, value=stored(other))
    assert cache.get("key") is None

    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        cache.set("key", "an hour old", timeout=60)
    overwrite(name, expires=connection.ops.adapt_datetimefield_value(timezone.now() + timedelta(days=1)))
    assert cache.get("key") is None


def test_it_takes_what_was_written_with_another_key_for_a_miss(cache, settings):
    cache.set("key", 1)
    settings.ULTAHOST = settings.ULTAHOST | {"HMAC_KEY": b"another"}

    assert cache.get("key") is None


def test_it_keeps_what_json_can_hold_and_refuses_the_rest(cache):
    value = {"texts": ["ä\0ü", ""], "numbers": [0.1, 10**20, -1], "none": None, "true": True}
    cache.set_many({"one": value, "two": None})

    assert cache.get_many(["one", "two"]) == {"one": value, "two": None}
    for unfit in (timezone.now(), object(), float("nan")):
        with pytest.raises((TypeError, ValueError)):
            cache.set("unfit", unfit)


def test_it_counts_adds_touches_and_forgets(cache):
    began = timezone.now()
    with time_machine.travel(began, tick=False) as traveller:
        assert cache.add("key", 1, timeout=10)
        assert not cache.add("key", 2, timeout=10)
        assert cache.incr("key", 4) == 5
        assert cache.decr("key") == 4
        assert cache.touch("key", timeout=100)
        assert not cache.touch("none")
        cache.set("forever", 1, timeout=None)
        cache.set("never", 1, timeout=0)
        assert cache.get("never") is None

        traveller.move_to(began + timedelta(seconds=99))
        assert cache.get("key") == 4
        traveller.move_to(began + timedelta(seconds=102))
        assert cache.get("key") is None
        assert cache.add("key", 3)
        assert cache.get_or_set("key", 4) == 3
        traveller.move_to(began + timedelta(days=4000))
        assert cache.get("forever") == 1

    assert cache.delete("forever")
    assert not cache.delete("forever")


def test_it_makes_room_when_it_is_full(cache, monkeypatch):
    monkeypatch.setattr(cache, "_max_entries", 10)
    for number in range(40):
        cache.set(f"key-{number}", number)

    assert len(cache.get_many([f"key-{number}" for number in range(40)])) <= 11


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", ["nothing", "spent", "garbage"])
def test_one_of_many_that_add_at_once_adds(cache, name, before):
    many, rounds = 4, 10
    barrier = Barrier(many)

    def add(who: int) -> list[bool]:
        try:
            added = []
            for number in range(rounds):
                barrier.wait()
                added.append(caches[name].add(f"lock-{number}", who, timeout=60))
            return added
        finally:
            connection.close()

    for number in range(rounds):
        if before != "nothing":
            cache.set(f"lock-{number}", 1, timeout=-5)
    if before == "garbage":
        overwrite(name, value="garbage")
    with ThreadPoolExecutor(many) as pool:
        answers = list(pool.map(add, range(many)))

    assert [sum(answer) for answer in zip(*answers, strict=True)] == [1] * rounds


# No pickle is read that another process may have written


def test_no_setting_names_a_store_that_keeps_pickles():
    """Django's other caches, and the serializer that sessions once had, read pickles."""
    assert {import_string(cache["BACKEND"]) for cache in settings.CACHES.values()} == {SignedCache}
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
    assert settings.MESSAGE_STORAGE == "django.contrib.messages.storage.fallback.FallbackStorage"  # JSON
    named = list(named_in({setting: getattr(settings, setting) for setting in dir(settings)}))
    assert len(named) > 500
    assert [text for text in named if "pickle" in text.lower()] == []


def named_in(value):
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set):
        for one in value:
            yield from named_in(one)
    else:
        yield str(value)


def test_the_queue_takes_json_alone():
    conf = celery.app.conf
    assert conf.accept_content == ["json"]
    assert conf.result_accept_content in (None, ["json"])
    assert {conf.task_serializer, conf.result_serializer, conf.event_serializer} == {"json"}
    assert conf.result_backend is None
    assert [name for name, value in conf.items() if "pickle" in str(value).lower()] == []


READS_CODE = {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


def test_no_module_reads_pickles():
    sources = [*(ROOT / "portal").rglob("*.py"), *(ROOT / "ultahost_api").rglob("*.py")]
    assert len(sources) > 200
    assert [(path, module) for path in sources for module in imported(path) if module in READS_CODE] == []


def imported(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]
