"""How people come in: what the portal does in another way than allauth."""
