import json
import os
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from celery.app.utils import find_app
from celery.bin.base import CLIContext
from celery.bin.celery import celery
from django.core.management import get_commands, load_command_class
from gunicorn.config import Config
from gunicorn.util import import_app

from portal.running.programs import programs

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = [name for name, service in SERVICES.items() if "build" in service]


def check_command(words: list[str]) -> None:
    """Fails unless the program takes these words."""
    match words:
        case ["celery", "-A", app, command, *arguments]:
            context = CLIContext(find_app(app), no_color=True, workdir=None)
            celery.commands[command].make_context(
                command, arguments, obj=context, ignore_unknown_options=False
            )
        case ["python", "manage.py", name, *arguments]:
            load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(
                arguments
            )
        case ["python", "-m", module]:
            assert callable(import_module(module).main)
        case ["gunicorn", *arguments]:
            given = Config().parser().parse_args(arguments)
            configured = import_module(given.config.removeprefix("python:"))
            assert callable(import_app(configured.wsgi_app))
        case _:
            pytest.fail(f"unknown command: {words}")


@pytest.mark.parametrize("name", [name for name in OURS if "command" in SERVICES[name]])
def test_its_services_run_commands_that_exist(name):
    check_command(shlex.split(SERVICES[name]["command"]))


@pytest.mark.django_db
def test_its_image_runs_a_command_that_exists():
    check_command(json.loads(re.search(r"^CMD (\[.*\])", DOCKERFILE.replace("\\\n", ""), re.M)[1]))


def test_its_image_has_the_web_server_of_make_up():
    (web,) = (program for program in programs(None) if program.name == "web")

    assert f'CMD ["gunicorn", "--config", "{web.command[-1]}",' in DOCKERFILE


def test_a_command_that_does_not_exist_is_noticed():
    for wrong in (
        "celery -A portal wrker",
        "celery -A portal worker --no-such",
        "python manage.py portal_upp",
    ):
        with pytest.raises((Exception, SystemExit)):
            check_command(shlex.split(wrong))


@pytest.mark.parametrize("name", SERVICES)
def test_its_services_say_how_healthy_they_are(name):
    assert "healthcheck" in SERVICES[name] or (name == "web" and "HEALTHCHECK" in DOCKERFILE)


def test_its_image_waits_for_an_answer_of_a_busy_portal():
    """Which took eight seconds under load; the program gives up before Docker ends it."""
    (check,) = re.findall(r"^HEALTHCHECK (.*?)\nCMD", DOCKERFILE, re.M | re.S)
    seconds = int(re.search(r"urlopen\(.*timeout=(\d+)\)", check)[1])

    assert 10 <= seconds < int(re.search(r"--timeout=(\d+)s", check)[1])


def test_its_services_start_after_the_migration():
    for name in set(OURS) - {"prepare"}:
        assert SERVICES[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"


def test_its_image_runs_as_nobody_in_particular():
    assert re.search(r"^USER portal$", DOCKERFILE, re.M)


def test_its_portal_is_no_superuser_of_the_database():
    """The script that makes its role is proved by tests/backends/test_compose_role.py."""
    postgres = SERVICES["postgres"]
    source, target, _ = postgres["volumes"][1].split(":")

    assert target.startswith("/docker-entrypoint-initdb.d/")
    assert os.access(ROOT / source, os.X_OK)
    assert "POSTGRES_USER" not in postgres["environment"]  # the image makes that one a superuser
    assert SERVICES["web"]["environment"]["DATABASE_URL"].startswith("postgres://portal:")


def test_it_holds_no_secret():
    assert "POSTGRES_PASSWORD:?" in SERVICES["web"]["environment"]["DATABASE_URL"]
    assert ".env" in (ROOT / ".dockerignore").read_text().split()


def test_the_example_of_an_environment_names_only_what_is_read():
    read = "".join(path.read_text() for path in (ROOT / "portal").rglob("*.py"))
    read += (ROOT / "docker-compose.yml").read_text()
    named = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)

    assert len(named) > 10
    assert [name for name in named if name not in read] == []
