"""A domain's nameservers and lock as the portal last set them, because the API does not return them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ultahost_api.models import Domain, Operation

State = Operation.State


def last_set(domain: Domain) -> dict[str, Operation]:
    """By action, the newest operation that took effect or may have."""
    return _last_set_of([domain])[domain.account_id, domain.remote_id]


def add_last_set(domains: Sequence[Any]) -> None:
    """Each gets what ``last_set`` tells, as an attribute of that name. One statement."""
    found = _last_set_of(domains)
    for domain in domains:
        domain.last_set = found[domain.account_id, domain.remote_id]


def _last_set_of(domains: Sequence[Domain]) -> defaultdict[Any, dict[str, Operation]]:
    operations = Operation.objects.filter(
        account__in={domain.account_id for domain in domains},
        remote_id__in=[domain.remote_id for domain in domains],
        action__in=["update_nameservers", "manage_domain_lock"],
        state__in=[State.DONE, State.CONFIRMED, State.UNKNOWN, State.SENDING],
    )
    found: defaultdict[Any, dict[str, Operation]] = defaultdict(dict)
    for one in operations.order_by("created_at"):
        found[one.account_id, one.remote_id][one.action] = one
    return found
