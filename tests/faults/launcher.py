"""The portal's own launcher, with a second worker and an accidental second beat."""

from collections.abc import Iterator
from dataclasses import replace

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from portal.running import launcher  # noqa: E402
from portal.running.programs import Program, programs  # noqa: E402


def doubled(sandbox_port: int | None) -> Iterator[Program]:
    for program in programs(sandbox_port):
        yield program
        if program.name == "worker":
            yield replace(program, name="worker2", command=[*program.command, "--hostname", "second@%h"])
        elif program.name == "beat":
            yield replace(program, name="beat2")


if __name__ == "__main__":
    launcher.programs = doubled
    call_command("portal_up")
