from ultahost_api.client import Client, writes
from ultahost_api.models import Operation
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, id_of


class _OfAPaymentMethod(WriteAction):
    noun = "payment method"
    kept = ("paymethodid",)


class AddPaymentMethod(_OfAPaymentMethod):
    write = writes.AddPaymentMethod

    def before(self, client: Client, parameters: Parameters) -> Before:
        return {"ids": [method.id for method in client.payment_methods.list()]}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        page = client.payment_methods.page()
        new = [method.type for method in page.records if method.id not in operation.before.get("ids", [])]
        ours = new.count(operation.parameters.get("type", ""))
        return None if ours > 1 or "" in new or page.rejected else ours == 1


class DeletePaymentMethod(_OfAPaymentMethod):
    write = writes.DeletePaymentMethod
    id_parameter = "paymethodid"

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        page = client.payment_methods.page()
        if id_of(operation) in page.ids:
            return False
        return None if page.rejected else True
