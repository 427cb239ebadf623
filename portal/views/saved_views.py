"""Named filters and orders of lists, of one person or shared with the team."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access, http
from portal.acts import saved_views as acts
from portal.acts.shared_rows import saved
from portal.forms.saved_views import NewViewForm, SavedViewForm
from portal.models import SavedView
from portal.pages.confirmation import Confirmation


@http.require_safe_or_post
def save_view(request: http.Request) -> HttpResponse:
    """A person's view of the same name in the same list is replaced."""
    form = NewViewForm(http.posted(request), initial=request.GET.dict())
    if form.is_valid():
        told = form.cleaned_data
        known = {"owner": request.user, "listing": told["listing"], "name": told["name"]}
        view = SavedView.objects.filter(**known).first() or SavedView(**known)
        view.query, view.shared = told["query"], told["shared"]
        acts.save(request.user, view)
        messages.success(request, _("The view “%(view)s” was saved.") % {"view": view})
        return http.SeeOther(_page_of(view))
    return http.form_page(request, "saved_views/form.html", form)


@http.require_safe_or_post
def saved_view(request: http.Request, view_id: UUID) -> HttpResponse:
    view = access.saved_view_to_change(request.user, view_id)

    def form_of(now: SavedView | None) -> SavedViewForm:
        """Another's view may have become private since."""
        if now and now is not view:
            access.saved_view_to_change(request.user, view_id)
        return SavedViewForm(http.posted(request), instance=now)

    if request.method != "POST":
        form = form_of(view)
    elif (form := saved(view, form_of, partial(acts.save, request.user))).is_valid():
        view = form.instance
        messages.success(request, _("The view “%(view)s” was saved.") % {"view": view})
        return http.SeeOther(_page_of(view))
    return http.form_page(request, "saved_views/form.html", form, {"view": view, "back": _page_of(view)})


@http.require_safe_or_post
def delete_view(request: http.Request, view_id: UUID) -> HttpResponse:
    view = access.saved_view_to_change(request.user, view_id)
    if request.method == "POST":
        acts.delete(request.user, view)
        messages.success(request, _("The view “%(view)s” was deleted.") % {"view": view})
        return http.SeeOther(reverse(view.listing))
    return Confirmation(
        title=_("Delete the view “%(view)s”?") % {"view": view},
        text=_("No other person sees it any more.") if view.shared else "",
        verb=_("Delete it"),
        back=reverse("saved_view", args=[view.pk]),
        danger=True,
    ).page(request)


def _page_of(view: SavedView) -> str:
    return f"{reverse(view.listing)}?{view.query}"
