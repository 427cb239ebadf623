from ..core.write import Write


class CreateOrder(Write):
    """``fields`` as documented: parallel lists such as ``pid=[1], billingcycle=["monthly"]``."""

    action = "create_order"

    def __init__(self, payment_method: str, **fields: object) -> None:
        super().__init__(paymentmethod=payment_method, **fields)
