"""A domain's nameservers and lock as the portal last set them, because the API does not return them."""

from ultahost_api.models import Domain, Operation

State = Operation.State


def last_set(domain: Domain) -> dict[str, Operation]:
    """By action, the newest operation that took effect or may have."""
    operations = Operation.objects.filter(
        account=domain.account_id,
        remote_id=domain.remote_id,
        action__in=["update_nameservers", "manage_domain_lock"],
        state__in=[State.DONE, State.CONFIRMED, State.UNKNOWN, State.SENDING],
    )
    return {operation.action: operation for operation in operations.order_by("created_at")}


def nameservers_of(operation: Operation | None) -> list[str]:
    numbered = operation.parameters if operation else {}
    return [numbered[name] for name in ("ns1", "ns2", "ns3", "ns4", "ns5") if numbered.get(name)]
