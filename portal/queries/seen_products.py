"""Names and cycles of products that services tell and the catalogue lacks; the id if an order told it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from portal.models import Product
from portal.wording.cycles import plain_cycle
from ultahost_api.models import Operation, Service

_MOST = 50
_ORDERS = 500  # looked through, the newest first


@dataclass(frozen=True, slots=True)
class SeenProduct:
    """``remote_id`` is known only if a service of it was ordered through the portal."""

    name: str
    cycles: tuple[str, ...]
    remote_id: int | None

    @property
    def query(self) -> str:
        told = [("name", self.name), *(("cycles", cycle) for cycle in self.cycles)]
        return urlencode([*told, ("remote_id", self.remote_id)] if self.remote_id else told)


def seen_products() -> list[SeenProduct]:
    """Of all accounts, by name, for admins."""
    known = {name.casefold() for name in Product.objects.values_list("name", flat=True)}
    cycles: dict[str, set[str]] = defaultdict(set)
    seen = Service.objects.present().exclude(product_name="").order_by()
    for name, cycle in seen.values_list("product_name", "billing_cycle").distinct():
        if name.casefold() not in known and len(name) <= 120:
            cycles[name].add(plain_cycle(cycle))
    ids = _learned_ids() if cycles else {}
    return [
        SeenProduct(name, tuple(one for one in Product.Cycle.values if one in cycles[name]), ids.get(name))
        for name in sorted(cycles, key=str.casefold)[:_MOST]
    ]


def _learned_ids() -> dict[str, int]:
    """From orders of one product that made one service which our copy has."""
    orders = Operation.objects.filter(action="create_order", state__in=["done", "confirmed"])
    made: dict[tuple[Any, int], int] = {}
    newest = orders.order_by("-created_at").values_list("account", "parameters", "result")[:_ORDERS]
    for account, sent, told in reversed(newest):
        pids, services = _numbers(sent.get("pid")), _numbers(told.get("serviceids"))
        if len(pids) == len(services) == 1:
            made[account, services[0]] = pids[0]
    rows = Service.objects.filter(remote_id__in={service for _account, service in made})
    found = rows.values_list("account", "remote_id", "product_name")
    return {name: made[account, number] for account, number, name in found if (account, number) in made}


def _numbers(told: Any) -> list[int]:
    """Of a list, or of text such as ``102,103``."""
    parts = told if isinstance(told, list) else str(told or "").split(",")
    return [int(part) for part in map(str, parts) if part.strip().isdecimal() and len(part) < 12]
