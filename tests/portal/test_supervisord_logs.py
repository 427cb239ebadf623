"""supervisord's logs: they are rotated, and one that cannot be written ends nothing."""

import configparser
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from supervisor.loggers import LogRecord

from portal.running.programs import Program, configuration, programs
from portal.running.supervisord import LastingLog
from tests.portal.test_running import ROOT, wait_until


def test_all_its_logs_are_rotated(settings, tmp_path):
    settings.PORTAL_DATA_DIR = tmp_path
    parsed = configparser.RawConfigParser()
    parsed.read_string(configuration(list(programs(8001)), as_root=False))

    assert parsed["supervisord"]["logfile"] == "logs/supervisord.log"
    assert parsed["supervisord"]["logfile_maxbytes"] == "1MB"
    for name in parsed.sections()[1:]:
        assert parsed[name]["stdout_logfile_maxbytes"] == "5MB"


def test_a_log_goes_on_after_a_line_that_could_not_be_written(tmp_path):
    log = LastingLog(str(tmp_path / "web.log"), maxBytes=1000, backupCount=1)
    log.setFormat("%(message)s")
    log.stream = Path("/dev/full").open("wb")  # noqa: SIM115
    for _ in range(3):
        log.emit(LogRecord(20, "lost" * 10_000))
    with contextlib.suppress(OSError):
        log.stream.close()  # as a rotation leaves it that fails on a full disk

    log.emit(LogRecord(20, "there is room again"))

    assert (tmp_path / "web.log").read_text() == "there is room again"


@pytest.mark.slow
def test_its_supervisor_lives_on_where_it_can_say_nothing(tmp_path):
    folder = tmp_path / "50% ;a #b ü it's %(here)s"
    folder.mkdir()
    began = folder / "began"
    program = Program("one", ["sh", "-c", 'echo $$ > "$0"; echo up; exec sleep 60', str(began)])
    (folder / "logs").mkdir()
    (folder / "conf").write_text(configuration([program], as_root=os.geteuid() == 0))
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal.running.supervisord", str(folder / "conf")],
            cwd=ROOT,
            stdout=full,
            stderr=full,
        )
    try:
        wait_until(lambda: began.exists() and began.read_text())
        first = began.read_text()
        os.kill(int(first), signal.SIGKILL)
        wait_until(lambda: began.read_text() not in ("", first))
    finally:
        process.terminate()
        process.wait()
    assert (folder / "logs" / "one.log").read_text() == "up\nup\n"
