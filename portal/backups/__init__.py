"""Backups of the database, and putting one back."""


class CannotKeep(Exception):
    """One sentence for the person who typed the command; nothing was changed."""
