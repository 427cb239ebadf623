"""Acts that want the person's password once more, however long ago they signed in."""

from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from portal import http


def ask_first(request: HttpRequest) -> HttpResponse | None:
    """The way to the password's page and back; None when it was given minutes ago.

    What was posted is lost on the way. allauth's own decorator would keep it in the session, secrets and all.
    """
    if did_recently_reauthenticate(request):
        return None
    return http.SeeOther(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")
