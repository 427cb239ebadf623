"""The portal's Celery application with one task more, which takes as long as a test wants."""

import os
import time
from pathlib import Path

from portal.celery import app

# A minute is long enough for the portal; a test would rather not wait for it.
app.conf.broker_transport_options |= {"visibility_timeout": 3}


@app.task(name="tests.linger")
def linger(diary: str, seconds: float) -> None:
    """Writes down its process and that it is done; only the first run takes ``seconds``."""
    path = Path(diary)
    first = not path.exists()
    with path.open("a") as file:
        file.write(f"began {os.getpid()}\n")
    if first:
        time.sleep(seconds)
    with path.open("a") as file:
        file.write("done\n")
