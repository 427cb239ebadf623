"""What an admin does first with an empty portal, and what of it is done."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.models import Act, Invitation, Switches, User
from portal.wording.links import href
from ultahost_api.models import Refresh


@dataclass(frozen=True, slots=True)
class Step:
    """``route`` is the page on which it is done; without one ``command`` does it where the portal runs."""

    name: str
    title: Promise
    why: Promise
    route: str = ""
    command: str = ""
    is_done: bool = False

    @property
    def url(self) -> str:
        return href(self.route) if self.route else ""


def is_offered(user: User) -> bool:
    """On Home."""
    return user.is_admin and not user.first_steps_away


def first_steps(user: User) -> list[Step]:
    """For an admin, in their order, with one statement."""
    facts = User.objects.filter(pk=user.pk).values_list(
        Exists(access.keys_to_manage(user).present()),
        Exists(Refresh.objects.of(access.accounts_to_view(user)).filter(completed_at__isnull=False)),
        Exists(access.people_to_manage(user).exclude(pk=user.pk)),
        Exists(Invitation.objects.open()),
        Exists(Switches.objects.filter(second_factor=True)),
        Exists(access.audit_to_read(user).filter(act=Act.BACKED_UP)),
    )
    has_key, is_copied, has_people, has_invited, is_required, is_backed_up = facts.get()
    return [
        Step(
            "key",
            _("Add a key"),
            _("The services, domains and invoices of its account appear here."),
            route="add_key",
            is_done=has_key,
        ),
        Step(
            "copy",
            _("See the first copy arrive"),
            _("The portal copies what the key opens and keeps the copy up to date."),
            route="keys",
            is_done=is_copied,
        ),
        Step(
            "people",
            _("Invite a person"),
            _("Each person has a sign-in of their own and sees only what they have access to."),
            route="invite",
            is_done=has_people or has_invited,
        ),
        Step(
            "mail",
            _("Set up e-mail"),
            _("Invitations and warnings about domains, invoices and keys are then sent by e-mail."),
            command="EMAIL_URL=smtp+tls://user:password@mail.example.com:587",
            is_done=bool(settings.EMAIL_URL),
        ),
        Step(
            "two-factor",
            _("Require two-factor sign-in"),
            _("A password that was stolen is then not enough to pay or to change keys."),
            route="require_second_factor",
            is_done=is_required,
        ),
        Step(
            "backup",
            _("Take a backup"),
            _("People, access and the audit log are only here. Keep the portal's keys in another place."),
            command="python manage.py backup /backups/portal",
            is_done=is_backed_up,
        ),
    ]
