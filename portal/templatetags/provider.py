from django import template
from django.conf import settings

register = template.Library()

# Page names of the software behind the provider's client area.
_PAGES = {
    "service": "clientarea.php?action=productdetails&id={}",
    "domain": "clientarea.php?action=domaindetails&id={}",
    "invoice": "viewinvoice.php?id={}",
}


@register.simple_tag
def provider_area() -> str:
    """The address of the provider's client area; empty if it is not set."""
    base = settings.PORTAL_PROVIDER_URL
    return f"{base}/clientarea.php" if base else ""


@register.simple_tag
def provider_page(noun: str, remote_id: int) -> str:
    """The address of the object in the provider's client area; empty if it is not set."""
    base = settings.PORTAL_PROVIDER_URL
    return f"{base}/{_PAGES[noun].format(remote_id)}" if base else ""
