from django.apps import AppConfig


class UltahostApiConfig(AppConfig):
    name = "ultahost_api"
    verbose_name = "Ultahost"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.core.checks import register

        from ultahost_api import checks, sealing
        from ultahost_api.models import ApiKey

        register(checks.check_settings, "ultahost_api")
        sealing.register(ApiKey, "sealed")
