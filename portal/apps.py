from django.apps import AppConfig

_ACCOUNTS_OF_A_REMARK = """SELECT account_id FROM ultahost_api_service WHERE id = {row}.service_id
    UNION SELECT account_id FROM ultahost_api_domain WHERE id = {row}.domain_id
    UNION SELECT account_id FROM ultahost_api_assignedline WHERE id = {row}.line_id"""
_ACCOUNTS_OF_A_LABEL = " UNION ".join(
    f"SELECT {noun}.account_id FROM portal_remark JOIN ultahost_api_{noun} {noun}"  # noqa: S608 - three constants
    f" ON {noun}.id = portal_remark.{column}_id WHERE portal_remark.label_id = {{row}}.id"
    for noun, column in (("service", "service"), ("domain", "domain"), ("assignedline", "line"))
)


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Team portal"

    def ready(self) -> None:
        from allauth.account import signals as account
        from allauth.mfa import signals
        from allauth.mfa.models import Authenticator
        from django.contrib.auth.signals import user_logged_in

        from portal import receivers  # noqa: F401  # connects them
        from portal.celery import app
        from portal.forms import errors
        from portal.sign_in import sessions
        from portal.sign_in.adapters import SEED
        from ultahost_api.crypto import sealed_columns
        from ultahost_api.models import row_versions

        errors.install()
        app.set_default()  # the one that the library's tasks and wakeup find
        sealed_columns.register_member(Authenticator, "data", "secret", SEED)
        sealed_columns.register_member(Authenticator, "data", "seed", SEED)
        row_versions.follow("portal_remark", _ACCOUNTS_OF_A_REMARK)
        row_versions.follow("portal_label", _ACCOUNTS_OF_A_LABEL, changes=("update",))
        user_logged_in.connect(sessions.begin)
        for told in (account.user_logged_in, account.password_changed, account.password_set):
            told.connect(sessions.note)
        for change in ("added", "removed", "reset"):
            signal = getattr(signals, f"authenticator_{change}")
            signal.connect(sessions.end_others_after_a_change, sender=Authenticator)
