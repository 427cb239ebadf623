"""What is the same in every answer of one language: drawn once, and not for each request."""

from django import template
from django.template import Context
from django.template.base import Node, NodeList, Parser, Token
from django.urls import get_script_prefix
from django.utils.translation import get_language

register = template.Library()


@register.tag
def same(parser: Parser, _token: Token) -> "SameNode":
    """Words, icons and addresses between ``{% same %}`` and ``{% endsame %}``, which read no variable.

    Nothing of a request can get into them: they are drawn without its context.
    """
    nodes = parser.parse(("endsame",))
    parser.delete_first_token()
    return SameNode(nodes)


class SameNode(Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self._drawn: dict[tuple[str | None, str], str] = {}

    def render(self, context: Context) -> str:
        place = get_language(), get_script_prefix()
        drawn = self._drawn.get(place)
        if drawn is None:
            bare = context.new()
            bare.request = None  # type: ignore[attr-defined]  # of a RequestContext
            drawn = self._drawn[place] = self.nodelist.render(bare)
        return drawn
