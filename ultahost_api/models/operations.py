import uuid
from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ultahost_api.models.accounts import Account, in_statement
from ultahost_api.models.api_keys import ApiKey
from ultahost_api.models.cached import Cached
from ultahost_api.models.folding import searchable
from ultahost_api.models.reasons import Reason
from ultahost_api.models.searched import Searched

# Where an answer names the row that the operation made.
_MADE = {"invoice": "result__invoiceid__in", "order": "result__orderid__in"}


class OperationQuerySet(models.QuerySet["Operation"]):
    def about(self, row: Cached) -> Self:
        """What was sent about one row, or made it."""
        noun = str(row._meta.model_name)
        found = Q(noun=noun, remote_id=row.remote_id)
        if noun in _MADE:
            found |= Q(**{_MADE[noun]: [row.remote_id, str(row.remote_id)]})
        return self.filter(found, account=row.account_id)

    def of(self, accounts: Iterable[Account]) -> Self:
        return self.filter(account__in=in_statement(accounts))

    def pending(self) -> Self:
        """Whose outcome is open: while one is, its twin must not be sent."""
        return self.filter(state__in=PENDING)

    def expected(self) -> Self:
        """Whose outcome is open, and will be told or read: not those that only a person can settle."""
        return self.pending().exclude(state=Operation.State.UNKNOWN, next_read_at=None)

    def paying(self) -> Self:
        """For a subquery: payments of the invoice around it whose outcome is open."""
        invoice = {"account": OuterRef("account"), "remote_id": OuterRef("remote_id")}
        return self.pending().filter(action="pay_invoice", **invoice)

    def present(self) -> Self:
        """For lists: what was done stays."""
        return self

    def update(self, **fields: Any) -> int:
        if "message" in fields:  # targets are ASCII
            fields["folded"] = Concat(Lower("target"), Value("\n" + searchable([fields["message"]])))
        return super().update(**fields)

    def gone(self) -> Self:
        return self.none()


class Operation(Searched):
    """One write sent to Ultahost on a user's behalf, written down before it is sent."""

    searched = ("target", "message")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")  # the provider said no, in its words
        NOT_SENT = "not_sent", _("Not sent")  # no byte left, or the rate limit stopped it
        UNKNOWN = "unknown", _("Unknown")  # it may have taken effect
        CONFIRMED = "confirmed", _("Applied")  # unknown, then seen by reading
        NOT_CONFIRMED = "not_confirmed", _("Not applied")  # unknown, and never seen

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A double click or a reload is the same operation. The column has the name that it had before.
    idempotency_key = models.UUIDField(unique=True, db_column="form_token")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="operations")
    account = models.ForeignKey(Account, models.PROTECT, related_name="operations")
    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="operations")
    key_last_four = models.CharField(max_length=4)  # of the secret that was used, whatever replaced it since
    action = models.CharField(max_length=40)
    noun = models.CharField(max_length=20, default="", db_default="")  # what it is about, such as "invoice"
    subject = models.CharField(
        max_length=100, default="", db_default=""
    )  # which one; of a create a keyed digest
    # What processes of the version before tell twins by, while they still run beside this one.
    target = models.CharField(max_length=120, editable=False)
    remote_id = models.BigIntegerField(null=True)  # of the row that it is about
    parameters = models.JSONField(default=dict)  # without secrets
    before = models.JSONField(default=dict)  # what reading showed before, for telling an effect afterwards

    batch = models.UUIDField(null=True)  # of several that were confirmed together, sent in order of ``place``
    place = models.PositiveSmallIntegerField(default=0)
    agreed_total = models.DecimalField(max_digits=15, decimal_places=4, null=True, db_column="agreed")

    state = models.CharField(max_length=14, choices=State, default=State.SENDING)
    status = models.PositiveSmallIntegerField(null=True)  # the provider's
    message = models.CharField(max_length=1000, blank=True)  # the provider's words
    reason = models.CharField(
        max_length=14, choices=Reason, blank=True, default="", db_default=""
    )  # why it was not sent
    result = models.JSONField(default=dict)  # what the answer told, without secrets
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    read_at = models.DateTimeField(null=True)  # when Ultahost was last asked, or it was settled
    read_tries = models.PositiveSmallIntegerField(default=0)
    next_read_at = models.DateTimeField(null=True)  # of a queued one: until then a worker handles it
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)  # a cancellation that was withdrawn at the provider
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = OperationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "action", "noun", "subject"],
                condition=Q(state__in=["queued", "sending", "unknown"]) & ~Q(noun=""),
                name="no_twin_write",
            ),
            models.UniqueConstraint(
                fields=["account", "action", "target"],
                condition=Q(state__in=["queued", "sending", "unknown"]),
                name="no_twin_operation",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "noun", "remote_id"]),
            models.Index(fields=["state", "next_read_at"]),
            models.Index(fields=["batch", "place"]),
            models.Index(fields=["user", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.about}".rstrip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.target = self.about or (self.noun if self.noun == "account" else self.subject)
        super().save(*args, **kwargs)

    @property
    def about(self) -> str:
        """``invoice 12``; nothing for what had no id when it was sent."""
        return f"{self.noun} {self.subject}" if self.remote_id is not None else ""

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING

    @property
    def took_effect(self) -> bool:
        return self.state in {self.State.DONE, self.State.CONFIRMED}

    @property
    def made_invoice(self) -> int | None:
        """The number of the invoice that it led to, where the answer names one."""
        told = str(self.result.get("invoiceid"))
        return int(told) if told.isascii() and told.isdecimal() and len(told) < 19 else None

    @property
    def ended_as_gone(self) -> bool:
        """Never seen, since what it was about is no longer at the provider."""
        return self.state == self.State.NOT_CONFIRMED and bool(self.result.get("gone"))

    def fresh(self) -> "Operation":
        """This row as another process may have left it."""
        self.refresh_from_db()
        return self

    @property
    def told(self) -> dict[str, Any]:
        """What the page shows of the answer."""
        answer = {name: value for name, value in self.result.items() if name != "gone"}
        return {name: value for name, value in answer.items() if value not in (None, "", [])}


PENDING = (Operation.State.QUEUED, Operation.State.SENDING, Operation.State.UNKNOWN)
