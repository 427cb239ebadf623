import time
from urllib.parse import quote

from ultahost_api.sandbox import totp
from ultahost_api.sandbox.calls import Call, Refused, ok
from ultahost_api.sandbox.replies import Payload


def setup_2fa(call: Call) -> Payload:
    secret = totp.new_secret()
    label = quote(f"Ultahost:{call.account.profile['email']}", safe="")
    otpauth = f"otpauth://totp/{label}?secret={secret}&issuer=Ultahost"
    return ok(
        "2FA Setup Data generated",
        {
            "secret": secret,
            # This address would send the secret to another site: a good client never opens it.
            "qr_image_url": f"https://quickchart.io/qr?size=300&text={quote(otpauth, safe='')}",
            "manual_entry_code": " ".join(secret[start : start + 4] for start in range(0, 16, 4)),
        },
    )


def verify_2fa(call: Call) -> Payload:
    if not totp.accepts(call["secret"], call["code"], time.time()):
        raise Refused(400, "The code is invalid or has expired")
    call.account.two_factor = call["secret"]
    return ok("Two-Factor Authentication has been successfully enabled.")


def disable_2fa(call: Call) -> Payload:
    if call["password"] != call.account.password:
        raise Refused(400, "Your password was incorrect")
    if not call.account.two_factor:
        raise Refused(400, "Two-Factor Authentication is not enabled")
    call.account.two_factor = ""
    return ok("Two-Factor Authentication has been successfully disabled.")
