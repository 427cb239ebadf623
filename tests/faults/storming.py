"""A worker of the storm:  python -m tests.faults.storming add | work SECONDS SEED

``add`` makes a member per API key of the JSON on standard input, which says whether they are calm or
hurried. ``work`` refreshes whatever is due, with a thread per list noun, while people click; it prints how
often the calm ones did and were refused.
"""

import json
import logging
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from portal.models import User  # noqa: E402
from tests.faults.storm import CALM, CLICK_EVERY, HURRIED  # noqa: E402
from ultahost_api import keys, wakeup  # noqa: E402
from ultahost_api.calls.budget import Purpose  # noqa: E402
from ultahost_api.calls.clients import for_key  # noqa: E402
from ultahost_api.client import RateLimited  # noqa: E402
from ultahost_api.models import LISTS, ApiKey, Refresh  # noqa: E402
from ultahost_api.refresh import runs  # noqa: E402

RUN_SECONDS = 3.0


def add() -> None:
    for place, (secret, temper) in enumerate(json.load(sys.stdin).items()):
        owner = User.objects.create_user(f"member{place}@example.com", None, name=f"Member {place}")
        keys.add(owner, temper, secret)


def work(seconds: float, seed: int) -> None:
    settings.ULTAHOST |= {"PAGE_SIZE": 5, "INTERVALS": dict.fromkeys(LISTS, timedelta(0))}
    until = time.monotonic() + seconds
    clicks: Counter[str] = Counter()
    people = click if seed == 0 else hurry
    with ThreadPoolExecutor(len(LISTS) + 1) as threads:
        busy = [threads.submit(refresh, noun, until) for noun in LISTS]
        busy.append(threads.submit(people, until, clicks))
    for thread in busy:
        thread.result()  # a thread that failed left its list alone
    print(json.dumps(clicks))


def refresh(noun: str, until: float) -> None:
    while time.monotonic() < until:
        now = timezone.now()
        due = list(Refresh.objects.filter(noun=noun).due(now).unleased(now).values_list("pk", flat=True))
        random.shuffle(due)
        for pk in due:
            runs.run(pk, seconds=min(RUN_SECONDS, max(0.0, until - time.monotonic())))
        time.sleep(0.05)
    connection.close()


def click(until: float, clicks: Counter[str]) -> None:
    """Calm people open their accounts now and then."""
    clicked = list(ApiKey.objects.filter(label=CALM))
    while time.monotonic() < until:
        for key in clicked:
            clicks["clicks"] += 1
            clicks["refused"] += not opened(key)
            time.sleep(CLICK_EVERY / len(clicked))
    connection.close()


def hurry(until: float, clicks: Counter[str]) -> None:
    """The others click until nothing is left, again and again."""
    clicked = list(ApiKey.objects.filter(label=HURRIED))
    while time.monotonic() < until:
        for key in clicked:
            while opened(key) and time.monotonic() < until:
                continue
        time.sleep(0.2)
    connection.close()


def opened(key: ApiKey) -> bool:
    try:
        for_key(key, Purpose.PERSON).profile.get()
    except RateLimited:
        return False
    return True


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    wakeup._send = lambda *_, **__: True
    if sys.argv[1] == "add":
        add()
    else:
        work(float(sys.argv[2]), int(sys.argv[3]))
