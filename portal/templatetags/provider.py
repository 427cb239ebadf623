from django import template
from django.conf import settings

from portal.wording import links

register = template.Library()

register.simple_tag(links.provider_page)


@register.simple_tag
def provider_area() -> str:
    """The address of the provider's client area; empty if it is not set."""
    base = settings.PORTAL_PROVIDER_URL
    return f"{base}/clientarea.php" if base else ""
