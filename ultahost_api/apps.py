from django.apps import AppConfig


class UltahostApiConfig(AppConfig):
    name = "ultahost_api"
    verbose_name = "Ultahost"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.core.checks import register
        from django.db.models.signals import post_migrate, pre_migrate

        from ultahost_api import checks
        from ultahost_api.crypto import sealed_columns
        from ultahost_api.models import ApiKey, row_versions, search_tables

        register(checks.check_settings, "ultahost_api")
        for made in (search_tables, row_versions):
            pre_migrate.connect(made.give_way, sender=self)
            post_migrate.connect(made.prepare, sender=self)
        sealed_columns.register(ApiKey, "sealed")
