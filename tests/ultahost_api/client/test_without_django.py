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
