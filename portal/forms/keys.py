from collections.abc import Callable
from typing import Any

from allauth.core import ratelimit
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.live_reads.slots import Busy, provider_call
from ultahost_api import keys
from ultahost_api.keys import rotation
from ultahost_api.models import ApiKey

TOO_MANY_TRIES = _("These were five tries within a minute. Wait a minute, then try again.")


def is_try_left(request: HttpRequest) -> bool:
    """Whether this person may have one more key tried now, whatever for; it counts."""
    return ratelimit.consume(request, action="validate_key")


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


class _KeyForm(forms.Form):
    """Hands the key over and puts every refusal into words for the person who pasted it."""

    def act(self) -> ApiKey:
        raise NotImplementedError

    def save(self, request: HttpRequest) -> ApiKey | None:
        """The key, or None with the reason on the form. Each is one of the person's tries."""
        if not is_try_left(request):
            self.add_error(None, TOO_MANY_TRIES)
            return None
        try:
            with provider_call():
                return self.act()
        except Busy:
            self.add_error(None, _("The portal is busy with other calls. Nothing was changed; try again."))
        except keys.NotAKey:
            self.add_error("secret", _("This is not an API key: keys are one word of at least 8 characters."))
        except keys.UnknownKey:
            self.add_error("secret", _("Ultahost does not know this key."))
        except keys.KeyIsHere:
            self.add_error("secret", _("This key is in the portal already."))
        except keys.KeyIsRemoved:
            self.add_error(None, _("This key was removed meanwhile."))
        except rotation.KeyIsDisabled:
            self.add_error(None, _("This key was disabled meanwhile."))
        except rotation.RotatesAlready:
            self.add_error(None, _("Somebody has begun to rotate this key meanwhile."))
        except keys.LabelTaken:
            self.add_error("label", _("You have another key with this label."))
        except keys.OpensAnother as error:
            words = _("This key opens %(account)s; add it as a new key.")
            self.add_error("secret", words % {"account": error.account_name})
        except keys.CannotCheck:
            words = _("Ultahost does not answer and could not check the key. Nothing was changed; try again.")
            self.add_error("secret", words)
        return None


class AddKeyForm(_KeyForm):
    label = forms.CharField(
        label=_("Label"), max_length=60, help_text=_("For people, such as “Shop, production”.")
    )
    secret = _secret_field()

    def __init__(self, *args: Any, owner: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner

    def act(self) -> ApiKey:
        return keys.add(self.owner, self.cleaned_data["label"], self.cleaned_data["secret"])


class ReplaceKeyForm(_KeyForm):
    secret = _secret_field()

    def __init__(self, *args: Any, key: ApiKey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key

    def act(self) -> ApiKey:
        keys.replace(self.key, self.cleaned_data["secret"])
        return self.key


class RotateKeyForm(_KeyForm):
    """``note`` is called with the new key in the transaction that saves it."""

    secret = _secret_field()

    def __init__(self, *args: Any, key: ApiKey, note: Callable[[ApiKey], object], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.note = note

    def act(self) -> ApiKey:
        checked = keys.checked_for(self.key, self.cleaned_data["secret"])
        with transaction.atomic():
            new = rotation.begin(self.key, checked)
            self.note(new)
        return new
