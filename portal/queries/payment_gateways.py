"""Payment gateways for orders.

The API lists none, so these are the ones on the account's rows and in the catalogue.
"""

from portal.models import Gateway
from ultahost_api.models import Account, Domain, Invoice, Order


def gateway_words() -> dict[str, str]:
    """What the team calls the gateways of the catalogue, by Ultahost's name."""
    return dict(Gateway.objects.values_list("name", "words"))


def gateway_word(name: str) -> str:
    return gateway_words().get(name, name) if name else ""


def known_gateways(account: Account) -> list[tuple[str, str]]:
    """(provider's name, label) pairs; the gateway of the account's newest invoice comes first."""
    words = gateway_words()
    names = dict.fromkeys([*_seen_on(account), *words])
    return [(name, words.get(name, name)) for name in names]


def _seen_on(account: Account) -> list[str]:
    orders = Order.objects.filter(account=account).exclude(payment_method="")
    invoices = Invoice.objects.filter(account=account).exclude(payment_method="")
    domains = Domain.objects.filter(account=account).exclude(payment_method="")
    return [
        *invoices.order_by("-date", "-remote_id").values_list("payment_method", flat=True)[:100],
        *orders.order_by("-date", "-remote_id").values_list("payment_method", flat=True)[:100],
        *domains.order_by("payment_method").values_list("payment_method", flat=True).distinct(),
    ]
