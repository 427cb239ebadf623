"""The page of the team's labels: what carries them, and renaming, merging and removing them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from portal import access, http
from portal.acts import own_labels as acts
from portal.forms.own_labels import RenameLabelForm
from portal.models import User
from portal.pages.confirmation import Confirmation
from portal.queries.own_labels import Carried, OwnLabel, own_label, own_labels


@require_safe
def labels(request: http.Request) -> HttpResponse:
    has_sets = access.may_change_nameserver_sets(request.user)
    return http.page(request, "labels/list.html", {"rows": own_labels(request.user), "has_sets": has_sets})


@http.require_safe_or_post
def rename_label(request: http.Request, label_id: UUID) -> HttpResponse:
    """Its rows have another label afterwards, which may have been there before."""
    found = _to_change(request.user, label_id)
    others = [one for one in access.labels_to_see(request.user) if one != found.label]
    form = RenameLabelForm(http.posted(request), initial={"name": found.label.name}, others=others)
    if form.is_valid():
        now = acts.rename(request.user, found.label, form.cleaned_data["name"])
        messages.success(request, _("The label is “%(label)s” now.") % {"label": now})
        return http.SeeOther(reverse("labels"))
    return Confirmation(
        title=_("Rename the label “%(label)s”") % {"label": found.label},
        text=" ".join([_("It changes on %(rows)s.") % {"rows": _carried(found.changes)}, *_kept(found)]),
        verb=_("Rename"),
        back=reverse("labels"),
        form=form,
    ).page(request)


@http.require_safe_or_post
def remove_label(request: http.Request, label_id: UUID) -> HttpResponse:
    found = _to_change(request.user, label_id)
    if request.method == "POST":
        name = found.label.name
        acts.remove(request.user, found.label)
        messages.success(request, _("The label “%(label)s” was removed.") % {"label": name})
        return http.SeeOther(reverse("labels"))
    told = [_("It is removed from %(rows)s.") % {"rows": _carried(found.changes)}]
    if found.changes.lines:
        by_text = _(
            "Invoice lines that were assigned by hand to this label alone are assigned by their text again."
        )
        told.append(by_text)
    return Confirmation(
        title=_("Remove the label “%(label)s”?") % {"label": found.label},
        text=" ".join([*told, *_kept(found), _("Nothing changes at Ultahost.")]),
        verb=_("Remove the label"),
        back=reverse("labels"),
        danger=True,
    ).page(request)


def _to_change(user: User, label_id: UUID) -> OwnLabel:
    found = own_label(user, access.label_to_see(user, label_id))
    if not found.may_change:
        raise Http404
    return found


def _carried(carried: Carried) -> str:
    """``2 services, 1 domain``."""
    services = ngettext("%(count)s service", "%(count)s services", carried.services)
    domains = ngettext("%(count)s domain", "%(count)s domains", carried.domains)
    lines = ngettext("%(count)s remembered invoice line", "%(count)s remembered invoice lines", carried.lines)
    told = ((services, carried.services), (domains, carried.domains), (lines, carried.lines))
    return ", ".join(words % {"count": count} for words, count in told if count) or _("no rows")


def _kept(found: OwnLabel) -> list[str]:
    """Rows that only others may label."""
    words = ngettext(
        "%(count)s row that you cannot change keeps the label.",
        "%(count)s rows that you cannot change keep the label.",
        found.keeps,
    )
    return [words % {"count": found.keeps}] if found.keeps else []
