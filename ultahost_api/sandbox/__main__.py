"""``python -m ultahost_api.sandbox --port 8001``: the stand-in as a process, with the demo team.

With ``--odd`` it has accounts instead whose answers are odd in every way that the documentation leaves open.
"""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event

from ultahost_api.sandbox.limits import RESET_FORMS
from ultahost_api.sandbox.sandbox import Sandbox


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    sandbox = Sandbox(
        limit=options.limit,
        window=options.window,
        max_page=options.max_page,
        reset_form=options.reset_form,
        per=options.per,
        host=options.host,
        port=options.port,
        state_file=options.state,
        log_file=options.log,
    )
    if not sandbox.restored and not options.empty:
        from ultahost_api.sandbox import odd, team

        (odd if options.odd else team).fill(sandbox.state)
        sandbox.state.save()
    return _serve(sandbox)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ultahost_api.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--limit", type=int, default=120, help="requests per window")
    parser.add_argument("--window", type=float, default=60.0, help="seconds")
    parser.add_argument("--per", choices=("key", "account"), default="key")
    parser.add_argument("--reset-form", choices=tuple(RESET_FORMS), default="epoch")
    parser.add_argument("--max-page", type=int, default=100)
    parser.add_argument("--state", type=Path, help="read from and saved to this file after every change")
    parser.add_argument("--log", type=Path, help="one JSON line per request is appended to this file")
    filling = parser.add_mutually_exclusive_group()
    filling.add_argument("--empty", action="store_true", help="without the demo team")
    filling.add_argument(
        "--odd", action="store_true", help="with accounts that are odd in every field instead"
    )
    return parser


def _serve(sandbox: Sandbox) -> int:
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        sandbox.start()
    except OSError as error:
        print(f"The sandbox cannot listen on port {sandbox.port}: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"The sandbox answers at {sandbox.url}", flush=True)
    ended.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
