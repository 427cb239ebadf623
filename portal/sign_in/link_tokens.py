"""The secret of a set-password link."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from portal.models import User


class LinkTokens(PasswordResetTokenGenerator):
    """Makes and reads the same links as allauth's own class, but keeps no row of the person's address.

    allauth saves the address as unverified, and then refuses the person a second factor.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.email}"
