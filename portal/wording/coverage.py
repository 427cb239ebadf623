from collections.abc import Collection

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ultahost_api.models import Account

_NAMED = 3


def covered(accounts: Collection[Account]) -> str:
    """``Acme, Beta, Gamma and 2 more accounts``; nothing if there is none."""
    names = [str(account) for account in accounts]
    told, more = ", ".join(names[:_NAMED]), len(names[_NAMED:])
    words = ngettext("%(names)s and %(count)d more account", "%(names)s and %(count)d more accounts", more)
    return words % {"names": told, "count": more} if more else told


def home(seen: Collection[Account], with_invoices: Collection[Account]) -> str:
    """What Home covers: accounts that the person sees whole, and those of which they see invoices alone."""
    whole = set(seen)
    of_invoices = [account for account in with_invoices if account not in whole]
    if not seen:
        return _("Invoices of %(accounts)s") % {"accounts": covered(of_invoices)} if of_invoices else ""
    if not of_invoices:
        return covered(seen)
    words = _("%(accounts)s · invoices also of %(others)s")
    return words % {"accounts": covered(seen), "others": covered(of_invoices)}
