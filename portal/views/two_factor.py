"""Two-factor sign-in of an account's login at Ultahost. It requires an own key to the account."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from portal import access, audit, http
from portal.forms.accounts import BASE32, DisableForm, VerifyForm
from portal.live_reads import reading
from portal.models import Act
from portal.operations.page import WritePage
from portal.pages import qr
from portal.sign_in.reauthentication import reauthenticated_for
from ultahost_api.client import Secret, writes
from ultahost_api.models import Account, Operation

State = Operation.State


@sensitive_variables()
@access.key_holders_only
@reauthenticated_for("account", access.account_of_own_key, gettext_lazy("Two-factor sign-in at Ultahost"))
def two_factor(request: http.Request, account: Account) -> HttpResponse:
    """GET explains it. POST lets Ultahost make a secret; it is turned on only after ``verify_two_factor``."""
    if request.method != "POST":
        return _overview(request, account)
    key = access.own_key(request.user, account)
    made = reading.read(account, lambda client: client.two_factor.setup(), key=key)
    if made.failure:
        raise made.failure
    if not made.is_there:
        return _overview(request, account, trouble=made)
    audit.record(request, Act.TWO_FACTOR_SHOWN, account, account=account)
    secret = made.content.secret.reveal()
    form = VerifyForm(initial={"secret": secret, "form_token": uuid4(), "key": key and key.pk})
    context = {"form": form, **_drawn(account, secret), **_words(account)}
    return http.page(request, "accounts/two_factor_setup.html", context)


@sensitive_variables()
@sensitive_post_parameters("secret", "code")
@access.key_holders_only
@reauthenticated_for("account", access.account_of_own_key, gettext_lazy("Two-factor sign-in at Ultahost"))
def verify_two_factor(request: http.Request, account: Account) -> HttpResponse:
    """Needs the secret, which only a POST holds. A GET, as after confirming the password, starts again."""
    secret = request.POST.get("secret", "")
    if not BASE32.fullmatch(secret):
        return http.SeeOther(_page(account))
    writing = WritePage(
        request,
        account,
        writes.VerifyTwoFactor,
        **_words(account),
        done=reverse("account", args=[account.pk]),
        template="accounts/two_factor_setup.html",
        extra=_drawn(account, secret),
        own_key_only=True,
    )
    return writing.respond(
        VerifyForm,
        lambda form: writes.VerifyTwoFactor(Secret(secret), Secret(form.cleaned_data["code"])),
    )


@sensitive_variables()
@sensitive_post_parameters("password")
@access.key_holders_only
@reauthenticated_for("account", access.account_of_own_key, gettext_lazy("Turn two-factor sign-in off?"))
def disable_two_factor(request: http.Request, account: Account) -> HttpResponse:
    writing = WritePage(
        request,
        account,
        writes.DisableTwoFactor,
        title=_("Turn two-factor sign-in off?"),
        text=_("The account's login at Ultahost then needs only the password."),
        verb=_("Turn it off"),
        back=_page(account),
        done=reverse("account", args=[account.pk]),
        danger=True,
        own_key_only=True,
    )
    return writing.respond(
        DisableForm, lambda form: writes.DisableTwoFactor(Secret(form.cleaned_data["password"]))
    )


def _overview(request: http.Request, account: Account, trouble: reading.Live | None = None) -> HttpResponse:
    last = Operation.objects.filter(
        account=account, action__in=["verify_2fa", "disable_2fa"], state__in=[State.DONE, State.CONFIRMED]
    )
    context = {"account": account, "last": last.order_by("-created_at").first(), "live": trouble}
    return http.page(request, "accounts/two_factor.html", context, status=503 if trouble else 200)


def _words(account: Account) -> dict[str, Any]:
    return {
        "title": _("Set up two-factor sign-in"),
        "verb": _("Turn it on"),
        "back": _page(account),
    }


@sensitive_variables()
def _drawn(account: Account, secret: str) -> dict[str, Any]:
    """The secret as a QR code and as text."""
    label = quote(f"Ultahost:{account.email}", safe="")
    bare = secret.rstrip("=")
    return {
        "account": account,
        "action": reverse("verify_two_factor", args=[account.pk]),
        "drawing": qr.draw(f"otpauth://totp/{label}?secret={bare}&issuer=Ultahost"),
        "manual": " ".join(bare[start : start + 4] for start in range(0, len(bare), 4)),
    }


def _page(account: Account) -> str:
    return reverse("two_factor", args=[account.pk])
