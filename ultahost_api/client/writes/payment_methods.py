from ..core.write import Write


class AddPaymentMethod(Write):
    """``type`` is "CreditCard", "RemoteCreditCard" or "BankAccount"; ``fields`` as documented."""

    action = "add_payment_method"

    def __init__(self, type: str, **fields: object) -> None:
        super().__init__(type=type, **fields)


class DeletePaymentMethod(Write):
    action = "delete_payment_method"

    def __init__(self, method_id: int) -> None:
        super().__init__(paymethodid=method_id)
