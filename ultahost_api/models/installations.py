from django.db import models


class Installation(models.Model):
    """The one row that says which Ultahost this database is a copy of."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    api_url = models.CharField(max_length=500)
