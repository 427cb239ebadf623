"""The team's saved sets of nameservers. The audit log has them with the catalogue."""

from collections.abc import Sequence

from django.db import transaction

from portal import audit
from portal.models import Act, NameserverSet, User


@transaction.atomic
def save(by: User, name: str, servers: Sequence[str]) -> None:
    """One of the same name is replaced."""
    known = NameserverSet.objects.filter(name=name).first()
    if known is None or known.servers != [*servers]:
        saved = NameserverSet.objects.update_or_create(name=name, defaults={"servers": [*servers]})[0]
        audit.record(by, Act.ENTRY_SAVED, saved)
