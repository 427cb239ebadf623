"""The only place that turns a user into accounts, and a user and an id into an object.

What somebody may not see is a 404, as if it were not there. docs/access.md has the table of rights.
"""

from portal.access.accounts import (
    account_among,
    accounts_of_own_keys,
    accounts_to_operate,
    accounts_to_pay,
    accounts_to_view,
    accounts_with_invoices,
    accounts_without,
    owners_of,
)
from portal.access.guards import (
    View,
    admin_only,
    key_holders_only,
)
from portal.access.keys import (
    key_to_manage,
    key_to_write_with,
    keys_to_manage,
    own_key,
    stopped_refreshes,
)
from portal.access.operations import (
    operation_to_settle,
    operation_to_view,
    operations_about,
    operations_to_view,
    payments_to_view,
)
from portal.access.people import (
    audit_to_read,
    invitation_to_manage,
    people_to_manage,
    person_to_manage,
)
from portal.access.rows import (
    domain_to_operate,
    domain_to_view,
    domains_to_view,
    emails_to_view,
    events_to_view,
    invoice_to_pay,
    invoice_to_view,
    invoices_to_pay,
    invoices_to_view,
    may_operate,
    orders_to_view,
    quotes_to_view,
    service_to_operate,
    service_to_view,
    services_to_view,
)
from portal.access.share_links import (
    accounts_shared,
    invoices_shared,
    share_link_held,
    share_link_opened_by,
    share_link_to_manage,
    share_links_to_manage,
)

__all__ = [
    "View",
    "account_among",
    "accounts_of_own_keys",
    "accounts_shared",
    "accounts_to_operate",
    "accounts_to_pay",
    "accounts_to_view",
    "accounts_with_invoices",
    "accounts_without",
    "admin_only",
    "audit_to_read",
    "domain_to_operate",
    "domain_to_view",
    "domains_to_view",
    "emails_to_view",
    "events_to_view",
    "invitation_to_manage",
    "invoice_to_pay",
    "invoice_to_view",
    "invoices_shared",
    "invoices_to_pay",
    "invoices_to_view",
    "key_holders_only",
    "key_to_manage",
    "key_to_write_with",
    "keys_to_manage",
    "may_operate",
    "operation_to_settle",
    "operation_to_view",
    "operations_about",
    "operations_to_view",
    "orders_to_view",
    "own_key",
    "owners_of",
    "payments_to_view",
    "people_to_manage",
    "person_to_manage",
    "quotes_to_view",
    "service_to_operate",
    "service_to_view",
    "services_to_view",
    "share_link_held",
    "share_link_opened_by",
    "share_link_to_manage",
    "share_links_to_manage",
    "stopped_refreshes",
]
