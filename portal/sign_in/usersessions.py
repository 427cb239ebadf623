from allauth.usersessions.apps import UserSessionsConfig


class ListedSessionsConfig(UserSessionsConfig):
    """sign_in/sessions.py keeps the list of sessions, because allauth would store their cookies."""

    default = False

    def ready(self) -> None:
        pass
