import re
from collections.abc import Iterable

from portal.models import User

MOST = 40
_NAME = re.compile("[a-z_]{1,40}")


def choose(by: User, listing: str, names: Iterable[str]) -> None:
    """The columns of one list that a person sees; none stands for the usual ones."""
    by.columns = {**by.columns, listing: [name for name in names if _NAME.fullmatch(name)][:MOST]}
    by.save(update_fields=["columns"])
