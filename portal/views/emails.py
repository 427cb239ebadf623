import unicodedata
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from portal import access, http, live, live_lists
from portal.letters import document, framed
from portal.live import Live
from ultahost_api.client import Client, Email, EmailDetails
from ultahost_api.models import Account


@access.key_holders_only
@require_safe
def emails(request: http.Request) -> HttpResponse:
    """What Ultahost has sent, newest first; the search is over the subjects of the page."""
    choice = live_lists.choose(request, access.accounts_to_view(request.user))
    words = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"choice": choice, "words": words}
    if choice.account:
        context["may_read"] = access.accounts_to_operate(request.user).filter(pk=choice.account.pk).exists()
        if live_lists.is_wanted(request):
            read = _listed(request, choice.account)
            context |= {"live": read, "emails": _about(words, read)}
    return http.page(request, "emails/list.html", context, partials=["emails"])


@access.key_holders_only
@require_safe
def email(request: http.Request, account_id: UUID, email_id: int) -> HttpResponse:
    account = access.account_among(access.accounts_to_operate(request.user), account_id)
    read = _read(account, email_id) if live_lists.is_wanted(request) else None
    context = {"account": account, "email_id": email_id, "live": read}
    return http.page(request, "emails/detail.html", context, partials=["email"])


@framed
@access.key_holders_only
@require_safe
def email_body(request: http.Request, account_id: UUID, email_id: int) -> HttpResponse:
    """Bodies can hold passwords: read for this answer alone."""
    account = access.account_among(access.accounts_to_operate(request.user), account_id)
    return document(request, _read(account, email_id), lambda email: email.message)


def _listed(request: http.Request, account: Account) -> Live:
    return live_lists.read_page(
        account, "emails", lambda client: client.emails, live_lists.offset_of(request)
    )


def _about(words: str, read: Live) -> list[Email]:
    wanted = _plain(words).split()
    rows = read.content.records if read.is_there else ()
    found = (email for email in rows if all(word in _plain(email.subject) for word in wanted))
    return sorted(found, key=lambda email: (email.date is not None, email.date, email.id), reverse=True)


def _plain(text: str) -> str:
    """Without case and accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _read(account: Account, email_id: int) -> Live:
    def get(client: Client) -> EmailDetails:
        return client.emails.get(email_id)

    return live.read(account, "email", get, cached=False)
