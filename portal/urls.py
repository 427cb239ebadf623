from allauth.account import views as sign_in
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path

from portal.views.domains import domain, domains, domains_csv
from portal.views.first_admin import first_admin
from portal.views.health import livez, readyz
from portal.views.home import home
from portal.views.invoices import invoice, invoices, invoices_csv
from portal.views.keys import (
    add_key,
    disable_key,
    enable_key,
    key,
    keys,
    remove_key,
    replace_key,
    retry_key,
)
from portal.views.people import (
    add_person,
    change_role,
    deactivate,
    password_link,
    people,
    person,
    reactivate,
)
from portal.views.refreshes import freshness, refresh, refresh_all
from portal.views.services import service, services, services_csv

# The parts of allauth that the portal offers; its names are what allauth itself looks up.
sign_in_urls = [
    path("", sign_in.login, name="account_login"),
    path("out/", sign_in.logout, name="account_logout"),
    path("closed/", sign_in.signup, name="account_signup"),
    path("inactive/", login_not_required(sign_in.account_inactive), name="account_inactive"),
    path("again/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("password/", sign_in.password_change, name="account_change_password"),
    path("password/first/", sign_in.password_set, name="account_set_password"),
    path("password/forgotten/", sign_in.password_reset, name="account_reset_password"),
    path("password/sent/", sign_in.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/done/", sign_in.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]

urlpatterns = [
    path("", home, name="home"),
    path("services/", services, name="services"),
    path("services.csv", services_csv, name="services_csv"),
    path("services/<uuid:service_id>/", service, name="service"),
    path("invoices/", invoices, name="invoices"),
    path("invoices.csv", invoices_csv, name="invoices_csv"),
    path("invoices/<uuid:invoice_id>/", invoice, name="invoice"),
    path("domains/", domains, name="domains"),
    path("domains.csv", domains_csv, name="domains_csv"),
    path("domains/<uuid:domain_id>/", domain, name="domain"),
    path("freshness/<slug:noun>/", freshness, name="freshness"),
    path("refresh/", refresh_all, name="refresh_all"),
    path("refresh/<slug:noun>/", refresh, name="refresh"),
    path("keys/", keys, name="keys"),
    path("keys/add/", add_key, name="add_key"),
    path("keys/<uuid:key_id>/", key, name="key"),
    path("keys/<uuid:key_id>/replace/", replace_key, name="replace_key"),
    path("keys/<uuid:key_id>/retry/", retry_key, name="retry_key"),
    path("keys/<uuid:key_id>/disable/", disable_key, name="disable_key"),
    path("keys/<uuid:key_id>/enable/", enable_key, name="enable_key"),
    path("keys/<uuid:key_id>/remove/", remove_key, name="remove_key"),
    path("people/", people, name="people"),
    path("people/add/", add_person, name="add_person"),
    path("people/<uuid:person_id>/", person, name="person"),
    path("people/<uuid:person_id>/role/", change_role, name="change_role"),
    path("people/<uuid:person_id>/deactivate/", deactivate, name="deactivate"),
    path("people/<uuid:person_id>/reactivate/", reactivate, name="reactivate"),
    path("people/<uuid:person_id>/password-link/", password_link, name="password_link"),
    path("first-admin/", first_admin, name="first_admin"),
    path("sign-in/", include(sign_in_urls)),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
]
