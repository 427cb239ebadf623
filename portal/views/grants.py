from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access, http
from portal.acts import grants
from portal.forms.grants import ChangeForm, GiveForm
from portal.models import Grant
from portal.pages import marks
from portal.pages.confirmation import Confirmation
from portal.sign_in.reauthentication import reauthenticated_for, typed_before
from portal.wording import formats
from ultahost_api.models import Account


@reauthenticated_for(
    "account", access.account_to_share, gettext_lazy("Give access to %(account)s"), *GiveForm.base_fields
)
def give_grant(request: http.Request, account: Account) -> HttpResponse:
    form = GiveForm(
        http.posted(request),
        giver=request.user,
        account=account,
        initial=typed_before(request),
    )
    if form.is_valid():
        try:
            grant = grants.give(request.user, account, **form.cleaned_data)
        except grants.HeldAlready as held:
            words = _(
                "%(person)s already has access to this account: %(right)s, given by %(giver)s. Change that"
                " instead."
            )
            form.add_error(None, words % _names(held.grant))
        else:
            _say(request, _("%(person)s now has access to %(account)s: %(right)s."), grant)
            return http.SeeOther(_page(account))
    return Confirmation(
        title=_("Give access to %(account)s") % {"account": account},
        text=_("Access stays until removed, even if the person who gave it leaves.")
        if form.has_people
        else _("Everyone in the team already has access to this account."),
        form=form if form.has_people or form.is_bound else None,
        verb=_("Give access") if form.has_people else "",
        busy=_("Giving…"),
        back=_page(account),
    ).page(request)


@reauthenticated_for("account", access.account_to_share, gettext_lazy("Change access to %(account)s"))
def change_grant(request: http.Request, account: Account, grant_id: UUID) -> HttpResponse:
    grant = access.grants_to_change(request.user, account).filter(pk=grant_id).first()
    if grant is None:
        return _not_there(request, account)
    form = ChangeForm(http.posted(request), giver=request.user, grant=grant, initial={"level": grant.level})
    if form.is_valid():
        try:
            grants.change(request.user, grant, form.cleaned_data["level"])
        except grants.ChangedMeanwhile:
            form.add_error(
                None, _("This access was changed or removed since you opened this page. Check it again.")
            )
        else:
            _say(request, _("The access of %(person)s to %(account)s: %(right)s."), grant)
            return http.SeeOther(_page(account))
    return Confirmation(
        title=_("Change the access of %(person)s") % {"person": grant.user},
        facts=_facts(grant),
        form=form,
        verb=_("Change access"),
        back=_page(account),
    ).page(request)


@reauthenticated_for("account", access.account_to_share, gettext_lazy("Remove access to %(account)s"))
def take_grant(request: http.Request, account: Account, grant_id: UUID) -> HttpResponse:
    grant = access.grants_to_change(request.user, account).filter(pk=grant_id).first()
    if grant is None:
        return _not_there(request, account)
    if request.method == "POST":
        grants.take(request.user, grant)
        _say(request, _("The access of %(person)s to %(account)s was removed."), grant)
        return http.SeeOther(_page(account))
    return Confirmation(
        title=_("Remove the access of %(person)s?") % {"person": grant.user},
        text=_("Takes effect immediately. Access through a role or a key stays."),
        facts=_facts(grant),
        verb=_("Remove access"),
        busy=_("Removing…"),
        danger=True,
        back=_page(account),
    ).page(request)


def _not_there(request: http.Request, account: Account) -> HttpResponse:
    """Another person removed it first, or the same click was sent twice."""
    messages.info(request, _("This access has already been removed."))
    return http.SeeOther(_page(account))


def _facts(grant: Grant) -> list[tuple[str, object]]:
    given = f"{formats.moment(grant.given_at)} · {grant.given_by}"
    return [(_("Account"), grant.account), (_("Access"), grant.gives), (_("Given"), given)]


def _say(request: http.Request, words: str, grant: Grant) -> None:
    there = reverse("change_grant", args=[grant.account_id, grant.pk])
    marks.done(request, words % _names(grant), there)


def _names(grant: Grant) -> dict[str, object]:
    names = {"person": grant.user, "account": grant.account, "giver": grant.given_by}
    return names | {"right": grant.gives}


def _page(account: Account) -> str:
    return reverse("account", args=[account.pk])
