from django import template
from django.urls import reverse

from portal.models import AuditEntry

register = template.Library()

Noun = AuditEntry.Noun

# Of what stays for good; a key that was removed has no page any more.
_PAGES = {
    Noun.SIGN_IN: "person",
    Noun.PERSON: "person",
    Noun.OPERATION: "operation",
    Noun.DOMAIN: "domain",
    Noun.SHARE_LINK: "share_link",
}


@register.filter
def audit_page(entry: AuditEntry) -> str:
    """Where more is told of what an entry is about; empty where nothing is."""
    name = _PAGES.get(Noun(entry.noun))
    return reverse(name, args=[entry.target_id]) if name and entry.target_id else ""
