from django.utils import timezone
from django.utils.translation import gettext as _

from ultahost_api.client import Client, writes
from ultahost_api.models import Noun, Operation
from ultahost_api.operations.actions.base import (
    Before,
    Parameters,
    Pointless,
    WriteAction,
    change_row,
    id_of,
)


class AcceptQuote(WriteAction):
    write = writes.AcceptQuote
    noun, id_parameter = "quote", "quoteid"
    stale = (Noun.QUOTES, Noun.INVOICES)

    def before(self, client: Client, parameters: Parameters) -> Before:
        quote = client.quotes.get(parameters["quoteid"])
        if quote.stage == "Accepted":
            raise Pointless(_("Ultahost says that this quote is accepted already."))
        if quote.total is None:
            raise Pointless(_("The total of this quote could not be read."))
        return {"stage": quote.stage, "total": str(quote.total)}

    def took_effect(self, client: Client, operation: Operation) -> bool:
        return client.quotes.get(id_of(operation)).stage == "Accepted"

    def change(self, operation: Operation) -> None:
        change_row(operation, Noun.QUOTES, stage="Accepted", changed_at=timezone.now())
