import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ultahost_api.crypto import digests, sealed_columns
from ultahost_api.models.accounts import Account

OLD = timedelta(days=365)  # from then on people are reminded to rotate it
SNOOZE = timedelta(days=30)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def present(self) -> Self:
        return self.filter(removed_at=None)

    def still(self, key: "ApiKey") -> Self:
        """The key's row, if its secret has not changed."""
        return self.filter(pk=key.pk, fingerprint=key.fingerprint)

    def active(self) -> Self:
        """Keys that give rights: verified, not disabled, not removed.

        A refused one is active too: it shows its owner the stale copy.
        """
        return self.present().filter(disabled_at=None).exclude(verified_at=None)

    def usable(self) -> Self:
        """Active keys that Ultahost takes and that can be unsealed, oldest first.

        One that takes another's place goes before all: better that it fails now than once the other is gone.
        """
        return self.filter(_is_usable()).successors_first()

    def successors_first(self) -> Self:
        return self.order_by(F("replaces").desc(nulls_last=True), "created_at", "id")

    def unverified(self) -> Self:
        return self.present().filter(verified_at=None, disabled_at=None, unreadable_at=None, refused_at=None)

    def needing_attention(self) -> Self:
        """Keys that only a person can mend; none whose successor is in use already."""
        return self.present().filter(_is_broken())

    def worrying(self, now: datetime | None = None) -> Self:
        """Keys that need attention, an old secret to be rotated, or a rotation left half way.

        A key that is one of them now is one later as well, unless something is done.
        """
        return self.present().filter(_is_broken() | _is_left_half_way(now) | _is_old(now))


def _is_usable(path: str = "") -> Q:
    """Of the key to which ``path`` leads: nothing keeps it from being used."""
    unset = {f"{path}{name}": None for name in ("removed_at", "disabled_at", "refused_at", "unreadable_at")}
    return Q(**unset, **{f"{path}verified_at__isnull": False})


def _is_broken() -> Q:
    broken = ~Q(refused_at=None) | ~Q(unreadable_at=None) | ~Q(disabled_because="")
    return broken & ~_is_usable("successor__")


def _is_left_half_way(now: datetime | None = None) -> Q:
    """A new key whose rotation was started at least a day ago and is not finished."""
    return Q(replaced_at__lt=(now or timezone.now()) - timedelta(days=1), replaces__isnull=False)


def _is_old(now: datetime | None = None) -> Q:
    """In use with a secret that should be rotated, unless that was postponed or has been started."""
    now = now or timezone.now()
    aged = Q(replaced_at=None, created_at__lt=now - OLD) | Q(replaced_at__lt=now - OLD)
    postponed = Q(snoozed_until__isnull=False, snoozed_until__gt=now)
    return _is_usable() & aged & ~postponed & Q(successor=None)


class ApiKey(models.Model):
    """A secret that opens one account; owned by one user; stored sealed and never shown again."""

    class State(models.TextChoices):
        UNVERIFIED = "unverified", _("Not verified yet")
        ACTIVE = "active", _("Active")
        REFUSED = "refused", _("Refused by Ultahost")
        UNREADABLE = "unreadable", _("Enter again")
        DISABLED = "disabled", _("Disabled")
        REMOVED = "removed", _("Removed")

    class DisabledBecause(models.TextChoices):
        OTHER_ACCOUNT = "other_account", _("It now opens a different account.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_keys")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="keys")
    label = models.CharField(_("label"), max_length=60)
    sealed = models.TextField(editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    # While it is rotated: the key whose place this one takes, both active. Null again when it is over.
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="successor")
    created_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=14, choices=DisabledBecause, blank=True)  # by itself
    removed_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    unreadable_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)  # of an unverified key
    tries = models.PositiveSmallIntegerField(default=0)
    last_ok_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)  # no reminder of its age before

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["label", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(removed_at=None), name="key_fingerprint_once"
            ),
            # A key and the one that takes its place are called the same.
            models.UniqueConstraint(
                fields=["owner", "label"],
                condition=Q(removed_at=None, replaces=None),
                name="key_label_once_per_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} …{self.last_four}"

    @property
    def state(self) -> "ApiKey.State":
        """The one that matters most, in the order in which it has to be mended."""
        causes = {
            self.State.REMOVED: self.removed_at,
            self.State.DISABLED: self.disabled_at,
            self.State.UNREADABLE: self.unreadable_at,
            self.State.REFUSED: self.refused_at,
        }
        for state, since in causes.items():
            if since:
                return state
        return self.State.ACTIVE if self.verified_at else self.State.UNVERIFIED

    @property
    def is_broken(self) -> bool:
        """As ``ApiKeyQuerySet.needing_attention`` finds it."""
        broken = self.refused_at or self.unreadable_at or self.disabled_because
        return bool(broken) and not (self.takes_over and self.takes_over.is_usable)

    @property
    def gives_rights(self) -> bool:
        """As ``ApiKeyQuerySet.active``, of one key."""
        return not (self.removed_at or self.disabled_at) and self.verified_at is not None

    @property
    def is_usable(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def secret_since(self) -> datetime:
        return self.replaced_at or self.created_at

    @property
    def takes_over(self) -> "ApiKey | None":
        """The key that takes this one's place, while it is rotated."""
        return getattr(self, "successor", None)

    @property
    def is_rotated(self) -> bool:
        """Whether there are two of it just now: the old key and the one that takes its place."""
        return self.replaces_id is not None or self.takes_over is not None

    @property
    def is_old(self) -> bool:
        """As ``ApiKeyQuerySet.worrying`` finds it for its age."""
        now = timezone.now()
        put_off = self.snoozed_until is not None and self.snoozed_until > now
        aged = self.is_usable and self.secret_since < now - OLD
        return aged and not put_off and self.takes_over is None

    def put(self, secret: str) -> None:
        """Seal a new secret into this row, unsaved."""
        sealed_columns.seal(self, "sealed", secret)
        self.fingerprint = fingerprint(secret)
        self.last_four = secret[-4:]

    def wipe(self) -> None:
        """Forget the secret, unsaved; label and last four stay for the record."""
        self.sealed = self.fingerprint = ""


def fingerprint(secret: str) -> str:
    """Tells the same key pasted twice without opening either."""
    return digests.keyed_digest("api key fingerprint", secret)
