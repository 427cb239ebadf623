from allauth.account import views as sign_in
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path, register_converter, reverse_lazy
from django.urls.converters import IntConverter
from django.utils.translation import gettext_lazy as _

from portal.sign_in.reauthentication import answers_questions
from portal.views import first_steps
from portal.views.accounts import (
    account,
    accounts,
    accounts_csv,
    change_account_password,
    edit_account,
    set_private,
)
from portal.views.agenda import agenda
from portal.views.announcements import announcement, announcement_body, announcements
from portal.views.audit import audit_csv, audit_log
from portal.views.batches import batch, decide_batch, retry_batch, steer_batch
from portal.views.catalogue import add_entry, catalogue, delete_entry, edit_entry, switch_cards
from portal.views.changes import changes, changes_csv
from portal.views.columns import choose_columns
from portal.views.confirming import confirm_by_code, confirm_by_passkey, confirm_by_password
from portal.views.contacts import (
    contact,
    contacts,
    contacts_csv,
    create_contact,
    delete_contact,
    edit_contact,
)
from portal.views.domains import (
    domain,
    domains,
    domains_csv,
    epp_code,
    set_auto_renew,
    set_lock,
    set_nameservers,
)
from portal.views.emails import email, email_body, emails, emails_csv
from portal.views.feeds import calendar, feed, make_feed, revoke_feed
from portal.views.first_admin import first_admin
from portal.views.grants import change_grant, give_grant, take_grant
from portal.views.health import livez, readyz
from portal.views.home import home
from portal.views.invitations import (
    accept_invitation,
    invite,
    open_invitation,
    resend_invitation,
    revoke_invitation,
)
from portal.views.invoices import (
    invoice,
    invoice_print,
    invoices,
    invoices_csv,
    pay_invoice,
)
from portal.views.keys import add_key, disable_key, enable_key, key, keys, remove_key, replace_key, retry_key
from portal.views.labels import assign_line, label_domain, label_service, set_labels
from portal.views.nameservers import (
    add_nameserver_set,
    delete_nameserver_set,
    edit_nameserver_set,
    nameserver_sets,
)
from portal.views.needs import put_off_need, take_need
from portal.views.operations import decide, look_again, operation, operations, operations_csv
from portal.views.orders import create_order, order, orders, orders_csv
from portal.views.own_labels import labels, remove_label, rename_label
from portal.views.password_links import open_password_link, set_forgotten_password, set_password
from portal.views.payment_methods import add_payment_method, delete_payment_method, payment_methods
from portal.views.people import (
    change_role,
    deactivate,
    end_sessions,
    leaver,
    password_link,
    people,
    person,
    reactivate,
    remove_second_factor,
    require_second_factor,
)
from portal.views.profile import profile
from portal.views.quotes import accept_quote, quote, quotes, quotes_csv
from portal.views.refreshes import freshness, refresh, refresh_all
from portal.views.rotations import finish_rotation, rotate_key, snooze_key, undo_rotation
from portal.views.saved_views import delete_view, save_view, saved_view
from portal.views.search import search_page
from portal.views.selected_contacts import switch_mails
from portal.views.selected_domains import change_domains
from portal.views.selected_invoices import pay_invoices
from portal.views.selected_services import command_services
from portal.views.services import (
    cancel_service,
    reset_service_password,
    run_command,
    service,
    services,
    services_csv,
    upgrade_service,
    withdraw_cancellation,
)
from portal.views.share_links import add_share_link, revoke_share_link, share_link, share_links
from portal.views.shared import open_shared, shared, shared_csv
from portal.views.shortcuts import shortcuts
from portal.views.sign_in import (
    add_passkey,
    end_session,
    list_sessions,
    second_step,
    sign_in_by_passkey,
)
from portal.views.spend import spend, spend_csv
from portal.views.spend.comparison import comparison, comparison_csv
from portal.views.statements import statement, statement_csv, statement_print, statements
from portal.views.two_factor import disable_two_factor, two_factor, verify_two_factor

