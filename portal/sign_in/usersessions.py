from allauth.usersessions.apps import UserSessionsConfig


class ListedSessionsConfig(UserSessionsConfig):
    """allauth's list of sessions, which portal/sessions.py keeps: allauth would write down their cookies."""

    default = False

    def ready(self) -> None:
        pass
