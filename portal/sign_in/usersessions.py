from allauth.usersessions.apps import UserSessionsConfig


class ListedSessionsConfig(UserSessionsConfig):
    """The list of sessions is kept by sign_in/sessions.py: allauth would write down their cookies."""

    default = False

    def ready(self) -> None:
        pass
