"""An empty, migrated SQLite database: made once in a run of tests, and copied wherever one begins with it."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def is_made() -> bool:
    return Path(os.environ.get("TESTS_MIGRATED", "/nowhere")).exists()


def make() -> None:
    _made(Path(os.environ["TESTS_MIGRATED"]))


def copy_to(file: Path) -> None:
    """Spare what prepares ``file`` the migrations. Outside a run of tests it migrates by itself."""
    if "TESTS_MIGRATED" in os.environ and not file.exists():
        shutil.copyfile(_made(Path(os.environ["TESTS_MIGRATED"])), file)


def _made(template: Path) -> Path:
    """The first of all processes of the run makes it, and the others wait for it."""
    with template.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            _make(template)
    return template


def _make(template: Path) -> None:
    with tempfile.TemporaryDirectory(dir=template.parent) as folder:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_DATA_DIR": folder,
            "DATABASE_URL": "",
        }
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        Path(folder, "portal.sqlite3").replace(template)
