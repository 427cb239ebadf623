from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from portal import access, audit, http
from portal.forms.domains import NameserversForm
from portal.live_reads import reading
from portal.mail.outbox import shown_code
from portal.models import Act
from portal.operations import acting_key
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.queries.registrar_state import last_set, nameservers_of
from portal.sign_in.reauthentication import reauthenticated
from portal.wording import fields
from ultahost_api.client import writes
from ultahost_api.models import Domain


@http.require_safe_or_post
def set_nameservers(request: http.Request, domain_id: UUID) -> HttpResponse:
    domain = access.domain_to_operate(request.user, domain_id)
    now = nameservers_of(last_set(domain).get("update_nameservers"))
    writing = WritePage(
        request,
        domain.account,
        writes.UpdateNameservers,
        title=_("Set the nameservers of %(domain)s") % {"domain": domain},
        text=_("All of them are replaced. Ultahost does not tell which ones are set now."),
        facts=[(_("Domain"), domain)],
        warning=_("Wrong nameservers take the site and the mail of the domain offline."),
        verb=_("Set the nameservers"),
        back=_page_of(domain),
        done_words=_("The nameservers of %(domain)s are set.") % {"domain": domain},
    )
    return writing.respond(
        NameserversForm,
        lambda form: writes.UpdateNameservers(domain.remote_id, form.nameservers),
        initial={f"ns{number}": name for number, name in enumerate(now, 1)},
    )


@http.require_safe_or_post
def set_lock(request: http.Request, domain_id: UUID, lockstatus: str) -> HttpResponse:
    domain = access.domain_to_operate(request.user, domain_id)
    if lockstatus == "locked":
        return _lock(request, domain)
    if lockstatus == "unlocked":
        return _unlock(request, domain)
    raise Http404


@http.require_safe_or_post
def set_auto_renew(request: http.Request, domain_id: UUID, switch: str) -> HttpResponse:
    domain = access.domain_to_operate(request.user, domain_id)
    if switch not in {"on", "off"}:
        raise Http404
    on = switch == "on"
    amount = fields.money(domain, "recurring_amount", domain.account.currency)
    title = _("Turn auto-renew of %(domain)s on?") if on else _("Turn auto-renew of %(domain)s off?")
    done = _("Auto-renew of %(domain)s is on.") if on else _("Auto-renew of %(domain)s is off.")
    writing = WritePage(
        request,
        domain.account,
        writes.SetAutoRenew,
        title=title % {"domain": domain},
        text=_("Ultahost raises an invoice before the domain is due. It still has to be paid.") if on else "",
        facts=[
            (_("Domain"), domain),
            (_("Renewal"), amount),
            (_("Due"), fields.day(domain, "next_due_date")),
        ],
        warning=""
        if on
        else _("No renewal invoice is raised any more, and the domain is lost when it expires."),
        verb=_("Turn on") if on else _("Turn off"),
        back=_page_of(domain),
        done_words=done % {"domain": domain},
        danger=not on,
        asks_again=not on,
    )
    return writing.respond(WriteForm, lambda form: writes.SetAutoRenew(domain.remote_id, on))


@sensitive_variables()
@http.require_safe_or_post
@access.found("domain", access.domain_to_operate)
@reauthenticated()
def epp_code(request: http.Request, domain: Domain) -> HttpResponse:
    """Asked for anew each time, by a POST only; it is on this one page and nowhere else."""
    key = access.key_to_write_with(request.user, domain.account)
    context: dict[str, object] = {"domain": domain, "whose": acting_key.whose(request.user, key)}
    if request.method != "POST":
        return http.page(request, "domains/epp_code.html", context)
    told = reading.read(domain.account, lambda client: client.domains.get_epp_code(domain.remote_id), key=key)
    if told.is_there:
        audit.record(request, Act.EPP_SHOWN, domain, account=domain.account)
        shown_code(domain, request.user)
    return http.page(
        request, "domains/epp_code.html", context | {"told": told}, status=200 if told.is_there else 422
    )


def _lock(request: http.Request, domain: Domain) -> HttpResponse:
    writing = WritePage(
        request,
        domain.account,
        writes.SetLock,
        title=_("Lock %(domain)s?") % {"domain": domain},
        text=_("The registrar then refuses to transfer the domain away."),
        facts=[(_("Domain"), domain)],
        verb=_("Lock"),
        back=_page_of(domain),
        done_words=_("%(domain)s is locked.") % {"domain": domain},
    )
    return writing.respond(WriteForm, lambda form: writes.SetLock(domain.remote_id, True))


def _unlock(request: http.Request, domain: Domain) -> HttpResponse:
    writing = WritePage(
        request,
        domain.account,
        writes.SetLock,
        title=_("Unlock %(domain)s?") % {"domain": domain},
        text=_("Unlock it only to move it to another registrar, and lock it again if that comes to nothing."),
        facts=[(_("Domain"), domain)],
        warning=_("While it is unlocked, whoever has its EPP code can take the domain away."),
        verb=_("Unlock"),
        back=_page_of(domain),
        done_words=_("%(domain)s is unlocked.") % {"domain": domain},
        danger=True,
        asks_again=True,
    )
    return writing.respond(WriteForm, lambda form: writes.SetLock(domain.remote_id, False))


def _page_of(domain: Domain) -> str:
    return reverse("domain", args=[domain.pk])
