from django import template
from django.conf import settings

register = template.Library()

# As the software behind the provider's client area names its pages.
_PAGES = {
    "service": "clientarea.php?action=productdetails&id={}",
    "domain": "clientarea.php?action=domaindetails&id={}",
    "invoice": "viewinvoice.php?id={}",
}


@register.simple_tag
def provider_area() -> str:
    """Where the provider's own client area begins, empty where that is not set."""
    base = settings.PORTAL_PROVIDER_URL
    return f"{base}/clientarea.php" if base else ""


@register.simple_tag
def provider_page(noun: str, remote_id: int) -> str:
    """The address of the same thing in the provider's own client area, empty where that is not set."""
    base = settings.PORTAL_PROVIDER_URL
    return f"{base}/{_PAGES[noun].format(remote_id)}" if base else ""
