"""Starting the whole portal on one machine, and keeping it alive."""


class CannotStart(Exception):
    """One sentence for the person who typed the command."""
