from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.live_reads.slots import Busy
from portal.models.one_line import OneLine
from ultahost_api import keys
from ultahost_api.keys import rotation


def _secret_field() -> forms.CharField:
    """Write-only: what was typed is never rendered back."""
    widget = forms.PasswordInput(
        render_value=False, attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "sk_live_…"}
    )
    return forms.CharField(
        label=_("API key"),
        max_length=600,
        widget=widget,
        help_text=_("From your Ultahost dashboard. It is stored encrypted and never shown again."),
    )


_PROBLEMS: dict[type[Exception], tuple[str | None, Promise]] = {
    Busy: (None, _("The portal is busy. Nothing was changed; try again.")),
    keys.NotAKey: (
        "secret",
        _("This is not an API key. An API key has at least 8 characters and no spaces."),
    ),
    keys.UnknownKey: ("secret", _("Ultahost does not know this key.")),
    keys.KeyIsHere: ("secret", _("This key is already in the portal.")),
    keys.KeyIsRemoved: (None, _("This key has been removed since you opened this page.")),
    rotation.KeyIsDisabled: (None, _("This key has been disabled since you opened this page.")),
    rotation.RotatesAlready: (None, _("A rotation of this key has been started since you opened this page.")),
    keys.LabelTaken: ("label", _("You have another key with this label.")),
    keys.OpensAnother: ("secret", _("This key opens %(account_name)s. Add it as a new key.")),
    keys.CannotCheck: (
        "secret",
        _("Ultahost does not answer, so the key was not checked. Nothing was changed; try again."),
    ),
}


class KeyForm(forms.Form):
    secret = _secret_field()

    def explain(self, problem: Exception) -> None:
        """Puts why the key was refused on the form."""
        field, words = _PROBLEMS[type(problem)]
        self.add_error(field, str(words) % vars(problem))


class AddKeyForm(KeyForm):
    label = OneLine(
        label=pgettext_lazy("key", "Label"),
        max_length=60,
        help_text=_("A name for your team, such as “Shop, production”."),
    )
    field_order = ["label"]
