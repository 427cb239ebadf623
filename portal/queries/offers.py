"""What the page of a service or domain offers to do: what fits the state, where Ultahost tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ultahost_api.models import Domain, Operation, Service
from ultahost_api.models.row_statuses import (
    ENDED_DOMAIN,
    ENDED_SERVICE,
    NOT_RENEWABLE_DOMAIN,
    NOT_RUNNING_SERVICE,
)


@dataclass(frozen=True, slots=True)
class ServiceOffers:
    """``runs``: its commands and its password make sense. ``ends``: it can still be cancelled."""

    runs: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class DomainOffers:
    """``switches`` turn auto-renew. Of the ``locks`` the first is the likely one: the API does not tell."""

    renews: bool
    switches: Sequence[str]
    locks: Sequence[str]


def of_service(service: Service, cancellation: Operation | None) -> ServiceOffers:
    has_ended = service.status in ENDED_SERVICE
    return ServiceOffers(
        runs=service.status not in NOT_RUNNING_SERVICE, ends=not has_ended and not cancellation
    )


def of_domain(domain: Domain, last_set: Mapping[str, Operation]) -> DomainOffers:
    if domain.status in ENDED_DOMAIN:
        return DomainOffers(False, (), ())
    switches = {True: ("off",), False: ("on",), None: ("on", "off")}[domain.auto_renew]
    lock = last_set.get("manage_domain_lock")
    is_locked = lock is not None and lock.parameters.get("lockstatus") == "locked"
    return DomainOffers(
        domain.status not in NOT_RENEWABLE_DOMAIN,
        switches,
        ("unlocked", "locked") if is_locked else ("locked", "unlocked"),
    )
