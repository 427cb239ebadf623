"""What the provider does to its callers."""

import time
from random import Random

from tests.faults.provider import LISTS, NOUNS
from tests.faults.scene import Scene
from ultahost_api import keys
from ultahost_api.models import ApiKey
from ultahost_api.sandbox import Fault
from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.limits import RESET_FORMS

READS = (*sorted(LISTS) * 8, "get_service", "get_invoice", "get_domain", "get_profile")
WRITES = ("toggle_autorenew", "pay_invoice")
UNCLEAR = {"missing", "mad", "past"}
_FEW_ROWS = 8


def spoilt_answer(scene: Scene) -> None:
    kind, make = scene.random.choice(_SPOILT)
    scene.plan(kind, make(), scene.random.choice(READS), times=scene.random.randint(1, 4))


_SPOILT = [
    ("500", lambda: Fault.status(500)),
    ("502 HTML", lambda: Fault.status(502)),
    ("200 HTML", Fault.html),
    ("truncated", Fault.truncated),
    ("cut", Fault.cut),
    ("dropped", Fault.drop),
    ("wrong types", Fault.wrong_types),
    ("body says 500", lambda: Fault.envelope(500)),
    ("body says 404", lambda: Fault.envelope(404)),
    ("result error", Fault.result_error),
    ("redirect", lambda: Fault.redirect("http://127.0.0.1:9/elsewhere")),
    ("huge", lambda: Fault.huge(6_000_000)),
    ("403", lambda: Fault.status(403)),
]


def spoilt_write(scene: Scene) -> None:
    kind, make = scene.random.choice(_SPOILT_WRITES)
    scene.plan_for_anybody(f"write {kind}", make(), scene.random.choice(WRITES))


_SPOILT_WRITES = [
    ("dropped", Fault.drop),
    ("dropped after", lambda: Fault.drop(after_effect=True)),
    ("cut", Fault.cut),
    ("truncated", Fault.truncated),
    ("200 HTML", Fault.html),
    ("500", lambda: Fault.status(500)),
    ("502 after", lambda: Fault.status(502, after_effect=True)),
    ("429", lambda: Fault.limited(3, "delta")),
    ("400", lambda: Fault.status(400, "Declined.")),
]


def moved_rows(scene: Scene) -> None:
    """Mid-walk: behind a page that was read already, or before."""
    noun, seed, after = scene.random.choice(NOUNS), scene.random.random(), scene.random.randint(0, 2)
    kind, fault = scene.random.choice(
        (
            ("row inserted mid-walk", Fault.insert_row(noun)),
            ("row deleted mid-walk", Fault.rows(lambda account: _delete_one(account, noun, seed))),
            ("total changed", Fault.total(scene.random.choice((-1, 1, 7)))),
        )
    )
    scene.plan(kind, fault, f"get_{noun}", after=after)


def _delete_one(account: Account, noun: str, seed: float) -> None:
    numbers = [number for number, row in account.rows(noun).items() if not row.get("_kept")]
    if len(numbers) > _FEW_ROWS:
        del account.rows(noun)[Random(seed).choice(numbers)]


def limited(scene: Scene) -> None:
    """A 429 out of turn. Nobody can know the end of a window that is not told, so that one is short."""
    form = scene.random.choice(sorted(set(RESET_FORMS) - UNCLEAR))
    scene.plan(f"429 {form}", Fault.limited(scene.random.uniform(2, 15), form), scene.random.choice(READS))


def unclear_limit(scene: Scene) -> None:
    form = scene.random.choice(sorted(UNCLEAR))
    scene.plan(f"429 {form}", Fault.limited(scene.random.uniform(2, 50), form), scene.random.choice(READS))


def other_reset_form(scene: Scene) -> None:
    """From now on every answer tells its reset in another way."""
    scene.provider.limits.reset_form = scene.random.choice(sorted(set(RESET_FORMS) - UNCLEAR))
    scene.struck("other reset form")


def odd_reset_form(scene: Scene) -> None:
    form = scene.random.choice(sorted(UNCLEAR))
    scene.plan(f"reset {form}", Fault.reset_form(form), scene.random.choice(READS))


def other_clock(scene: Scene) -> None:
    scene.provider.clock_offset = scene.random.uniform(-600, 600)
    scene.struck("clock moved")


def slow_answer(scene: Scene) -> None:
    """It holds a worker's process for as long as the worker allows."""
    kind, fault = scene.random.choice((("drip", Fault.drip(1.0)), ("never answers", Fault.wait(50))))
    scene.plan(kind, fault, scene.random.choice(sorted(LISTS)))
    for _ in range(60):
        if fault not in scene.provider.faults.pending() or scene.over.wait(1):
            break
    scene.over.wait(scene.random.uniform(5, 45))


def api_down(scene: Scene) -> None:
    scene.provider.stop()
    scene.sleep(1, 5)
    scene.provider.start()
    scene.struck("API down")


def key_revoked(scene: Scene) -> None:
    """Mid-walk; once it is noticed nothing more may be sent with it, and then the owner enters another."""
    account = scene.account()
    secret = scene.provider.current[account.uuid]
    scene.make_due(account, *NOUNS)
    scene.sleep(0, 2)
    scene.provider.revoke(secret)
    key = ApiKey.objects.get(account__remote_uuid=account.uuid)
    if noticed := _wait_for_refusal(key, scene):
        scene.refusals[secret[-4:]] = noticed
        scene.sleep(1, 6)
        scene.struck("key revoked")
    fresh = scene.provider.new_key(account)
    _enter(key, fresh)
    scene.provider.current[account.uuid] = fresh


def _wait_for_refusal(key: ApiKey, scene: Scene) -> float | None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and not scene.over.is_set():
        key.refresh_from_db()
        if key.refused_at:
            return key.refused_at.timestamp()
        time.sleep(0.3)
    return None


def _enter(key: ApiKey, secret: str) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            keys.replace(key, secret)
            return
        except keys.KeyProblem:  # the API is down, or answers nonsense
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
