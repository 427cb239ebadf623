from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import PAGE_SIZES, User


def _zones() -> list[tuple[str, str]]:
    ours = _("As the portal (%(zone)s)") % {"zone": settings.TIME_ZONE}
    return [("", ours), *((name, name) for name in sorted(available_timezones()))]


def _languages() -> list[tuple[str, str | Promise]]:
    return [("", _("As the browser")), *settings.LANGUAGES]


class ProfileForm(forms.ModelForm):
    """One's own, but for what an admin decides."""

    class Meta:
        model = User
        fields = ["name", "time_zone", "language", "theme", "page_size"]
        widgets = {"theme": forms.Select(attrs={"data-preference": "theme"})}

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        choices=_zones,
        help_text=gettext_lazy("Of the times you see. What is overdue is decided in the portal's own."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False, choices=_languages)
    page_size = forms.TypedChoiceField(
        label=gettext_lazy("Rows on a page"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", PAGE_SIZES[0]), *((size, size) for size in PAGE_SIZES[1:])],
    )
