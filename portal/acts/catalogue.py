"""Entries of the catalogue, and sets of nameservers, which the audit log has among them."""

from django.db import transaction
from django.db.models import Model

from portal import audit
from portal.models import Act, Switches, User


def save(by: User, entry: Model) -> None:
    with transaction.atomic():
        entry.save()
        audit.record(by, Act.ENTRY_SAVED, entry)


def delete(by: User, entry: Model) -> None:
    with transaction.atomic():
        audit.record(by, Act.ENTRY_DELETED, entry)  # before its row and its id are gone
        entry.delete()


def switch_cards(by: User, on: bool) -> None:
    """Whether card numbers may be entered."""
    with transaction.atomic():
        Switches.objects.update_or_create(pk=1, defaults={"cards": on})
        audit.record(by, Act.CARDS_SWITCHED, on=on)
