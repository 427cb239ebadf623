import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from portal.running.troubles import Trouble, trouble_of


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler of unexpected errors. It does not use the database, not even for the user."""
    trouble = trouble_of(sys.exc_info()[1])
    if trouble is None:
        return server_error(request)
    if hasattr(request, "session"):
        request.session.modified = False  # saving it would fail as well
    title, advice = _words(trouble)
    page = render_to_string("503.html", {"title": title, "advice": advice})
    return HttpResponse(page, status=503, headers={"Retry-After": "30"})


def _words(trouble: Trouble) -> tuple[str, str]:
    if trouble == Trouble.FULL:
        return _("The disk is full"), _(
            "You can still read everything, but not change anything. This was not done. Try again after an"
            " admin has freed space on the portal's machine."
        )
    if trouble == Trouble.READ_ONLY:
        return _("The database takes no changes"), _(
            "You can still read everything, but not change anything. This was not done. Try again after an"
            " admin has made the portal's database writable."
        )
    if trouble == Trouble.BUSY:
        return _("The portal is busy"), _("This was not done. Try again in a moment.")
    return _("The database does not answer"), _(
        "If you were changing something, check whether it was done before you try again."
    )
