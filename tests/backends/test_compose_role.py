"""The role that docker compose gives to the portal: what the database lets it do, and what not."""

import os
import subprocess
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.backends.kept import ROOT, SETUP, Portal
from tests.postgres import NoPostgreSQL, temporary_postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def server(monkeypatch):
    """As the image of PostgreSQL leaves it, but for its script, which runs here as it does there."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    try:
        with temporary_postgres(superuser="postgres") as url:
            port = str(urlsplit(url).port)
            subprocess.run(
                [ROOT / "docker/make-role.sh"],
                env=os.environ | {"PGHOST": "127.0.0.1", "PGPORT": port, "POSTGRES_PASSWORD": 'it\'s "one"'},
                check=True,
            )
            yield f"127.0.0.1:{port}"
    except NoPostgreSQL as error:
        pytest.skip(str(error))


def test_it_is_no_superuser_and_does_all_that_a_portal_does(server, tmp_path):
    with psycopg.connect(f"postgres://postgres@{server}/postgres") as database:
        rights = "rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolpassword IS NOT NULL"
        of = f"SELECT {rights} FROM pg_authid WHERE rolname = %s"
        assert database.execute(of, ["portal"]).fetchone() == (False,) * 5 + (True,)
        assert database.execute(of, ["postgres"]).fetchone()[-1] is False  # its password is gone

    portal = Portal(tmp_path / "portal", f"postgres://portal@{server}/portal")
    portal.folder.mkdir()
    with psycopg.connect(portal.url) as database, pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute("COPY (SELECT 1) TO PROGRAM 'true'")
    portal.manage("portal_up", "--only-prepare")
    portal.python("-c", SETUP + "from portal.models import User; User.objects.create_user('ben@example.com')")
    portal.manage("backup", str(tmp_path / "backup"))
    portal.manage("restore", str(tmp_path / "backup"), "--replace")
    portal.manage("portal_up", "--only-prepare")
    emails = SETUP + "from portal.models import User; print(*User.objects.values_list('email', flat=True))"
    assert portal.python("-c", emails) == "ben@example.com\n"
