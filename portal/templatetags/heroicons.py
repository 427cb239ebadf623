"""The tags of the package ``heroicons``, for icons that are drawn once per process."""

from django import template

from portal.pages.icons import icon, of_command

register = template.Library()


@register.simple_tag
def heroicon_micro(name: str, size: int) -> str:
    return icon("micro", name, size)


@register.simple_tag
def heroicon_mini(name: str, size: int) -> str:
    return icon("mini", name, size)


@register.simple_tag
def heroicon_outline(name: str, size: int) -> str:
    return icon("outline", name, size)


register.filter("command_icon", of_command)
