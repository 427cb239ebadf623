"""The team's labels and notes on services and domains, and what lines of invoices are of."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from portal import access, http
from portal.acts import labels as acts
from portal.acts.shared_rows import locked
from portal.forms.labels import LabelForm, LineForm, RemarkForm
from portal.models import User
from portal.pages import marks
from portal.pages.confirmation import Confirmation
from portal.pages.selection import LABELLED, selected, wrong_words
from portal.queries.related import is_assignable
from portal.wording.links import href
from ultahost_api.models import Domain, Invoice, InvoiceItem, Service
from ultahost_api.models.line_texts import line_key


@http.require_safe_or_post
def label_service(request: http.Request, service_id: UUID) -> HttpResponse:
    return _remark(request, access.service_to_operate(request.user, service_id))


@http.require_safe_or_post
def label_domain(request: http.Request, domain_id: UUID) -> HttpResponse:
    return _remark(request, access.domain_to_operate(request.user, domain_id))


def _remark(request: http.Request, row: Service | Domain) -> HttpResponse:
    there = href(str(row._meta.model_name), row.pk)

    def form_of(now: Service | Domain) -> RemarkForm:
        known, labels = RemarkForm.initial_of(now), access.labels_to_see(request.user)
        return RemarkForm(http.posted(request), initial=known, labels=labels)

    if request.method != "POST":
        form = form_of(row)
    else:
        with locked(row) as now:
            if (form := form_of(now)).is_valid():
                acts.set_remark(request.user, now, form.cleaned_data["label"], form.cleaned_data["note"])
    if form.is_valid():
        marks.done(request, _("Label and note of %(row)s were saved.") % {"row": row}, request.path)
        return http.SeeOther(there)
    return Confirmation(
        title=_("Label and note of %(row)s") % {"row": row},
        text=_("They are your team's own. Ultahost does not see them."),
        verb=_("Save"),
        back=there,
        form=form,
    ).page(request)


@require_POST
def set_labels(request: http.Request, noun: str) -> HttpResponse:
    """The label of all selected rows of a list; the button "Remove label" sends ``remove``."""
    if noun not in LABELLED:
        raise Http404
    back = http.back(request, reverse(noun))
    selection = selected(request.user, noun, request.POST)
    form = LabelForm(request.POST, labels=())
    is_removal = "remove" in request.POST
    if words := wrong_words(selection):
        messages.warning(request, words)
    elif not form.is_valid() or not (is_removal or form.cleaned_data["label"]):
        messages.error(request, _("Enter a label of at most 60 characters. Nothing was changed."))
    else:
        name = "" if is_removal else form.cleaned_data["label"]
        messages.success(request, _told(name, acts.set_label(request.user, selection.rows, name)))
    return http.SeeOther(back)


@http.require_safe_or_post
def assign_line(request: http.Request, invoice_id: UUID, line: str) -> HttpResponse:
    """What the lines of one text are of, in all invoices of the account."""
    user, invoice = request.user, access.invoice_to_view(request.user, invoice_id)
    item = _line(user, invoice, line)
    remark = getattr(item.assigned, "remark", None)
    form = LineForm(
        http.posted(request),
        initial=LineForm.initial_of(item, remark and remark.label),
        things=_things(user, invoice) if user.may_hold_keys else None,
        labels=access.labels_to_see(user),
    )
    there = reverse("invoice", args=[invoice.pk])
    if form.is_valid():
        told = form.cleaned_data
        acts.assign_line(user, invoice, item.description, told.get("thing"), told["label"])
        words = _("The line was assigned.") if any(told.values()) else _("The line is not assigned.")
        marks.done(request, words, request.path)
        return http.SeeOther(there)
    return Confirmation(
        title=_("What is this line for?"),
        text=_("This applies to every line with this text on invoices of %(account)s, also on later ones.")
        % {"account": invoice.account},
        facts=[(_("Line"), item.description)],
        verb=_("Assign"),
        back=there,
        form=form,
    ).page(request)


def _told(name: str, count: int) -> str:
    if not name:
        words = ngettext("%(count)s row has no label now.", "%(count)s rows have no label now.", count)
        return words % {"count": count}
    words = ngettext(
        "The label “%(label)s” was set on %(count)s row.",
        "The label “%(label)s” was set on %(count)s rows.",
        count,
    )
    return words % {"label": name, "count": count}


def _line(user: User, invoice: Invoice, key: str) -> InvoiceItem:
    """A 404 if the user may not say what it is of."""
    if access.accounts_to_assign(user).contains(invoice.account):
        for item in invoice.items.select_related("assigned__remark__label"):
            if line_key(item.description) == key and is_assignable(user, item):
                return item
    raise Http404


def _things(user: User, invoice: Invoice) -> list[Service | Domain]:
    """Also those that are gone: an invoice of last year may be theirs."""
    services = access.services_to_view(user).filter(account=invoice.account_id)
    domains = access.domains_to_view(user).filter(account=invoice.account_id)
    return [*domains.order_by("name", "pk"), *services.order_by("domain", "product_name", "pk")]
