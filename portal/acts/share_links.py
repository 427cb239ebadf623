from typing import Any

from django.db import transaction

from portal import audit
from portal.acts import secret_links
from portal.models import Act, ShareLink, User


@transaction.atomic
def make(by: User, **fields: Any) -> tuple[ShareLink, str]:
    """The link and its address, to be shown once."""
    link, secret = ShareLink.objects.make(by, **fields)
    audit.record(by, Act.LINK_MADE, link, until=link.last_day)
    return link, secret_links.address_of("open_shared", link.pk, secret)


@transaction.atomic
def revoke(by: User, link: ShareLink) -> None:
    """Does nothing if the link is already revoked."""
    if link.revoke(by):
        audit.record(by, Act.LINK_REVOKED, link)
