from allauth.account.utils import perform_login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from portal import http
from portal.acts import first_admin as door
from portal.forms.people import FirstAdminForm
from portal.models import User
from portal.sign_in import reauthentication


@sensitive_variables()
@sensitive_post_parameters("token", "password")
@login_not_required
@http.require_safe_or_post
def first_admin(request: http.Request) -> HttpResponse:
    """Available only while there is no user, with the token that the portal printed when it started."""
    if not door.is_open():
        raise Http404
    form = FirstAdminForm(http.posted(request))
    if form.is_valid() and (admin := _create(form)):
        perform_login(request, admin, email_verification="none")
        reauthentication.count_sign_in(request)
        return http.SeeOther(reverse("home"))
    return http.form_page(request, "people/first_admin.html", form)


@sensitive_variables()
def _create(form: FirstAdminForm) -> User | None:
    """Returns None, with the reason on the form, if it is not possible."""
    try:
        return door.create(**form.cleaned_data)
    except door.WrongToken:
        form.add_error("token", _("This is not the token shown in the terminal."))
        return None
