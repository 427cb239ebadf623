"""What the portal last set at the registrar of a domain, as columns: Ultahost tells neither.

``queries.registrar_state.add_last_set`` gives the domains what they read.
"""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.pages.columns import Column
from portal.wording.operations import nameservers_of
from ultahost_api.models import Operation


def _lock(domain: Any) -> str:
    operation = domain.last_set.get("manage_domain_lock")
    if operation is None:
        return ""
    is_locked = operation.parameters.get("lockstatus") == "locked"
    return _if_known(operation, gettext("Locked") if is_locked else gettext("Unlocked"))


def _nameservers(domain: Any) -> str:
    operation = domain.last_set.get("update_nameservers")
    return _if_known(operation, " ".join(nameservers_of(operation))) if operation else ""


def _if_known(operation: Operation, words: str) -> str:
    """What was set, and beside it that its result is not known."""
    return f"{words} ({gettext('sent from here; result unknown')})" if operation.is_pending else words


COLUMNS = (
    Column("nameservers", _("Nameservers last set here"), _nameservers),
    Column("lock", _("Lock last set here"), _lock),
)
