"""How long something will take, roughly."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_MINUTE, _HOUR = 60, 3600


def about(seconds: float) -> str:
    if seconds < _MINUTE * 0.75:
        return _("less than a minute")
    if seconds < _HOUR * 1.5:
        minutes = max(1, round(seconds / _MINUTE))
        return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}
    hours = round(seconds / _HOUR)
    return ngettext("about %(count)s hour", "about %(count)s hours", hours) % {"count": hours}
