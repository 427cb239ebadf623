from ..core.secret import Secret
from ..core.write import Write


class RequestCancellation(Write):
    """``type`` is "Immediate" or "End of Billing Period"."""

    action = "request_cancellation"

    def __init__(self, service_id: int, *, type: str, reason: str = "") -> None:
        super().__init__(serviceid=service_id, type=type, cancellationreason=reason or None)


class ResetServicePassword(Write):
    action = "service_reset_password"

    def __init__(self, service_id: int, password: str | Secret) -> None:
        password = Secret(password)
        super().__init__(serviceid=service_id, servicepassword=password)


class RunCommand(Write):
    """``name`` is one that the service's module allows, such as "reboot"; the API does not list them."""

    action = "service_module_custom"

    def __init__(self, service_id: int, name: str) -> None:
        super().__init__(serviceid=service_id, func_name=name)


class UpgradeService(Write):
    """An order at once, not a preview. ``fields`` as documented, such as ``newproductid``."""

    action = "upgrade_service"

    def __init__(self, service_id: int, *, type: str, payment_method: str, **fields: object) -> None:
        super().__init__(serviceid=service_id, type=type, paymentmethod=payment_method, **fields)
