"""Two machines that share a PostgreSQL and prepare it at once."""

import pytest

from tests.backends.kept import Portal, make_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_two_machines_that_prepare_one_database_take_turns(postgres, tmp_path):
    """Each has a data folder, so that no lock in it keeps the other waiting."""
    url = make_database(postgres.rpartition("/")[0])
    machines = [Portal(tmp_path / name, url) for name in ("one", "two")]
    for machine in machines:
        machine.folder.mkdir()

    both = [machine.start("manage.py", "portal_up", "--only-prepare") for machine in machines]
    said = [process.communicate(timeout=300)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
