import re

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django import template
from django.utils.translation import gettext as _

register = template.Library()

# Names that others carry too come last: Chrome says that it is Safari, Edge that it is Chrome.
_BROWSERS = [
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
_SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
]


@register.filter
def in_fours(secret: str) -> str:
    """For typing."""
    return " ".join(re.findall(".{1,4}", secret.rstrip("=")))


@register.filter
def browser(user_agent: str) -> str:
    """`Firefox, Windows`; of a stranger what it calls itself."""
    known = [
        next((name for word, name in names if word in user_agent), "") for names in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, known)) or user_agent[:40] or _("unknown")


@register.simple_tag
def codes_left(codes: Authenticator) -> int:
    """Without opening their seed."""
    return int(app_settings.RECOVERY_CODE_COUNT) - int(codes.data["used_mask"]).bit_count()
