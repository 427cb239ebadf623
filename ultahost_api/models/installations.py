from django.db import models


class Installation(models.Model):
    """The one row that says which Ultahost this database is a copy of, and which keys go with it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    api_url = models.CharField(max_length=500)
    sealing_check = models.TextField(blank=True, editable=False)  # a known text, sealed
    hmac_check = models.CharField(max_length=64, blank=True, editable=False)  # its keyed digest
