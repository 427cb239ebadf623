"""What the library tells whoever uses it. A receiver that fails stops nothing."""

from django.dispatch import Signal

# Sent with ``key`` when Ultahost refused it.
key_refused = Signal()

# Sent with ``key`` when it was disabled because it opens another account than it did.
key_misled = Signal()
