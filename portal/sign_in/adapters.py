"""allauth's adapters, changed for the portal."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import User
from portal.pages import qr
from portal.sign_in import after_answer, reauthentication, second_factor
from portal.wording import preferences
from ultahost_api.crypto import sealing

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

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is not correct."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse:
        """A person who was sent from the sign-in to set up two-factor sign-in need not confirm again."""
        response = super().post_login(request, user, **how)
        if second_factor.is_owed(user):
            reauthentication.count_sign_in(request)
        return response

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """The quickest method first, because the person is sent to the first."""
        methods = super().get_reauthentication_methods(user)
        order = list(WAYS)
        return sorted(
            (method | {"description": WAYS[method["id"]]} for method in methods),
            key=lambda method: order.index(method["id"]),
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the reader's language, with the host of PORTAL_URL, not the request's; sent after the answer."""
        here = translation.get_language() or settings.LANGUAGE_CODE
        person = context.get("user")
        with translation.override(preferences.language_of(person, here) if person else here):
            context = {"email": email, "current_site": _site()} | context
            message = self.render_mail(template_prefix, email, context)
        after_answer.run(f"The mail {template_prefix}", message.send)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        super().send_notification_mail(template_prefix, user, {"user": user} | (context or {}), email)

    def get_reset_password_from_key_url(self, key: str) -> str:
        person, _dash, secret = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": person, "key": secret})
        return f"{settings.PORTAL_URL}{path}"

    def is_safe_url(self, url: str) -> bool:
        """Only a path of the portal is safe.

        A full address is not, because other ports of this host are not the portal's.
        """
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One count of guesses per person; allauth's key also contains the request's host and port."""
        return str(credentials.get("email", "")).lower()

    def forget_guesses(self, request: HttpRequest, person: User) -> None:
        """Reset the count of guesses after a new password was set by a link."""
        self._delete_login_attempts_cached_email(request, email=person.email)


def _site() -> SimpleNamespace:
    """The site name and host in allauth's mails."""
    return SimpleNamespace(name=_("Team portal"), domain=urlsplit(settings.PORTAL_URL).netloc)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seeds are sealed with the portal's keys, and their QR codes are drawn by the portal."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "unreadable": gettext_lazy(
            "The portal can no longer read your two-factor sign-in. Ask an admin to remove it, then set it"
            " up again."
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
