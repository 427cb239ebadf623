from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.models import Grant, Role, User
from ultahost_api.models import Account

_VIEW = gettext_lazy(
    "View: see services, domains, orders, quotes, contacts, invoices and the list of e-mails; no changes"
)
_OPERATE = gettext_lazy(
    "Operate: also read e-mails, pay, order, change and cancel. The portal uses one of the account's keys;"
    " each page names it"
)


class LevelForm(forms.Form):
    level = forms.ChoiceField(
        label=gettext_lazy("Access"),
        choices=[(Grant.Level.VIEW, _VIEW), (Grant.Level.OPERATE, _OPERATE)],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("People with the role Billing can only pay, and need Operate for that."),
    )

    def check(self, person: User) -> None:
        """Adds an error if a grant would not add anything for this person."""
        if not person.is_active:
            self.add_error(None, _("%(person)s is deactivated and cannot sign in.") % {"person": person})
        elif person.role == Role.BILLING and self.cleaned_data.get("level") == Grant.Level.VIEW:
            words = _(
                "%(person)s can already read all invoices through the role Billing. Choose Operate to let"
                " them pay."
            )
            self.add_error("level", words % {"person": person})

    def check_giver(self, giver: User, account: Account) -> None:
        if not access.may_give(giver, account, self.cleaned_data.get("level", "")):
            words = _("Ultahost refuses your key. Replace it before you give more than View.")
            self.add_error("level", words)


class ChangeForm(LevelForm):
    def __init__(self, *args: Any, giver: User, grant: Grant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.giver = giver
        self.grant = grant

    def clean(self) -> dict[str, Any]:
        if self.grant.user_id == self.giver.pk:
            self.add_error(None, _("This is your own access. Ask another person to change it."))
        self.check(self.grant.user)
        self.check_giver(self.giver, self.grant.account)
        return self.cleaned_data


class GiveForm(LevelForm):
    person = forms.ModelChoiceField(label=gettext_lazy("Person"), queryset=User.objects.all())
    field_order = ["person"]

    def __init__(self, *args: Any, giver: User, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.giver = giver
        self.account = account
        # Only people for whom a grant adds something; for others the form says why not.
        found = User.objects.active().exclude(pk=giver.pk).exclude(grants__account=account)
        found = found.exclude(pk__in=access.sharers_of(account).values("pk"))
        choices: Any = self.fields["person"]
        choices.choices = [
            ("", _("Choose a person")),
            *((one.pk, f"{one}, {one.email}") for one in found),
        ]

    @property
    def has_people(self) -> bool:
        person: Any = self.fields["person"]
        return len(person.choices) > 1

    def clean(self) -> dict[str, Any]:
        person = self.cleaned_data.get("person")
        if person == self.giver:
            self.add_error("person", _("You cannot give access to yourself. Ask another person."))
        elif person and person.is_admin:
            self.add_error(
                "person", _("%(person)s is an admin and has access to all accounts.") % {"person": person}
            )
        elif person and access.sharers_of(self.account).contains(person):
            self.add_error("person", _("%(person)s has a key to this account.") % {"person": person})
        elif person:
            self.check(person)
        self.check_giver(self.giver, self.account)
        return self.cleaned_data
