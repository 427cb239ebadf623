"""Starting the whole portal on one machine, and keeping it alive."""

from pathlib import Path
from typing import TextIO


class CannotStart(Exception):
    """One sentence for the person who typed the command."""


def to_lock(path: Path) -> TextIO:
    """A file of the data folder to take a lock on; CannotStart where the folder cannot be written."""
    try:
        return path.open("w")
    except OSError as error:
        raise CannotStart(f"PORTAL_DATA_DIR: {path} cannot be written: {error.strerror}.") from None
