from ultahost_api.client import Client, Page, PaymentMethod, writes
from ultahost_api.models import Operation
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, id_of, may_be_older, unread


class _OfAPaymentMethod(WriteAction):
    noun = "payment method"
    kept = ("paymethodid",)


class AddPaymentMethod(_OfAPaymentMethod):
    write = writes.AddPaymentMethod

    def before(self, client: Client, parameters: Parameters) -> Before:
        page = client.payment_methods.page()
        return {"ids": page.ids} | unread(
            page.rejected, is_whole=page.total == len(page.records) + len(page.rejected)
        )

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """None as well if a new one may be one that could not be read before."""
        page, before = client.payment_methods.page(), operation.before
        new = [method.type for method in page.records if method.id not in before.get("ids", [])]
        ours = new.count(operation.parameters.get("type", ""))
        if ours > 1 or "" in new or not _is_whole(page) or (ours and may_be_older(before, page.rejected)):
            return None
        return ours == 1


class DeletePaymentMethod(_OfAPaymentMethod):
    write = writes.DeletePaymentMethod
    id_parameter = "paymethodid"

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        page = client.payment_methods.page()
        if id_of(operation) in page.ids:
            return False
        return True if _is_whole(page) else None


def _is_whole(page: Page[PaymentMethod]) -> bool:
    """Whether all that there are can be read."""
    return page.total == len(page.records)
