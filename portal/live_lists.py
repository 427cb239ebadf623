"""Lists of live nouns: an account at a time, a page at a time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from portal import live
from ultahost_api.client import Client
from ultahost_api.models import Account

SIZE = 50

Listable = Any  # client.orders and its like


@dataclass(frozen=True, slots=True)
class Choice:
    """The accounts to choose from, and the one whose rows are shown."""

    accounts: list[Account]
    account: Account | None


@dataclass(frozen=True, slots=True)
class LivePage:
    """What is kept of a page: records of documented fields alone."""

    records: tuple[Any, ...]
    offset: int
    next_offset: int | None
    total: int | None

    @property
    def previous_offset(self) -> int:
        return max(0, self.offset - SIZE)


def choose(request: HttpRequest, accounts: QuerySet[Account]) -> Choice:
    """The account of ``?account=``, else the first."""
    found = list(accounts)
    wanted = request.GET.get("account")
    if not wanted:
        return Choice(found, found[0] if found else None)
    for account in found:
        if str(account.pk) == wanted:
            return Choice(found, account)
    raise Http404


def is_wanted(request: HttpRequest) -> bool:
    """The page around it comes first, without waiting for Ultahost."""
    return "live" in request.GET


def offset_of(request: HttpRequest) -> int:
    told = request.GET.get("offset", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 7 else 0


def read_page(
    account: Account, noun: str, nouns: Callable[[Client], Listable], offset: int, status: str = ""
) -> live.Live:
    """``status`` comes from a list of ours, never as typed: it names a place in the cache."""

    def call(client: Client) -> LivePage:
        page = nouns(client).page(offset, SIZE, status or None)
        return LivePage(plain(page.records), offset, page.next_offset, page.total)

    return live.read(account, _name(noun, status, offset), call)


def plain(records: Iterable[Any]) -> tuple[Any, ...]:
    """Without the undocumented fields, which could be anything."""
    return tuple(replace(record, extra={}) for record in records)


def forget_first(account: Account, noun: str, *statuses: str) -> None:
    """Where a new row stands."""
    live.forget(account, *(_name(noun, status, 0) for status in ("", *statuses)))


def _name(noun: str, status: str, offset: int) -> str:
    return f"{noun}:{status}:{offset}"
