import re

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django import template
from django.template import Context
from django.utils.translation import gettext as _

from portal.sign_in.reauthentication import purpose_of
from portal.wording import user_agents

register = template.Library()


@register.simple_tag(takes_context=True)
def confirming_for(context: Context) -> str:
    """What a person confirms for who they are."""
    return purpose_of(context["request"])


@register.filter
def in_fours(secret: str) -> str:
    """The secret in groups of four characters, for typing."""
    return " ".join(re.findall(".{1,4}", secret.rstrip("=")))


@register.filter
def browser(user_agent: str) -> str:
    """`Firefox, Windows`; for an unknown browser its user agent."""
    return user_agents.family(user_agent) or user_agent[:40] or _("unknown")


@register.simple_tag
def codes_left(codes: Authenticator) -> int:
    """The number of unused codes, without unsealing their seed."""
    return int(app_settings.RECOVERY_CODE_COUNT) - int(codes.data["used_mask"]).bit_count()
