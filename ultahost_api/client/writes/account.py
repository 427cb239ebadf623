from ..core.secret import Secret
from ..core.write import Write


class UpdateAccount(Write):
    """Changes the given fields only."""

    action = "update_account"


class ChangePassword(Write):
    """Of the account's own login at the provider."""

    action = "change_password"

    def __init__(self, existing: str | Secret, new: str | Secret) -> None:
        existing, new = Secret(existing), Secret(new)
        super().__init__(existingpw=existing, newpw=new, confirmpw=new)


class VerifyTwoFactor(Write):
    """Turns it on, with the secret that ``setup_2fa`` told and a code that was made with it."""

    action = "verify_2fa"

    def __init__(self, secret: str | Secret, code: str | Secret) -> None:
        secret, code = Secret(secret), Secret(code)
        super().__init__(secret=secret, code=code)


class DisableTwoFactor(Write):
    action = "disable_2fa"

    def __init__(self, password: str | Secret) -> None:
        password = Secret(password)
        super().__init__(password=password)
