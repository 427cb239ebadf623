import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models.one_line import OneLineField


class NameserverSet(models.Model):
    """Nameservers that the team sets often, under a name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = OneLineField(_("name"), max_length=60, unique=True)
    servers = models.JSONField(default=list)  # host names as registries write them

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name
