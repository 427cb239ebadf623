"""Signals for the project that uses the library. If a receiver fails, the library continues."""

from django.dispatch import Signal

# Sent with ``key`` when Ultahost refused it.
key_refused = Signal()

# Sent with ``key`` when it was disabled because it opens another account than it did.
key_misled = Signal()
