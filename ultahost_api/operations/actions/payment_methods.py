from ultahost_api.client import Client, writes
from ultahost_api.models import Operation
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, id_of


class AddPaymentMethod(WriteAction):
    write = writes.AddPaymentMethod
    noun = "payment method"
    kept = ("paymethodid",)

    def before(self, client: Client, parameters: Parameters) -> Before:
        return {"ids": [method.id for method in client.payment_methods.list()]}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        new = [m for m in client.payment_methods.list() if m.id not in operation.before.get("ids", [])]
        new = [m for m in new if m.type == operation.parameters.get("type")]
        return None if len(new) > 1 else bool(new)


class DeletePaymentMethod(WriteAction):
    write = writes.DeletePaymentMethod
    noun, id_parameter = "payment method", "paymethodid"
    kept = ("paymethodid",)

    def took_effect(self, client: Client, operation: Operation) -> bool:
        return id_of(operation) not in {method.id for method in client.payment_methods.list()}
