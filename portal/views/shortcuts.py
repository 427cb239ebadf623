from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import http
from portal.wording.menu import PAGES


@require_safe
def shortcuts(request: http.Request) -> HttpResponse:
    """All keys of the keyboard: a page, and by ``?`` a dialog over any other."""
    everywhere = [
        (["Ctrl", "K"], _("Search everything")),
        (["/"], _("Search this list, or everything")),
        (["?"], _("Show these keys")),
        (["Ctrl", "Enter"], _("Send the form or confirm")),
        (["Esc"], _("Close a dialog or a menu")),
    ]
    lists = [
        (["j"], _("Next row")),
        (["k"], _("Previous row")),
        (["Enter"], _("Open the row")),
        (["x"], _("Select the row")),
    ]
    pages = [
        (page.shortcut.split(), page.label) for page in PAGES if page.shortcut and page.is_for(request.user)
    ]
    groups = [(_("Everywhere"), everywhere), (_("In lists"), lists), (_("Go to"), pages)]
    return http.page(request, "shortcuts/page.html", {"groups": groups})
