from django.apps import AppConfig


class UltahostApiConfig(AppConfig):
    name = "ultahost_api"
    verbose_name = "Ultahost"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.core.checks import register

        from ultahost_api import checks
        from ultahost_api.crypto import sealed_columns
        from ultahost_api.models import ApiKey

        register(checks.check_settings, "ultahost_api")
        sealed_columns.register(ApiKey, "sealed")
