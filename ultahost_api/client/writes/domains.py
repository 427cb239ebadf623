from collections.abc import Sequence

from ..core.errors import InvalidParameters
from ..core.write import Write


class UpdateNameservers(Write):
    """Replaces all of them. Two to five, else InvalidParameters."""

    action = "update_nameservers"

    def __init__(self, domain_id: int, nameservers: Sequence[str]) -> None:
        if not 2 <= len(nameservers) <= 5:
            raise InvalidParameters("takes two to five nameservers", action=self.action)
        super().__init__(domainid=domain_id, **{f"ns{n}": name for n, name in enumerate(nameservers, 1)})


class SetLock(Write):
    action = "manage_domain_lock"

    def __init__(self, domain_id: int, locked: bool) -> None:
        super().__init__(domainid=domain_id, lockstatus="locked" if locked else "unlocked")


class SetAutoRenew(Write):
    action = "toggle_autorenew"

    def __init__(self, domain_id: int, on: bool) -> None:
        super().__init__(domainid=domain_id, autorenew=on)
