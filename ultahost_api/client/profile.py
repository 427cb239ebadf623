"""The account that the API key opens."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from .core.caller import Caller
from .core.row import Row
from .core.secret import Secret
from .core.wire import Unreadable, text
from .writes.account import ChangePassword, UpdateAccount

_LONGEST_UUID = 64  # 36 are usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """``uuid`` is in lower case and is what tells accounts apart; ``id`` does not."""

    id: int | None
    uuid: str
    first_name: str
    last_name: str
    company_name: str
    email: str
    address1: str
    address2: str
    city: str
    state: str
    postcode: str
    country: str
    phone_number: str
    tax_id: str
    credit: Decimal | None
    currency_code: str
    status: str
    language: str
    created_at: datetime | None
    updated_at: datetime | None
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


class ProfileCalls:
    def __init__(self, client: Caller) -> None:
        self._client = client

    def get(self) -> Profile:
        return self._client.record("get_profile", _profile)

    def update(self, **fields: object) -> str:
        """Changes the given fields only. Returns the provider's word."""
        write = UpdateAccount(**fields)
        fields.clear()  # a frame that an error report shows keeps no plain secret
        return self._client.send(write).message

    def change_password(self, existing: str | Secret, new: str | Secret) -> str:
        existing, new = Secret(existing), Secret(new)
        return self._client.send(ChangePassword(existing, new)).message


def _profile(row: Row) -> Profile:
    uuid = text(row.take("uuid")).strip().lower()
    if not 0 < len(uuid) <= _LONGEST_UUID:
        raise Unreadable(f"uuid: it has {len(uuid)} characters")
    currency = row.text("currency_code")
    return row.into(
        Profile,
        id=row.number("id"),
        uuid=uuid,
        **person(row),
        credit=row.money("credit"),
        currency_code=currency.strip().upper() if isinstance(currency, str) else currency,
        status=row.text("status"),
        language=row.text("language"),
        created_at=row.moment("created_at"),
        updated_at=row.moment("updated_at"),
        extra=row.rest(),
    )


def person(row: Row) -> dict[str, Any]:
    """The fields of a person that profiles, contacts and quotes have in common."""
    return {
        "first_name": row.text("firstname"),
        "last_name": row.text("lastname"),
        "company_name": row.text("companyname"),
        "email": row.text("email"),
        "address1": row.text("address1"),
        "address2": row.text("address2"),
        "city": row.text("city"),
        "state": row.text("state"),
        "postcode": row.text("postcode"),
        "country": row.text("country"),
        "phone_number": row.text("phonenumber"),
        "tax_id": row.text("tax_id"),
    }
