"""The only place that turns a user into accounts, and a user and an id into an object.

An object that a user may not see raises Http404, as if it did not exist. docs/access.md has the table of
rights.
"""

from portal.access.accounts import (
    account_among,
    account_of_own_key,
    account_to_operate,
    account_to_share,
    accounts_of_own_keys,
    accounts_to_assign,
    accounts_to_operate,
    accounts_to_pay,
    accounts_to_share,
    accounts_to_view,
    accounts_with_invoices,
    accounts_without,
    grants_held_by,
    grants_left_by,
    grants_to_change,
    may_give,
    owners_of,
    reads_besides,
    sharers_of,
)
from portal.access.feeds import feed_of, feed_opened_by
from portal.access.figures import are_followed, kept_by_account, kept_figures, kept_rows
from portal.access.guards import View, admin_only, key_holders_only
from portal.access.keys import (
    ids_of_accounts_with_working_key,
    key_to_manage,
    key_to_write_with,
    keys_to_manage,
    own_key,
    stopped_refreshes,
)
from portal.access.labels import label_to_see, labels_to_see, remarks_to_change, remarks_to_view
from portal.access.nameservers import (
    may_change_nameserver_sets,
    nameserver_set_to_change,
    nameserver_sets_to_change,
)
from portal.access.operations import (
    may_still_send,
    operation_to_settle,
    operation_to_view,
    operations_about,
    operations_to_settle,
    operations_to_view,
    operations_together,
)
from portal.access.people import (
    audit_to_read,
    invitation_to_manage,
    invitations_left_by,
    password_links_left_by,
    people_to_manage,
    person_to_manage,
)
from portal.access.rights import known_rights, rights_if_known, sees_most_accounts
from portal.access.rows import (
    MODELS,
    MOST_FOUND,
    ROWS_TO_VIEW,
    assessed_domains_to_view,
    domain_to_operate,
    domain_to_view,
    domains_to_operate,
    domains_to_view,
    emails_to_view,
    events_to_view,
    invoice_to_pay,
    invoice_to_view,
    invoices_to_pay,
    invoices_to_view,
    may_operate,
    may_set_label,
    orders_to_view,
    quotes_to_view,
    rows_found,
    service_to_operate,
    service_to_view,
    services_to_operate,
    services_to_view,
)
from portal.access.saved_views import saved_view_to_change, saved_views_of
from portal.access.share_links import (
    accounts_shared,
    invoices_shared,
    share_link_held,
    share_link_opened_by,
    share_link_to_manage,
    share_links_left_by,
    share_links_to_manage,
)
