"""The library as others get it: a wheel in a fresh virtual environment, used as docs/library.md says."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from venv import EnvBuilder

import pytest

from ultahost_api.sandbox.team import DEMO_KEYS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
REQUESTS = {"requests", "certifi", "charset-normalizer", "idna", "urllib3"}
SEALING_KEY = b64encode(b"s" * 32).decode()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: Any) -> Path:
    """Built from no more than it is made of: the portal is not beside it."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "setup.py", "docs/library.md"):
        (source / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    not_made = shutil.ignore_patterns("__pycache__", "*.mo")
    shutil.copytree(ROOT / "ultahost_api", source / "ultahost_api", ignore=not_made)
    pip("wheel", "--no-deps", "--wheel-dir", str(built), str(source))
    return next(built.glob("*.whl"))


class Environment:
    """A virtual environment with the wheel and what that requires, in the versions of our lock."""

    def __init__(self, folder: Path, wheel: str) -> None:
        EnvBuilder(with_pip=False, symlinks=True).create(folder)
        self.python = folder / "bin/python"
        self.folder = folder / "work"
        self.folder.mkdir()
        versions = folder / "versions.txt"
        lock = (ROOT / "requirements/portal.txt").read_text()
        versions.write_text("\n".join(re.findall(r"^[\w.-]+==\S+", lock, re.M)))
        pip("--python", str(self.python), "install", "--no-compile", "--constraint", str(versions), wheel)

    def run(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [self.python, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **environment},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sandbox(self) -> tuple["subprocess.Popen[str]", str]:
        process = subprocess.Popen(
            [self.python, "-m", "ultahost_api.sandbox", "--port", "0", "--limit", "100000"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )
        assert process.stdout
        return process, process.stdout.readline().split()[-1]


@pytest.fixture
def client_alone(wheel, tmp_path) -> Environment:
    return Environment(tmp_path, str(wheel))


@pytest.fixture
def with_django(wheel, tmp_path) -> Environment:
    return Environment(tmp_path, f"{wheel}[django]")


@pytest.fixture
def started() -> Iterator[list["subprocess.Popen[str]"]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def blocks(language: str) -> list[str]:
    """The code of docs/library.md up to where the list of settings begins."""
    page = (ROOT / "docs/library.md").read_text().partition("## Settings")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.M | re.S)


def test_it_holds_the_library_and_nothing_of_the_portal(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    ours = {name for name in names if ".dist-info/" not in name}
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "ultahost_api").rglob("*.py")}

    words = {
        f"ultahost_api/locale/{language}/LC_MESSAGES/django.{kind}"
        for language in ("de", "tr")
        for kind in ("po", "mo")
    }
    assert ours == there | words | {"ultahost_api/py.typed"}
    assert "ultahost_api/migrations/0001_initial.py" in ours


def test_it_calls_ultahost_with_requests_and_nothing_else(client_alone, started):
    process, url = client_alone.sandbox()
    started.append(process)
    told = client_alone.run(
        "-c",
        f"""
import importlib.metadata, importlib.util, json
from ultahost_api.client import Client

invoices = list(Client({DEMO_KEYS["alma"]!r}, base_url={url!r}).invoices.list(status="Unpaid"))
print(json.dumps({{
    "installed": [one.name for one in importlib.metadata.distributions()],
    "found": [name for name in ("django", "celery", "cryptography") if importlib.util.find_spec(name)],
    "statuses": [invoice.status for invoice in invoices],
}}))
""",
    )
    told = json.loads(told)

    assert {name.lower().replace("_", "-") for name in told["installed"]} == REQUESTS | {"ultahost-api"}
    assert told["found"] == []
    assert set(told["statuses"]) == {"Unpaid"}


def test_it_is_an_app_in_a_new_project_within_ten_lines(with_django, started):
    process, url = with_django.sandbox()
    started.append(process)
    settings, add_key, read = blocks("python")
    code = [line for line in (settings + add_key).splitlines() if line.strip() and line[0] != "#"]
    assert len([line for line in code if not re.match(r"import |from ", line)]) < 10

    environment = {
        "ULTAHOST_API_URL": url,
        "ULTAHOST_SEALING_KEY": SEALING_KEY,
        "ULTAHOST_HMAC_KEY": "sk_test_hmac_key",
        "ULTAHOST_API_KEY": DEMO_KEYS["alma"],
    }
    with_django.run("-m", "django", "startproject", "project", ".")
    with (with_django.folder / "project/settings.py").open("a") as file:
        file.write(settings)
    with_django.run("manage.py", "check", "--fail-level", "WARNING", **environment)
    migrate, refresh = (block.removeprefix("python ").split() for block in blocks("sh"))
    with_django.run(*migrate, **environment)
    with_django.run("manage.py", "makemigrations", "--check", **environment)
    make_user = "User.objects.create_user('alma', 'alma@example.com')"
    with_django.run("manage.py", "shell", "-c", f"{make_user}\n{add_key}", **environment)
    with_django.run(*refresh, **environment)
    assert " Unpaid " in with_django.run("manage.py", "shell", "-c", read, **environment)
