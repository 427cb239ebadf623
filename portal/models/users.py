import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.models.one_line import OneLineField
from ultahost_api.models.searched import Searched


class Role(models.TextChoices):
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")
    BILLING = "billing", _("Billing")


PAGE_SIZES = (25, 50, 100, 250)


class Theme(models.TextChoices):
    SYSTEM = "", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Density(models.TextChoices):
    COMFORTABLE = "", _("Comfortable")
    COMPACT = "compact", _("Compact")


class LastAdmin(Exception):
    """The change would leave no admin. The message is for the user."""

    def __init__(self, person: "User") -> None:
        words = gettext("%(name)s is the last admin. Make another person an admin first.")
        super().__init__(words % {"name": person})


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def admins(self) -> "UserQuerySet":
        return self.active().filter(role=Role.ADMIN)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def active(self) -> UserQuerySet:
        return self.get_queryset().active()

    def admins(self) -> UserQuerySet:
        return self.get_queryset().admins()

    def lock_admins(self) -> list[uuid.UUID]:
        """Lock all admins until the transaction ends: none is demoted or deactivated. Returns their ids.

        Their keys are not locked, because entries of the audit log refer to them meanwhile.
        """
        return list(self.admins().select_for_update(no_key=True).values_list("pk", flat=True))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A saved user; without a password they sign in only after a set-password link."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, Searched):
    """A person with a portal login. Deactivated when they leave, never deleted."""

    searched = ("name",)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("A person with this e-mail address already exists.")},
    )
    name = OneLineField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    is_active = models.BooleanField(default=True)
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    browser_language = models.CharField(max_length=10, default="", db_default="", editable=False)
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, default=Theme.SYSTEM, blank=True)
    density = models.CharField(
        _("density"), max_length=7, choices=Density, default="", db_default="", blank=True
    )
    page_size = models.PositiveSmallIntegerField(_("rows on a page"), null=True, blank=True)
    columns = models.JSONField(default=dict, db_default={}, blank=True)  # by list, if not the usual ones
    first_steps_away = models.BooleanField(default=False, db_default=False, editable=False)
    unwanted_mail = models.JSONField(default=list, blank=True)  # kinds of Notification
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    deactivated_at = models.DateTimeField(null=True, editable=False)
    session_generation = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "email"]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        self.email = self.email.lower()

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    @property
    def may_hold_keys(self) -> bool:
        return self.role != Role.BILLING

    def wants(self, kind: str) -> bool:
        """Whether the person wants this kind of mail: yes, unless they turned it off."""
        return kind not in self.unwanted_mail

    def get_session_auth_hash(self) -> str:
        """The hash that each session of this person holds. A session with another hash is ended by Django."""
        return f"{super().get_session_auth_hash()}.{self.session_generation}"

    def end_sessions(self) -> None:
        """End all sessions, at their next request."""
        User.objects.filter(pk=self.pk).update(session_generation=F("session_generation") + 1)
        self.refresh_from_db(fields=["session_generation"])

    def change_role(self, role: str) -> None:
        with transaction.atomic():
            if role != Role.ADMIN:
                self._leave_an_admin()
            self.role = role
            self.save(update_fields=["role"])

    def deactivate(self) -> None:
        """End every session of this person at its next request; their rows and history stay."""
        with transaction.atomic():
            self._leave_an_admin()
            self.is_active = False
            self.deactivated_at = timezone.now()
            self.save(update_fields=["is_active", "deactivated_at"])
            self.end_sessions()  # or they would be valid again after a reactivation

    def reactivate(self) -> None:
        self.is_active = True
        self.deactivated_at = None
        self.save(update_fields=["is_active", "deactivated_at"])

    def _leave_an_admin(self) -> None:
        """Raise LastAdmin unless there is another admin.

        It locks, so that two admins cannot remove each other.
        """
        if User.objects.lock_admins() == [self.pk]:
            raise LastAdmin(self)
