from functools import cache
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import PAGE_SIZES, Notification, User
from portal.pages.selects import Select

Kind = Notification.Kind

_SENT = gettext_lazy(
    "You receive at most one e-mail a day about invoices and domains. You always receive e-mails about a"
    " sign-in from a new browser, a refused key of yours, and actions of other people on your domains."
)
_NO_MAIL = gettext_lazy("E-mail is not set up in this portal.")


def _zones() -> list[tuple[str, str]]:
    ours = _("Portal time zone (%(zone)s)") % {"zone": settings.TIME_ZONE}
    return [("", ours), *_known_zones()]


@cache
def _known_zones() -> list[tuple[str, str]]:
    """All names, which Python reads from hundreds of files."""
    return [(name, name) for name in sorted(available_timezones())]


def _languages() -> list[tuple[str, str | Promise]]:
    return [("", _("Browser language")), *settings.LANGUAGES]


def _switchable(person: User) -> list[Notification.Kind]:
    """The mails that a person can turn off. Those that protect a login, a key or a domain are left out."""
    kinds = [Kind.OVERDUE]
    if person.may_hold_keys:
        kinds.append(Kind.LAPSING)
    kinds.append(Kind.OUTCOME)
    return [*kinds, Kind.KEY_REFUSED] if person.is_admin else kinds


class ProfileForm(forms.ModelForm):
    """The person's own settings, without those that an admin decides."""

    class Meta:
        model = User
        fields = ["name", "time_zone", "language", "theme", "density", "page_size"]
        widgets = {"theme": forms.Select(attrs={"data-preference": "theme"})}

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        choices=_zones,
        widget=Select,
        help_text=gettext_lazy(
            "Used for times and your daily e-mail. Invoices become overdue in the time zone of the portal."
        ),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False, choices=_languages)
    page_size = forms.TypedChoiceField(
        label=gettext_lazy("Rows on a page"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", PAGE_SIZES[0]), *((size, size) for size in PAGE_SIZES[1:])],
    )
    mail = forms.MultipleChoiceField(
        label=gettext_lazy("E-mail me about"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mail = cast(forms.MultipleChoiceField, self.fields["mail"])
        mail.choices = [(kind.value, kind.label) for kind in _switchable(self.instance)]
        mail.initial = [kind for kind, _label in mail.choices if self.instance.wants(kind)]
        mail.help_text = _SENT if settings.EMAIL_URL else _NO_MAIL

    def save(self, commit: bool = True) -> User:
        """Mails that are not offered to this person keep their setting."""
        offered = {kind for kind, _label in self.fields["mail"].choices}  # type: ignore[attr-defined]
        unwanted = set(self.instance.unwanted_mail) - offered
        self.instance.unwanted_mail = sorted(unwanted | offered - set(self.cleaned_data["mail"]))
        return cast(User, super().save(commit))
