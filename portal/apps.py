from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Team portal"

    def ready(self) -> None:
        from portal import receivers  # noqa: F401  # connects them
        from portal.celery import app

        app.set_default()  # the one that the library's tasks and bell find
