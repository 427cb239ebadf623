"""Bring one account's copy of one noun up to date."""

from ultahost_api.refreshing.runs import run
from ultahost_api.refreshing.schedule import ask, beat, start, tick, want_details, watch

__all__ = ["ask", "beat", "run", "start", "tick", "want_details", "watch"]
