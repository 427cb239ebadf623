import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models.one_line import OneLineField

LONGEST_QUERY = 2000


class SavedView(models.Model):
    """A name for what a list is filtered and sorted by. It has no rows: it runs with its reader's rights."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_views")
    listing = models.CharField(max_length=20)  # its name, which is the name of its page's URL as well
    name = OneLineField(_("name"), max_length=60)
    query = models.TextField(blank=True)
    shared = models.BooleanField(_("shared with the team"), default=False)

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["listing", "owner"])]

    def __str__(self) -> str:
        return self.name
