import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(script: str) -> str:
    script = textwrap.dedent(script)
    return subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60, cwd=ROOT
    ).stdout


def test_it_works_where_there_is_no_django():
    run("""
        import sys
        for name in ("django", "celery", "cryptography"):
            sys.modules[name] = None
        from ultahost_api.client import Client, NotSent
        try:
            Client("sk_test_x", base_url="http://127.0.0.1:1", tries=1).profile.get()
        except NotSent:
            pass
        else:
            raise SystemExit("nothing is listening there")
    """)


def test_it_loads_nothing_but_itself_and_requests():
    loaded = run("""
        import sys
        import requests
        before = set(sys.modules)
        import ultahost_api.client
        print(*(name for name in set(sys.modules) - before if not name.startswith("ultahost_api")))
    """).split()

    assert {name.split(".")[0] for name in loaded} <= set(sys.stdlib_module_names)


def test_it_loads_a_noun_when_that_is_first_used():
    loaded = run("""
        import sys
        from ultahost_api import client
        def nouns():
            return " ".join(noun for noun in client._RECORDS if f"{client.__name__}.{noun}" in sys.modules)
        print(nouns())
        client.Service
        print(nouns())
        client.Client("sk_test_x").invoices
        print(nouns())
    """)

    assert loaded.splitlines() == ["", "services", "invoices services"]


def test_it_has_every_name_that_it_tells():
    run("""
        from ultahost_api import client
        told = set(dir(client))
        for name in client.__all__:
            assert name in told, name
            assert getattr(client, name) is not None
        try:
            client.Invoces
        except AttributeError as error:
            assert "Invoces" in str(error)
        else:
            raise SystemExit("it has a name that it does not tell")
    """)
