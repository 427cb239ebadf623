"""The account behind its keys: name, currency, credit, and whether each key still opens it."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ultahost_api import signals
from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import KeyUnreadable, for_key
from ultahost_api.client import UltahostError
from ultahost_api.client.profile import Profile
from ultahost_api.models import LISTS, Account, ApiKey, Event, Invoice, Noun, Order, Quote, Refresh
from ultahost_api.refresh.leases import Lease

logger = logging.getLogger(__name__)

_READ_WITHIN = timedelta(hours=1)  # of something new


class OtherAccount(Exception):
    """The key opens another account than it did; it was stopped before anything was written."""


def read(lease: Lease) -> None:
    """Read the profile with every usable key: the identity is a property of the key, not of the account.

    The first good answer is written. A key that fails is noted and stops nothing while another one works.
    """
    account, written = lease.refresh.account, False
    failure: Exception | None = None
    for key in ApiKey.objects.usable().filter(account=account):
        lease.renew()
        try:
            profile = for_key(key, Purpose.BACKGROUND).profile.get()
            check_identity(key, account, profile)
        except (UltahostError, OtherAccount, KeyUnreadable) as error:
            failure = failure or error
        else:
            if not written:
                with transaction.atomic():
                    lease.renew()
                    write(account, profile)
                written = True
    if failure and not written:
        raise failure


def check_identity(key: ApiKey, account: Account, profile: Profile) -> None:
    """Raises OtherAccount, and stops the key, unless its secret was replaced since."""
    if profile.uuid == account.remote_uuid:
        return
    if ApiKey.objects.still(key).update(
        disabled_at=timezone.now(), disabled_because=ApiKey.DisabledBecause.OTHER_ACCOUNT
    ):
        logger.warning("Key %s opens another account than before and was disabled.", key.pk)
        signals.key_misled.send_robust(ApiKey, key=key)
    raise OtherAccount


def find_or_make(profile: Profile) -> Account:
    """The account of this profile, up to date; known by the profile's uuid and by nothing else."""
    with transaction.atomic():
        account, _ = Account.objects.get_or_create(
            remote_uuid=profile.uuid, defaults={"name": name_of(profile)}
        )
        write(account, profile)
    return account


def write(account: Account, profile: Profile) -> None:
    values: dict[str, Any] = {
        "name": name_of(profile),
        "email": profile.email[:255],
        "currency": profile.currency_code[:10] or account.currency,
        "credit": profile.credit,
        "status": profile.status[:40],
    }
    currency, unnamed, since = values["currency"], {""}, None
    if account.currency.strip().upper() == currency:
        unnamed.add(account.currency)  # as it was written before
    elif account.currency:
        values |= {"former_currency": account.currency, "currency_changed_at": timezone.now()}
        read = Refresh.objects.select_for_update().filter(account=account, noun=Noun.PROFILE)
        completed_at = read.values_list("completed_at", flat=True).first()
        since = completed_at and max(completed_at, timezone.now() - _READ_WITHIN)
    changed = [name for name, value in values.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, values[name])
    # As all who change rows lock: the rows, the account, the refreshes of lists; before them the profile's.
    if currency:
        _name_currency(account, unnamed - {currency}, since)
    if changed:
        account.save(update_fields=[*changed, "folded"])
    if "currency_changed_at" in changed:
        # Amounts of before and after look alike: only a full pass tells which rows changed.
        lists = Refresh.objects.filter(account=account, noun__in=LISTS)
        now = timezone.now()
        lists.update(pass_started_at=None, full_due_at=now, next_due_at=now)
        logger.warning("Account %s changed its currency to %s.", account.pk, currency)


def _name_currency(account: Account, unnamed: set[str], since: datetime | None) -> None:
    """Of invoices, orders and quotes: of those ``unnamed``, and those that are new ``since`` then.

    What is new has the profile read, so it is of the currency that this tells; what waited longer for that,
    as while the profile cannot be read, may be of either.
    """
    for model, noun in ((Invoice, Noun.INVOICES), (Order, Noun.ORDERS), (Quote, Noun.QUOTES)):
        misnamed = Q(currency__in=unnamed)
        if since:
            new = Event.objects.filter(account=account, noun=noun, kind=Event.Kind.APPEARED, at__gt=since)
            misnamed |= Q(pk__in=list(new.values_list("row_id", flat=True)))
        rows = model._default_manager.filter(misnamed, account=account)
        # An update takes SQLite's one writer, whether it changes a row or not, and locks in no order.
        if list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk")):
            rows.update(currency=account.currency)


def name_of(profile: Profile) -> str:
    person = f"{profile.first_name.strip()} {profile.last_name}"
    names = (name.strip() for name in (profile.company_name, person, profile.email))
    return next(filter(None, names), profile.uuid)
