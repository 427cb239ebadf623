from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in without sign-up: people are added by an admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
