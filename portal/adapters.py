"""Where the portal differs from allauth's own ways."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import confirming, qr, second_factor
from ultahost_api import sealing

log = logging.getLogger(__name__)

# Additional data of sealed seeds; allauth's hook names no row to bind them to.
SEED = "second factor seed"
PASSKEY = "mfa_reauthenticate:webauthn"
WAYS = {
    PASSKEY: gettext_lazy("Use a passkey"),
    "reauthenticate": gettext_lazy("Use the password"),
    "mfa_reauthenticate": gettext_lazy("Use a code"),
}


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in without sign-up: people are invited by an admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse:
        """Whoever is led from the sign-in to setting up a second factor need not say twice who it is."""
        response = super().post_login(request, user, **how)
        if second_factor.is_owed(user):
            confirming.count_sign_in(request)
        return response

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """The quickest first: it is where a person is led."""
        methods = super().get_reauthentication_methods(user)
        order = list(WAYS)
        return sorted(
            (method | {"description": WAYS[method["id"]]} for method in methods),
            key=lambda method: order.index(method["id"]),
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """What was done is done, and a stranger must not learn from an error whose address is known."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # smtplib's errors are among these
            log.warning("The mail %s could not be sent: %s", template_prefix, type(error).__name__)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seeds pass through the portal's own box; the picture of one is drawn here."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "unreadable": gettext_lazy(
            "The portal cannot open your second factor any more. Once an admin removed it, set it up again."
        ),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal_text(text, SEED)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return sealing.unseal_text(encrypted_text, SEED)
        except sealing.CannotUnseal:
            raise self.validation_error("unreadable") from None

    def build_totp_svg(self, url: str) -> str:
        return render_to_string("components/qr.html", {"drawing": qr.draw(url)})

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:
        return _("My passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": _("Team portal")}
