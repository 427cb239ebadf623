"""Icons of the package ``heroicons``, each drawn once per process: the package copies its XML each time."""

from functools import cache

import heroicons
from django.utils.safestring import SafeString


@cache
def icon(style: str, name: str, size: int, **attributes: object) -> SafeString:
    """Safe, because names and attributes come only from our templates and code."""
    return SafeString(heroicons._render_icon(style, name, size, attributes))


# Commands of servers that are called alike by most of their modules.
_OF_COMMANDS = {
    **dict.fromkeys(("reboot", "restart", "reset"), "arrow-path"),
    **dict.fromkeys(("start", "boot", "poweron", "power-on"), "play"),
    **dict.fromkeys(("stop", "shutdown", "poweroff", "power-off"), "stop"),
}


def of_command(name: str) -> str:
    """The icon of a command of the catalogue, by its name at Ultahost."""
    return _OF_COMMANDS.get(name.lower().replace("_", "-"), "command-line")
