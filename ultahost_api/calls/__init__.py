"""What a key may still send, and the only place where a key, its budget and a client meet."""
