from django import template
from django.urls import reverse

from portal.models import AuditEntry

register = template.Library()

Noun = AuditEntry.Noun

# Only objects that are never deleted; a removed key has no page.
_PAGES = {
    Noun.SIGN_IN: "person",
    Noun.PERSON: "person",
    Noun.OPERATION: "operation",
    Noun.DOMAIN: "domain",
    Noun.SHARE_LINK: "share_link",
}


@register.filter
def audit_page(entry: AuditEntry) -> str:
    """The page about the entry's object; empty if there is none."""
    name = _PAGES.get(Noun(entry.noun))
    return reverse(name, args=[entry.target_id]) if name and entry.target_id else ""