# The parts of allauth that the portal offers; its names are what allauth itself looks up.
sign_in_urls = [
    path("", sign_in.login, name="account_login"),
    path("out/", sign_in.logout, name="account_logout"),
    path("closed/", sign_in.signup, name="account_signup"),
    path("inactive/", login_not_required(sign_in.account_inactive), name="account_inactive"),
    path("again/", confirm_by_password, name="account_reauthenticate"),
    path("password/", sign_in.password_change, name="account_change_password"),
    path("password/first/", sign_in.password_set, name="account_set_password"),
    path("password/forgotten/", sign_in.password_reset, name="account_reset_password"),
    path("password/sent/", sign_in.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        set_forgotten_password,
        name="account_reset_password_from_key",
    ),
    path("password/done/", sign_in.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("password/link/", set_password, name="set_password"),
    path("password/link/<str:secret>/", open_password_link, name="open_password_link"),
    path("passkey/", sign_in_by_passkey, name="mfa_login_webauthn"),
    path("second-factor/", second_step, name="mfa_authenticate"),
    path("again/code/", confirm_by_code, name="mfa_reauthenticate"),
    path("again/passkey/", confirm_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("ways/", second_factor.index, name="mfa_index"),
    path(
        "ways/app/",
        answers_questions(_("Set up an app"))(app.activate_totp),
        name="mfa_activate_totp",
    ),
    path(
        "ways/app/off/",
        answers_questions(_("Turn the app off?"))(app.deactivate_totp),
        name="mfa_deactivate_totp",
    ),
    path("ways/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "ways/codes/new/",
        answers_questions(_("Make new codes"))(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("ways/passkeys/add/", answers_questions(_("Add a passkey"))(add_passkey), name="mfa_add_webauthn"),
    path(
        "ways/passkeys/<int:pk>/",
        answers_questions(_("Rename the passkey"))(
            passkeys.EditWebAuthnView.as_view(success_url=reverse_lazy("mfa_index"))
        ),
        name="mfa_edit_webauthn",
    ),
    path(
        "ways/passkeys/<int:pk>/remove/",
        answers_questions(_("Remove the passkey"))(
            passkeys.RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index"))
        ),
        name="mfa_remove_webauthn",
    ),
    path("sessions/", list_sessions, name="usersessions_list"),
    path("sessions/<int:session_id>/end/", end_session, name="end_session"),
]


class Number(IntConverter):
    """The provider's numbers, which may be below zero."""

    regex = "-?[0-9]+"


register_converter(Number, "number")

urlpatterns = [
    path("", home, name="home"),
    path("first-steps/", first_steps.show, name="first_steps"),
    path("first-steps/put-away/", first_steps.put_away, name="put_away_first_steps"),
    path("first-steps/bring-back/", first_steps.bring_back, name="bring_back_first_steps"),
    path("needs/<slug:kind>/<uuid:subject>/take/<slug:switch>/", take_need, name="take_need"),
    path("needs/<slug:kind>/<uuid:subject>/put-off/", put_off_need, name="put_off_need"),
    path("search/", search_page, name="search"),
    path("shortcuts/", shortcuts, name="shortcuts"),
    path("services/", services, name="services"),
    path("services.csv", services_csv, name="services_csv"),
    path("services/selected/<uuid:command_id>/", command_services, name="command_services"),
    path("services/<uuid:service_id>/", service, name="service"),
    path("services/<uuid:service_id>/cancel/", cancel_service, name="cancel_service"),
    path("services/<uuid:service_id>/cancel/withdraw/", withdraw_cancellation, name="withdraw_cancellation"),
    path("services/<uuid:service_id>/password/", reset_service_password, name="reset_service_password"),
    path("services/<uuid:service_id>/run/<uuid:command_id>/", run_command, name="run_command"),
    path("services/<uuid:service_id>/label/", label_service, name="label_service"),
    path("services/<uuid:service_id>/upgrade/", upgrade_service, name="upgrade_service"),
    path("invoices/", invoices, name="invoices"),
    path("invoices.csv", invoices_csv, name="invoices_csv"),
    path("invoices/pay/", pay_invoices, name="pay_invoices"),
    path("invoices/<uuid:invoice_id>/", invoice, name="invoice"),
    path("invoices/<uuid:invoice_id>/pay/", pay_invoice, name="pay_invoice"),
    path("invoices/<uuid:invoice_id>/lines/<slug:line>/", assign_line, name="assign_line"),
    path("invoices/<uuid:invoice_id>/print/", invoice_print, name="invoice_print"),
    path("spend/", spend, name="spend"),
    path("spend.csv", spend_csv, name="spend_csv"),
    path("spend/compare/", comparison, name="comparison"),
    path("spend/compare.csv", comparison_csv, name="comparison_csv"),
    path("agenda/", agenda, name="agenda"),
    path("agenda/link/", feed, name="feed"),
    path("agenda/link/make/", make_feed, name="make_feed"),
    path("agenda/link/revoke/", revoke_feed, name="revoke_feed"),
    path("calendar/<str:secret>/agenda.ics", calendar, name="calendar"),
    path("statements/", statements, name="statements"),
    path("statements/<uuid:account_id>/<slug:month>/", statement, name="statement"),
    path("statements/<uuid:account_id>/<slug:month>/print/", statement_print, name="statement_print"),
    path("statements/<uuid:account_id>/<slug:month>.csv", statement_csv, name="statement_csv"),
    path("orders/", orders, name="orders"),
    path("orders.csv", orders_csv, name="orders_csv"),
    path("orders/new/<slug:kind>/", create_order, name="create_order"),
    path("orders/<uuid:account_id>/<number:order_id>/", order, name="order"),
    path("quotes/", quotes, name="quotes"),
    path("quotes.csv", quotes_csv, name="quotes_csv"),
    path("quotes/<uuid:account_id>/<number:quote_id>/", quote, name="quote"),
    path("quotes/<uuid:account_id>/<number:quote_id>/accept/", accept_quote, name="accept_quote"),
    path("payment-methods/", payment_methods, name="payment_methods"),
    path(
        "payment-methods/<uuid:account_id>/add/<slug:method>/", add_payment_method, name="add_payment_method"
    ),
    path(
        "payment-methods/<uuid:account_id>/<number:method_id>/delete/",
        delete_payment_method,
        name="delete_payment_method",
    ),
    path("domains/", domains, name="domains"),
    path("domains.csv", domains_csv, name="domains_csv"),
    path("domains/selected/<slug:act>/", change_domains, name="change_domains"),
    path("domains/<uuid:domain_id>/", domain, name="domain"),
    path("domains/<uuid:domain_id>/label/", label_domain, name="label_domain"),
    path("domains/<uuid:domain_id>/nameservers/", set_nameservers, name="set_nameservers"),
    path("domains/<uuid:domain_id>/lock/<slug:lockstatus>/", set_lock, name="set_lock"),
    path("domains/<uuid:domain_id>/auto-renew/<slug:switch>/", set_auto_renew, name="set_auto_renew"),
    path("domains/<uuid:domain_id>/epp-code/", epp_code, name="epp_code"),
    path("labels/", labels, name="labels"),
    path("labels/set/<slug:noun>/", set_labels, name="set_labels"),
    path("labels/<uuid:label_id>/", rename_label, name="rename_label"),
    path("labels/<uuid:label_id>/remove/", remove_label, name="remove_label"),
    path("nameservers/", nameserver_sets, name="nameserver_sets"),
    path("nameservers/add/", add_nameserver_set, name="add_nameserver_set"),
    path("nameservers/<uuid:set_id>/", edit_nameserver_set, name="edit_nameserver_set"),
    path("nameservers/<uuid:set_id>/delete/", delete_nameserver_set, name="delete_nameserver_set"),
    path("freshness/<slug:noun>/", freshness, name="freshness"),
    path("refresh/", refresh_all, name="refresh_all"),
    path("refresh/<slug:noun>/", refresh, name="refresh"),
    path("keys/", keys, name="keys"),
    path("keys/add/", add_key, name="add_key"),
    path("keys/<uuid:key_id>/", key, name="key"),
    path("keys/<uuid:key_id>/replace/", replace_key, name="replace_key"),
    path("keys/<uuid:key_id>/rotate/", rotate_key, name="rotate_key"),
    path("keys/<uuid:key_id>/rotate/finish/", finish_rotation, name="finish_rotation"),
    path("keys/<uuid:key_id>/rotate/undo/", undo_rotation, name="undo_rotation"),
    path("keys/<uuid:key_id>/snooze/", snooze_key, name="snooze_key"),
    path("keys/<uuid:key_id>/retry/", retry_key, name="retry_key"),
    path("keys/<uuid:key_id>/disable/", disable_key, name="disable_key"),
    path("keys/<uuid:key_id>/enable/", enable_key, name="enable_key"),
    path("keys/<uuid:key_id>/remove/", remove_key, name="remove_key"),
    path("activity/", operations, name="operations"),
    path("activity/together/<uuid:batch>/", batch, name="batch"),
    path("activity/together/<uuid:batch>/retry/", retry_batch, name="retry_batch"),
    path("activity/together/<uuid:batch>/decide/", decide_batch, name="decide_batch"),
    path("activity/together/<uuid:batch>/<slug:order>/", steer_batch, name="steer_batch"),
    path("activity.csv", operations_csv, name="operations_csv"),
    path("activity/<uuid:operation_id>/", operation, name="operation"),
    path("activity/<uuid:operation_id>/look-again/", look_again, name="look_again"),
    path("activity/<uuid:operation_id>/decide/", decide, name="decide"),
    path("changes/", changes, name="changes"),
    path("changes.csv", changes_csv, name="changes_csv"),
    path("contacts/", contacts, name="contacts"),
    path("contacts.csv", contacts_csv, name="contacts_csv"),
    path("contacts/<uuid:account_id>/add/", create_contact, name="create_contact"),
    path("contacts/<uuid:account_id>/mails/", switch_mails, name="switch_mails"),
    path("contacts/<uuid:account_id>/<number:contact_id>/", contact, name="contact"),
    path("contacts/<uuid:account_id>/<number:contact_id>/edit/", edit_contact, name="edit_contact"),
    path("contacts/<uuid:account_id>/<number:contact_id>/delete/", delete_contact, name="delete_contact"),
    path("emails/", emails, name="emails"),
    path("emails.csv", emails_csv, name="emails_csv"),
    path("emails/<uuid:account_id>/<number:email_id>/", email, name="email"),
    path("emails/<uuid:account_id>/<number:email_id>/text/", email_body, name="email_body"),
    path("announcements/", announcements, name="announcements"),
    path("announcements/<number:announcement_id>/", announcement, name="announcement"),
    path("announcements/<number:announcement_id>/text/", announcement_body, name="announcement_body"),
    path("accounts/", accounts, name="accounts"),
    path("accounts.csv", accounts_csv, name="accounts_csv"),
    path("accounts/<uuid:account_id>/", account, name="account"),
    path("accounts/<uuid:account_id>/grants/add/", give_grant, name="give_grant"),
    path("accounts/<uuid:account_id>/grants/<uuid:grant_id>/", change_grant, name="change_grant"),
    path("accounts/<uuid:account_id>/grants/<uuid:grant_id>/take/", take_grant, name="take_grant"),
    path("accounts/<uuid:account_id>/private/<slug:switch>/", set_private, name="set_private"),
    path("accounts/<uuid:account_id>/edit/", edit_account, name="edit_account"),
    path("accounts/<uuid:account_id>/password/", change_account_password, name="change_account_password"),
    path("accounts/<uuid:account_id>/two-factor/", two_factor, name="two_factor"),
    path("accounts/<uuid:account_id>/two-factor/verify/", verify_two_factor, name="verify_two_factor"),
    path("accounts/<uuid:account_id>/two-factor/off/", disable_two_factor, name="disable_two_factor"),
    path("views/add/", save_view, name="save_view"),
    path("views/<uuid:view_id>/", saved_view, name="saved_view"),
    path("views/<uuid:view_id>/delete/", delete_view, name="delete_view"),
    path("columns/<slug:listing>/", choose_columns, name="choose_columns"),
    path("profile/", profile, name="profile"),
    path("people/", people, name="people"),
    path("people/invite/", invite, name="invite"),
    path("people/invitations/<uuid:invitation_id>/resend/", resend_invitation, name="resend_invitation"),
    path("people/invitations/<uuid:invitation_id>/revoke/", revoke_invitation, name="revoke_invitation"),
    path("people/<uuid:person_id>/", person, name="person"),
    path("people/<uuid:person_id>/role/", change_role, name="change_role"),
    path("people/<uuid:person_id>/deactivate/", deactivate, name="deactivate"),
    path("people/<uuid:person_id>/leaves/", leaver, name="leaver"),
    path("people/<uuid:person_id>/reactivate/", reactivate, name="reactivate"),
    path("people/<uuid:person_id>/password-link/", password_link, name="password_link"),
    path("people/second-factor/", require_second_factor, name="require_second_factor"),
    path("people/<uuid:person_id>/second-factor/remove/", remove_second_factor, name="remove_second_factor"),
    path("people/<uuid:person_id>/sessions/end/", end_sessions, name="end_sessions"),
    path("catalogue/", catalogue, name="catalogue"),
    path("catalogue/cards/", switch_cards, name="switch_cards"),
    path("catalogue/<slug:part>/add/", add_entry, name="add_entry"),
    path("catalogue/<slug:part>/<uuid:entry_id>/", edit_entry, name="edit_entry"),
    path("catalogue/<slug:part>/<uuid:entry_id>/delete/", delete_entry, name="delete_entry"),
    path("audit/", audit_log, name="audit"),
    path("audit.csv", audit_csv, name="audit_csv"),
    path("share-links/", share_links, name="share_links"),
    path("share-links/add/", add_share_link, name="add_share_link"),
    path("share-links/<uuid:link_id>/", share_link, name="share_link"),
    path("share-links/<uuid:link_id>/revoke/", revoke_share_link, name="revoke_share_link"),
    path("s/<uuid:link_id>.<str:secret>", open_shared, name="open_shared"),
    path("s/<uuid:link_id>/", shared, name="shared"),
    path("s/<uuid:link_id>/invoices.csv", shared_csv, name="shared_csv"),
    path("invitation/", accept_invitation, name="accept_invitation"),
    path("invitation/<str:secret>/", open_invitation, name="open_invitation"),
    path("first-admin/", first_admin, name="first_admin"),
    path("sign-in/", include(sign_in_urls)),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
]

handler500 = "portal.pages.failures.failed"
