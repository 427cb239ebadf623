from django.db import models

from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.sorting import Filled, sorted_by, unreadable


class Email(Cached):
    """A line of the provider's mail log. Bodies can hold passwords: they are read live and never stored."""

    searched = ("subject", "remote_id")

    extra = None  # an undocumented field could be the body

    date = models.DateTimeField(null=True)
    subject = models.TextField(blank=True)

    objects = CachedQuerySet["Email"].as_manager()

    class Meta(Cached.Meta):
        indexes = [
            models.Index(fields=["account", "gone_at"]),
            sorted_by("ultahost_email_by_subject", Filled("subject"), "remote_id"),
            sorted_by("ultahost_email_by_date", "date", "remote_id"),
            unreadable("ultahost_email_unreadable"),
        ]

    def __str__(self) -> str:
        return self.subject or f"#{self.remote_id}"
