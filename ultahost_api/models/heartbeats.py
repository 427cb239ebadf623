from django.db import models


class Heartbeat(models.Model):
    """When a worker last did something; its silence is what health reports."""

    name = models.CharField(max_length=60, primary_key=True)
    beat_at = models.DateTimeField()
