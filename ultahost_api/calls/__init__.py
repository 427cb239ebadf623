"""The number of calls that a key may still send, and the clients that obey it."""
