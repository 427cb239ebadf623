from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import http
from portal.forms.profile import ProfileForm
from portal.models import User
from portal.wording import preferences


@http.require_safe_or_post
def profile(request: http.Request) -> HttpResponse:
    # A copy: what a bad form holds must not show in the frame around it
    form = ProfileForm(http.posted(request), instance=User.objects.get(pk=request.user.pk))
    if form.is_valid():
        person = form.save()
        preferences.activate(person)
        messages.success(request, _("Your profile was saved."))
        response = http.SeeOther(reverse("profile"))
        preferences.remember_theme(response, person)
        return response
    return http.form_page(request, "profile/form.html", form)
