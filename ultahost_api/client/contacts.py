"""Further people whom the provider writes to."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .core import wire
from .core.paging import Listable
from .core.row import Row
from .profile import person
from .writes.contacts import CreateContact, DeleteContact, UpdateContact


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    id: int
    first_name: str
    last_name: str
    email: str
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails(Contact):
    """The six ``*_emails`` are the kinds of mail that the contact receives."""

    company_name: str
    address1: str
    address2: str
    city: str
    state: str
    postcode: str
    country: str
    phone_number: str
    tax_id: str
    general_emails: bool | None
    product_emails: bool | None
    domain_emails: bool | None
    invoice_emails: bool | None
    support_emails: bool | None
    affiliate_emails: bool | None
    created_at: datetime | None
    updated_at: datetime | None


class Contacts(Listable[Contact]):
    """``fields`` are named as in ContactDetails."""

    _action = "get_contacts"

    @staticmethod
    def _read(row: Row) -> Contact:
        return row.into(
            Contact,
            id=row.id(),
            first_name=row.text("firstname"),
            last_name=row.text("lastname"),
            email=row.text("email"),
            extra=row.rest(),
        )

    def get(self, id: int) -> ContactDetails:
        return self._client.record("get_contact", _details, expect=id, contactid=id)

    def create(self, **fields: object) -> int | None:
        """Returns the new id, or None when the answer does not tell it."""
        write = CreateContact(**fields)
        fields.clear()  # a frame that an error report shows keeps no plain secret
        return wire.told_id(self._client.send(write).data, "contact_id")

    def update(self, id: int, **fields: object) -> str:
        """Changes the given fields only. Returns the provider's word."""
        write = UpdateContact(id, **fields)
        fields.clear()  # a frame that an error report shows keeps no plain secret
        return self._client.send(write).message

    def delete(self, id: int) -> str:
        return self._client.send(DeleteContact(id)).message


def _details(row: Row) -> ContactDetails:
    return row.into(
        ContactDetails,
        id=row.id(),
        **person(row),
        general_emails=row.flag("generalemails"),
        product_emails=row.flag("productemails"),
        domain_emails=row.flag("domainemails"),
        invoice_emails=row.flag("invoiceemails"),
        support_emails=row.flag("supportemails"),
        affiliate_emails=row.flag("affiliateemails"),
        created_at=row.moment("created_at"),
        updated_at=row.moment("updated_at"),
        extra=row.rest(),
    )
