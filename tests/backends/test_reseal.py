"""A real `manage.py reseal`, killed again and again while it writes."""

import base64
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import migrated
from tests.lengths import length

ROOT = Path(__file__).parents[2]
KEYS = [base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n")]
ROWS, KILLS = 300, length(12, drill=50, long=200)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(8 * KILLS + 300)]

FILL = """
import django; django.setup()
from allauth.mfa.models import Authenticator
from django.db import transaction
from portal.sign_in.adapters import SEED
from portal.models import User
from ultahost_api.crypto import sealed_columns, sealing
from ultahost_api.models import ApiKey
with transaction.atomic():
    for number in range({rows}):
        owner = User.objects.create(email=f"{{number}}@example.com", password="!")
        key = ApiKey(owner=owner, label="Main")
        key.put(f"sk_test_secret_{{number}}")
        key.save()
        seed = sealing.seal_text(f"seed {{number}}", SEED)
        Authenticator.objects.create(user=owner, type="totp", data={{"secret": seed}})
"""
READ = """
import django; django.setup()
from allauth.mfa.models import Authenticator
from portal.sign_in.adapters import SEED
from ultahost_api.crypto import sealed_columns, sealing
from ultahost_api.models import ApiKey
for key in ApiKey.objects.order_by("created_at"):
    print(sealed_columns.unseal(key, "sealed"))
for factor in Authenticator.objects.order_by("id"):
    print(sealing.unseal_text(factor.data["secret"], SEED))
"""


class Portal:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *command: str, keys: list[str]) -> "subprocess.Popen[str]":
        own = {"DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": "", "PORTAL_LOG_LEVEL": "ERROR"}
        own |= {"PORTAL_DATA_DIR": str(self.folder), "PORTAL_SEALING_KEYS": ",".join(keys)}
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str, keys: list[str]) -> str:
        process = self.start(*command, keys=keys)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return said

    def sealed_by(self, key_id: str) -> int:
        tables = {"ultahost_api_apikey": "sealed", "mfa_authenticator": "json_extract(data, '$.secret')"}
        with closing(sqlite3.connect(self.folder / "portal.sqlite3", timeout=20)) as database:
            counts = [
                database.execute(f"SELECT count(*) FROM {table} WHERE {text} LIKE 'v1.{key_id}.%'")
                for table, text in tables.items()
            ]
            return sum(count.fetchone()[0] for count in counts)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    migrated.copy_to(tmp_path / "portal.sqlite3")
    portal = Portal(tmp_path)
    portal.run("manage.py", "portal_up", "--only-prepare", keys=KEYS[:1])
    portal.run("-c", FILL.format(rows=ROWS), keys=KEYS[:1])
    return portal


def test_it_loses_nothing_however_often_it_is_killed(portal, capsys):
    from ultahost_api.crypto.sealing import key_id

    ids = {key: key_id(base64.urlsafe_b64decode(key)) for key in KEYS}
    half_way = 0
    for kill in range(KILLS):
        # The first key is the other one each time: every round has all of them to seal again.
        keys = KEYS if kill % 2 else KEYS[::-1]
        done = portal.sealed_by(ids[keys[0]])
        process = portal.start("manage.py", "reseal", keys=keys)
        while portal.sealed_by(ids[keys[0]]) == done and process.poll() is None:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.3))
        process.kill()
        process.communicate()
        half_way += 0 < portal.sealed_by(ids[keys[0]]) < 2 * ROWS

    portal.run("manage.py", "reseal", keys=KEYS)

    with capsys.disabled():
        print(f"{KILLS} kills, {half_way} of them half way")
    assert half_way > KILLS / 4
    assert portal.sealed_by(ids[KEYS[0]]) == 2 * ROWS
    portal.run("manage.py", "portal_up", "--only-prepare", keys=KEYS[:1])
    secrets = [f"sk_test_secret_{number}" for number in range(ROWS)] + [
        f"seed {number}" for number in range(ROWS)
    ]
    assert portal.run("-c", READ, keys=KEYS[:1]).splitlines() == secrets
