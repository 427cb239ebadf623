from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.live_reads.slots import Busy
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
        help_text=_("From your Ultahost dashboard. It is stored sealed and never shown again."),
    )


_PROBLEMS: dict[type[Exception], tuple[str | None, Promise]] = {
    Busy: (None, _("The portal is busy with other calls. Nothing was changed; try again.")),
    keys.NotAKey: ("secret", _("This is not an API key: keys are one word of at least 8 characters.")),
    keys.UnknownKey: ("secret", _("Ultahost does not know this key.")),
    keys.KeyIsHere: ("secret", _("This key is in the portal already.")),
    keys.KeyIsRemoved: (None, _("This key was removed meanwhile.")),
    rotation.KeyIsDisabled: (None, _("This key was disabled meanwhile.")),
    rotation.RotatesAlready: (None, _("The rotation of this key has begun meanwhile.")),
    keys.LabelTaken: ("label", _("You have another key with this label.")),
    keys.OpensAnother: ("secret", _("This key opens %(account_name)s; add it as a new key.")),
    keys.CannotCheck: (
        "secret",
        _("Ultahost does not answer and could not check the key. Nothing was changed; try again."),
    ),
}


class KeyForm(forms.Form):
    secret = _secret_field()

    def explain(self, problem: Exception) -> None:
        """Puts why the key was refused on the form."""
        field, words = _PROBLEMS[type(problem)]
        self.add_error(field, str(words) % vars(problem))


class AddKeyForm(KeyForm):
    label = forms.CharField(
        label=_("Label"), max_length=60, help_text=_("For people, such as “Shop, production”.")
    )
    field_order = ["label"]
