from ..core.write import Write


class AcceptQuote(Write):
    action = "accept_quote"

    def __init__(self, quote_id: int) -> None:
        super().__init__(quoteid=quote_id)
