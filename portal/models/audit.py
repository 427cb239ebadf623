"""The audit log: what people and the portal did, written once and chained so that a change of it shows."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ultahost_api.crypto.digests import keyed_digest
from ultahost_api.models import Account
from ultahost_api.models.folding import searchable


class Act(models.TextChoices):
    """What was done; before the dot stands to what (AuditEntry.Noun)."""

    SIGNED_IN = "sign_in.done", _("Signed in")
    SIGN_IN_FAILED = "sign_in.failed", _("Sign-in failed")
    SIGNED_OUT = "sign_in.out", _("Signed out")
    KEY_ADDED = "key.added", _("Key added")
    KEY_REPLACED = "key.replaced", _("Key replaced")
    KEY_ROTATION_BEGUN = "key.rotation_begun", _("Key rotation started: the new key is in use")
    KEY_ROTATED = "key.rotated", _("Key rotated: the old key removed")
    KEY_ROTATION_UNDONE = "key.rotation_undone", _("Key rotation undone: the new key removed")
    KEY_DISABLED = "key.disabled", _("Key disabled")
    KEY_ENABLED = "key.enabled", _("Key enabled")
    KEY_REMOVED = "key.removed", _("Key removed")
    KEY_REFUSED = "key.refused", _("Key refused by Ultahost")
    KEY_STOPPED = "key.stopped", _("Key stopped: it opens a different account")
    PERSON_ADDED = "person.added", _("Person added")
    ROLE_CHANGED = "person.role", _("Role changed")
    PERSON_DEACTIVATED = "person.deactivated", _("Person deactivated")
    PERSON_REACTIVATED = "person.reactivated", _("Person reactivated")
    PERSON_INVITED = "person.invited", _("Person invited")
    INVITATION_REVOKED = "person.uninvited", _("Invitation revoked")
    FACTOR_ADDED = "person.factor_added", _("Two-factor sign-in set up")
    FACTOR_REMOVED = "person.factor_removed", _("Two-factor sign-in removed")
    CODES_MADE = "person.codes", _("Recovery codes created")
    FACTOR_REQUIRED = "person.factor_required", _("Two-factor sign-in made required or optional")
    SESSIONS_ENDED = "person.sessions", _("Sessions ended")
    PASSWORD_LINK_MADE = "person.link", _("Set-password link created")
    PASSWORD_LINK_REVOKED = "person.unlinked", _("Set-password link revoked")
    FEED_MADE = "person.feed", _("Calendar link created")
    FEED_REVOKED = "person.feed_revoked", _("Calendar link revoked")
    PASSWORD_SET = "person.password", _("Password set")
    GRANT_GIVEN = "account.grant", _("Access given")
    GRANT_CHANGED = "account.grant_changed", _("Access changed")
    GRANT_TAKEN = "account.grant_taken", _("Access removed")
    MADE_PRIVATE = "account.private", _("Account made private")
    MADE_PUBLIC = "account.public", _("Account opened to the team")
    TWO_FACTOR_SHOWN = "account.two_factor", _("Two-factor secret shown")
    OPERATION_STARTED = "operation.started", _("Operation")
    OPERATION_DECIDED = "operation.decided", _("Outcome decided")
    OPERATION_WITHDRAWN = "operation.withdrawn", _("Cancellation marked as withdrawn")
    EPP_SHOWN = "domain.epp", _("EPP code shown")
    EXPORTED = "export.csv", _("Exported as CSV")
    LINK_MADE = "share_link.made", _("Share link created")
    LINK_REVOKED = "share_link.revoked", _("Share link revoked")
    LINK_OPENED = "share_link.opened", _("Share link opened")
    ENTRY_SAVED = "catalogue.saved", _("Catalogue entry saved")
    ENTRY_DELETED = "catalogue.deleted", _("Catalogue entry deleted")
    VIEW_SAVED = "saved_view.saved", _("Shared view saved")
    VIEW_DELETED = "saved_view.deleted", _("Shared view deleted or no longer shared")
    LABEL_SET = "label.set", _("Label set or removed")
    LABEL_RENAMED = "label.renamed", _("Label renamed or merged")
    LABEL_REMOVED = "label.removed", _("Label removed")
    NOTE_SET = "label.note", _("Note changed")
    LINE_ASSIGNED = "label.line", _("Invoice line assigned")
    BACKED_UP = "portal.backup", _("Backup created")
    RESTORED = "portal.restored", _("Restored from a backup")
    CARDS_SWITCHED = "catalogue.cards", _("Card numbers allowed or not")


def acts() -> Sequence[tuple[str, Any]]:
    """A function, so that a new act needs no migration."""
    return Act.choices


class AppendOnly(Exception):
    """Entries are written once, by ``append``, and are never changed or deleted."""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def append(self, **fields: Any) -> "AuditEntry":
        """The next entry of the chain. A concurrent append waits for the head's row."""
        with transaction.atomic():
            head, _made = AuditHead.objects.select_for_update().get_or_create(pk=1)
            entry = AuditEntry(seq=head.seq + 1, at=timezone.now(), prev_hash=head.hash, **fields)
            entry.noun = entry.act.partition(".")[0]
            entry.hash = hash_of([getattr(entry, name) for name in HASHED])
            entry.save(force_insert=True)
            head.seq, head.hash = entry.seq, entry.hash
            head.save()
            texts = [entry.actor_name, entry.target, entry.account_name, entry.ip]
            AuditText.objects.create(entry=entry, folded=searchable(texts))
        return entry

    def present(self) -> Self:
        """For lists: all entries, as none is ever deleted."""
        return self

    def gone(self) -> Self:
        return self.none()

    def update(self, **fields: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly


class AuditEntry(models.Model):
    """One act. It keeps names as they were, even if their rows change later."""

    class Noun(models.TextChoices):
        SIGN_IN = "sign_in", _("Signing in")
        KEY = "key", _("Keys")
        PERSON = "person", _("People")
        ACCOUNT = "account", _("Accounts")
        OPERATION = "operation", _("Operations")
        DOMAIN = "domain", _("Domains")
        EXPORT = "export", _("Exports")
        SHARE_LINK = "share_link", _("Share links")
        CATALOGUE = "catalogue", _("Catalogue")
        SAVED_VIEW = "saved_view", _("Saved views")
        LABEL = "label", _("Labels")
        PORTAL = "portal", _("The portal")

    seq = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    # Null is the portal itself; with an address, a visitor who was not signed in.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=254, blank=True)
    act = models.CharField(max_length=30, choices=acts, db_index=True)
    noun = models.CharField(max_length=12, choices=Noun)
    target = models.CharField(max_length=255, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    account_name = models.CharField(max_length=255, blank=True)
    ip = models.CharField(max_length=45, blank=True)  # as text: databases spell the same address differently
    details = models.JSONField(default=dict)  # without secrets
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-seq"]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.target}" if self.target else self.get_act_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding or not self.hash:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    @property
    def who(self) -> str:
        return self.actor_name or str(_("not signed in") if self.ip else _("the portal"))


class AuditText(models.Model):
    """The folded text of an entry, for searches; a table of its own, because an entry is never changed."""

    # Without a constraint in the database, which would meet a TRUNCATE of the log before its triggers do.
    entry = models.OneToOneField(
        AuditEntry, models.PROTECT, primary_key=True, related_name="text", db_constraint=False
    )
    folded = models.TextField()


class AuditHead(models.Model):
    """The end of the chain. One row, which each append locks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)


HASHED = (
    "seq", "at", "actor_id", "actor_name", "act", "noun", "target", "target_id", "account_id", "account_name",
    "ip", "details", "prev_hash",
)  # fmt: skip


def hash_of(values: Iterable[Any]) -> str:
    """Of the HASHED columns in their order, with a key that is not in the database."""
    return keyed_digest("audit log", _spell([*values]))


def _spelled(value: object) -> str:
    """A moment in UTC, because databases return it in different zones."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


_spell = json.JSONEncoder(default=_spelled, sort_keys=True).encode
