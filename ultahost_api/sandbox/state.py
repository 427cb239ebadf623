"""Everything the stand-in remembers, and the file it may be kept in."""

import json
import os
import uuid as uuids
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_hex
from threading import RLock
from typing import Any

from ultahost_api.sandbox import rows
from ultahost_api.sandbox.accounts import Account, Rows
from ultahost_api.sandbox.rows import Row


@dataclass(frozen=True, slots=True)
class Done:
    """One effect that really happened."""

    action: str
    account: str  # its uuid
    target: int | None  # the id that was named, else the id that was made
    parameters: dict[str, Any]  # secrets masked
    key: str  # the last four characters
    wall: float


@dataclass(eq=False)
class State:
    path: Path | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    announcements: Rows = field(default_factory=dict)
    ledger: list[Done] = field(default_factory=list)
    ids: "Counter[str]" = field(default_factory=Counter)
    lock: Any = field(default_factory=RLock, repr=False)

    def add_account(self, company: str, currency: str, uuid: str | None = None) -> Account:
        with self.lock:
            profile = rows.profile(company, currency, uuid or str(uuids.uuid4()))
            self.ids["accounts"] += 1
            profile["id"] = self.ids["accounts"]
            return self._keep(profile)

    def _keep(self, profile: Row) -> Account:
        account = Account(profile, self.ids, self.lock)
        self.accounts[account.uuid] = account
        return account

    def add_key(self, account: Account, key: str | None = None) -> str:
        key = key or f"sk_test_{token_hex(16)}"
        with self.lock:
            self.keys[key] = account.uuid
        return key

    def revoke(self, key: str) -> None:
        with self.lock:
            del self.keys[key]

    def account_of(self, key: str) -> Account | None:
        with self.lock:
            return self.accounts.get(self.keys.get(key, ""))

    def add_announcement(self, **fields: Any) -> Row:
        with self.lock:
            self.ids["announcements"] += 1
            number = self.ids["announcements"]
            row = self.announcements[number] = rows.announcement(number) | {"id": number} | fields
            return row

    def write_down(self, done: Done) -> None:
        """An effect enters the ledger and the file together, before anyone is told of it."""
        self.ledger.append(done)
        self.save()

    def save(self) -> None:
        if self.path is None:
            return
        with self.lock:
            fresh = self.path.with_name(f"{self.path.name}.new")
            fresh.write_text(json.dumps(self.to_json(), ensure_ascii=False), encoding="utf-8")
            os.replace(fresh, self.path)  # noqa: PTH105 - says "atomic" louder than rename

    def to_json(self) -> Row:
        return {
            "accounts": [account.to_json() for account in self.accounts.values()],
            "keys": self.keys,
            "announcements": list(self.announcements.values()),
            "ledger": [asdict(done) for done in self.ledger],
            "ids": self.ids,
        }

    def load(self) -> bool:
        """Read the file back; False when there is none yet."""
        if self.path is None or not self.path.exists():
            return False
        saved = json.loads(self.path.read_text(encoding="utf-8"))
        self.ids.update(saved["ids"])
        for kept in saved["accounts"]:
            self._keep(kept["profile"]).load(kept)
        self.keys.update(saved["keys"])
        self.announcements.update({row["id"]: row for row in saved["announcements"]})
        self.ledger.extend(Done(**done) for done in saved["ledger"])
        return True
