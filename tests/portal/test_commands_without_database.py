"""What each command says on a database on which it cannot work: one sentence, and never a traceback."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError

from portal import audit
from portal.models import AuditEntry
from tests.portal.test_settings import SECRETS, python
from ultahost_api import installation

COMMANDS = [
    ["portal_user", "add", "alma@example.com"],
    ["portal_user", "password-link", "alma@example.com"],
    ["portal_user", "remove-second-factor", "alma@example.com"],
    ["portal_user", "second-factor-optional"],
    ["portal_key", "add", "alma@example.com", "--label", "Main"],
    ["refresh"],
    ["refresh", "--wait"],
    ["ultahost", "get_profile", "--key", "alma@example.com/Main"],
    ["reseal"],
    ["backup", "/tmp/never-written"],
    ["verify_audit"],
]
# Each as if it were typed; what is no sentence is said by its class.
RUN = """
import json, sys
import django; django.setup()
from django.core.management import CommandError, call_command
for command in json.loads(sys.argv[1]):
    try:
        call_command(*command)
    except CommandError as error:
        print(error)
    except Exception as error:
        print(type(error))
"""


def said(tmp_path, **variables):
    variables["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    done = python(tmp_path, "-c", RUN, json.dumps(COMMANDS), **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_on_an_empty_database_each_says_which_it_is(tmp_path):
    sentence = (
        f"The database {tmp_path}/data/portal.sqlite3 is empty or of an older version: start the portal on it"
        " once (portal_up), or name another PORTAL_DATA_DIR or DATABASE_URL."
    )

    assert said(tmp_path) == [sentence] * len(COMMANDS)


def test_on_a_database_that_does_not_answer_each_says_so(tmp_path):
    lines = said(tmp_path, **SECRETS | {"DATABASE_URL": "postgres://portal@127.0.0.1:1/portal"})

    assert len(lines) == len(COMMANDS)
    assert all(line.startswith("The database does not work: connection") for line in lines)


@pytest.mark.django_db
@pytest.mark.parametrize("options", [["second-factor-optional"], ["password-link", "alma@example.com"]])
def test_with_another_key_nobody_is_let_in(people, settings, options):
    """The entry in the audit log would be wrong under the right key, for ever; the link would not work."""
    people.admin("Alma")
    installation.remember_api_url()
    installation.remember_keys()
    call_command("portal_user", *options)
    entries = AuditEntry.objects.count()
    settings.ULTAHOST = settings.ULTAHOST | {"HMAC_KEY": b"another"}

    with pytest.raises(CommandError, match="PORTAL_HMAC_KEY is not the key"):
        call_command("portal_user", *options)

    assert AuditEntry.objects.count() == entries


@pytest.mark.django_db
def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    def fail(*_):
        raise ProgrammingError("a wrong statement")

    monkeypatch.setattr(audit, "verify", fail)

    with pytest.raises(ProgrammingError):
        call_command("verify_audit")
