"""Entries of the catalogue, and sets of nameservers, which the audit log has among them."""

from django.db import transaction
from django.db.models import Model

from portal import audit
from portal.acts.shared_rows import locked
from portal.models import Act, Switches, User


@transaction.atomic
def save(by: User, entry: Model) -> None:
    entry.save()
    audit.record(by, Act.ENTRY_SAVED, entry)


def delete(by: User, entry: Model) -> None:
    with locked(entry) as entry:
        audit.record(by, Act.ENTRY_DELETED, entry)  # before its row and its id are gone
        entry.delete()


@transaction.atomic
def switch_cards(by: User, on: bool) -> None:
    """Whether card numbers may be entered."""
    Switches.objects.update_or_create(pk=1, defaults={"cards": on})
    audit.record(by, Act.CARDS_SWITCHED, on=on)
