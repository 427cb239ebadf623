from ultahost_api.client import Client, writes
from ultahost_api.models import Noun, Operation, Reason
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, change_row, id_of
from ultahost_api.operations.reasons import NotAllowedNow


class AcceptQuote(WriteAction):
    write = writes.AcceptQuote
    noun, id_parameter = "quote", "quoteid"
    stale = (Noun.QUOTES, Noun.INVOICES)

    def before(self, client: Client, parameters: Parameters) -> Before:
        quote = client.quotes.get(parameters["quoteid"])
        if quote.stage == "Accepted":
            raise NotAllowedNow(Reason.QUOTE_ACCEPTED)
        if quote.total is None:
            raise NotAllowedNow(Reason.NO_QUOTE_TOTAL)
        return {"stage": quote.stage, "total": str(quote.total)}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        stage = client.quotes.get(id_of(operation)).stage
        return stage == "Accepted" if stage else None

    def change(self, operation: Operation) -> None:
        change_row(operation, Noun.QUOTES, stage="Accepted")
