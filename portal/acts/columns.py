from collections.abc import Iterable

from portal.models import User

MOST = 40


def choose(by: User, listing: str, names: Iterable[str]) -> None:
    """The columns of one list that a person sees; none stands for the usual ones."""
    by.columns = {**by.columns, listing: [name[:40] for name in names][:MOST]}
    by.save(update_fields=["columns"])
