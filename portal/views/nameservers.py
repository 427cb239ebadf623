"""The team's saved sets of nameservers."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.acts import catalogue as acts
from portal.acts.shared_rows import saved
from portal.forms.nameservers import NameserverSetForm
from portal.models import NameserverSet
from portal.pages.confirmation import Confirmation


@require_safe
def nameserver_sets(request: http.Request) -> HttpResponse:
    if not access.may_change_nameserver_sets(request.user):
        raise Http404
    sets = access.nameserver_sets_to_change(request.user)
    return http.page(request, "nameservers/list.html", {"rows": sets})


@http.require_safe_or_post
def add_nameserver_set(request: http.Request) -> HttpResponse:
    if not access.may_change_nameserver_sets(request.user):
        raise Http404
    return _save(request, None)


@http.require_safe_or_post
def edit_nameserver_set(request: http.Request, set_id: UUID) -> HttpResponse:
    return _save(request, access.nameserver_set_to_change(request.user, set_id))


@http.require_safe_or_post
def delete_nameserver_set(request: http.Request, set_id: UUID) -> HttpResponse:
    found = access.nameserver_set_to_change(request.user, set_id)
    if request.method == "POST":
        name = found.name
        acts.delete(request.user, found)
        messages.success(request, _("“%(entry)s” was deleted.") % {"entry": name})
        return http.SeeOther(reverse("nameserver_sets"))
    return Confirmation(
        title=_("Delete “%(entry)s”?") % {"entry": found},
        text=_("Domains keep the nameservers that were set with it."),
        facts=[(_("Nameservers"), ", ".join(found.servers))],
        verb=_("Delete it"),
        back=reverse("nameserver_sets"),
        danger=True,
    ).page(request)


def _save(request: http.Request, known: NameserverSet | None) -> HttpResponse:
    def form_of(known: NameserverSet | None) -> NameserverSetForm:
        return NameserverSetForm(http.posted(request), instance=known)

    if request.method != "POST":
        form = form_of(known)
    elif (form := saved(known, form_of, partial(acts.save, request.user))).is_valid():
        messages.success(request, _("“%(entry)s” was saved.") % {"entry": form.instance})
        return http.SeeOther(reverse("nameserver_sets"))
    return Confirmation(
        title=str(known) if known else _("Add a nameserver set"),
        text=_("Domains that have these nameservers now keep them.") if known else "",
        verb=_("Save"),
        back=reverse("nameserver_sets"),
        form=form,
    ).page(request)
