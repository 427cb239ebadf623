"""How each entry of "What needs you" reads: why, how long, and what to do."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.queries.at_risk import Button
from portal.queries.entries import Entry, Kind, Reader, subject_of
from portal.wording import formats, risks
from portal.wording.links import href
from portal.wording.statuses import BAD, INFO, SOON
from ultahost_api import conf
from ultahost_api.models import ApiKey, Domain, Invoice, Operation, Quote, Risk, Service


def _domain(domain: Domain, reader: Reader) -> Entry:
    title = {
        Risk.REDEMPTION: _("%(domain)s is in redemption"),
        Risk.GRACE: _("%(domain)s is in its grace period"),
        Risk.EXPIRED: _("%(domain)s has expired"),
        Risk.TRANSFER: _("The transfer of %(domain)s is late"),
    }.get(Risk(domain.risk), _("%(domain)s may be lost"))
    left, told = domain.days_left(), cast(Any, domain)
    return Entry(
        Kind.DOMAIN,
        domain.pk,
        INFO if told.is_long_past else risks.risk_hue(domain),
        title % {"domain": domain},
        href("domain", domain.pk),
        risks.risk_words(domain),
        reader.remedies.button(domain),
        domain.account,
        domain.first_date,
        "" if left is None or domain.first_date is None else formats.days_away(domain.first_date),
    )


def _service(service: Service, reader: Reader) -> Entry:
    row: Any = service
    invoice = reader.remedies.invoice(row.unpaid_invoice)
    since = _local(row.since)
    return Entry(
        Kind.SERVICE,
        service.pk,
        BAD,
        _("%(service)s is suspended") % {"service": service},
        href("service", service.pk),
        _why_suspended(invoice, reader.oldest_overdue.get(service.account_id)),
        _suspended_button(invoice, service, reader),
        service.account,
        since,
        formats.days_away(since),
    )


def _why_suspended(invoice: Invoice | None, oldest: Invoice | None) -> str:
    """The invoice whose lines name the service. Without one the portal does not guess."""
    if invoice:
        return _("Invoice %(invoice)s of %(sum)s was due %(when)s") % _about(invoice)
    if oldest:
        words = _(
            "It is not known for which invoice. The oldest overdue one of the account:"
            " %(invoice)s, %(sum)s, due %(when)s"
        )
        return words % _about(oldest)
    return _("No overdue invoice is known")


def _suspended_button(invoice: Invoice | None, service: Service, reader: Reader) -> Button:
    if invoice:
        return reader.remedies.payment(invoice) or Button(_("Open invoice"), href("invoice", invoice.pk))
    if service.account_id in reader.oldest_overdue:
        return Button(_("Overdue invoices"), _list("invoices", service.account_id, status="Overdue"))
    return Button(pgettext("act", "Open"), href("service", service.pk))


def _overdue(oldest: Invoice, reader: Reader) -> Entry:
    title = ngettext("Invoice %(invoice)s is overdue", "%(count)d invoices are overdue", oldest.group_count)
    return _group(Kind.OVERDUE, oldest, title, "", reader)


def _unpayable(oldest: Invoice, reader: Reader) -> Entry:
    title = ngettext(
        "Invoice %(invoice)s cannot be paid here",
        "%(count)d invoices cannot be paid here",
        oldest.group_count,
    )
    return _group(Kind.UNPAYABLE, oldest, title, _("No API key at hand works for this account"), reader)


def _group(kind: Kind, oldest: Invoice, title: str, why: str, reader: Reader) -> Entry:
    is_one = oldest.group_count == 1
    url = href("invoice", oldest.pk)
    if not is_one:
        url = _list("invoices", oldest.account_id, status="Overdue" if kind == Kind.OVERDUE else "Unpaid")
    button = reader.remedies.payment(oldest) if is_one and kind == Kind.OVERDUE else None
    return Entry(
        kind,
        subject_of(kind, oldest),
        BAD if oldest.is_overdue else SOON,
        title % {"invoice": oldest, "count": oldest.group_count},
        url,
        "; ".join(filter(None, [why, _sum_of(oldest)])),
        button or Button(pgettext("act", "Open") if is_one else _("Review"), url),
        oldest.account,
        oldest.due_date,
        formats.days_away(oldest.due_date) if oldest.due_date else "",
    )


def _sum_of(oldest: Invoice) -> str:
    """What the group comes to; amounts that could not be read are counted apart."""
    unread = oldest.group_count - oldest.group_known
    added_up = oldest.total if oldest.group_count == 1 else oldest.group_total or Decimal(0)
    total = formats.money(added_up and round(added_up, 4).normalize(), oldest.currency)
    whole = _("%(sum)s in total") if oldest.group_count > 1 else "%(sum)s"
    told = whole % {"sum": total} if oldest.group_known else ""
    left_out = ngettext("%(count)d amount could not be read", "%(count)d amounts could not be read", unread)
    parts = [told, left_out % {"count": unread} if unread else ""]
    if oldest.group_count > oldest.group_moved > 0:
        moved = ngettext(
            "%(count)d deposit or payment of other invoices, not included",
            "%(count)d deposits or payments of other invoices, not included",
            oldest.group_moved,
        )
        parts.append(moved % {"count": oldest.group_moved})
    return "; ".join(filter(None, parts))


def _operation(operation: Operation, reader: Reader) -> Entry:
    sent = _local(operation.created_at)
    url = href("operation", operation.pk)
    return Entry(
        Kind.OPERATION,
        operation.pk,
        SOON,
        _("%(act)s: the result is unknown") % {"act": reader.deeds.asked(operation)},
        url,
        _("%(what)s, sent by %(person)s %(when)s")
        % {
            "what": reader.deeds.name(operation) or operation.account,
            "person": operation.user,
            "when": formats.age(operation.created_at),
        },
        Button(pgettext("act", "Open"), url),
        operation.account,
        sent,
        formats.days_away(sent),
    )


def _quote(quote: Quote, reader: Reader) -> Entry:
    url = href("quote", quote.account_id, quote.remote_id)
    until = quote.valid_until
    total = formats.money(quote.total, quote.currency) if quote.total is not None else ""
    why = _("Valid until %(day)s") % {"day": formats.day(until)} if until else _("No end is known")
    return Entry(
        Kind.QUOTE,
        quote.pk,
        SOON,
        _("Quote “%(quote)s” waits for an answer") % {"quote": quote},
        url,
        ", ".join(filter(None, [why, total])),
        Button(pgettext("act", "Open"), url),
        quote.account,
        until,
        formats.days_away(until) if until else "",
    )


def _key(key: ApiKey, reader: Reader) -> Entry:
    title, why, hue, since, button = _state_of(key)
    on = _local(since) if since else None
    return Entry(
        Kind.KEY,
        key.pk,
        hue,
        title % {"key": key, "label": key.label},
        href("key", key.pk),
        why,
        button,
        key.account,
        on,
        formats.days_away(on) if on else "",
    )


def _state_of(key: ApiKey) -> tuple[str, str, str, datetime | None, Button]:
    """Title, reason, hue, since when, and what to do."""
    view, replace = (
        Button(pgettext("act", "View"), href("key", key.pk)),
        Button(_("Replace"), href("replace_key", key.pk)),
    )
    rotation = href("rotate_key", key.pk)
    if key.disabled_because:
        why = str(key.get_disabled_because_display())
        return _("The key “%(key)s” was stopped"), why, BAD, key.disabled_at, view
    if key.unreadable_at:
        why = _("Enter it again")
        return _("The key “%(key)s” cannot be decrypted"), why, BAD, key.unreadable_at, replace
    if key.refused_at:
        why = _("Nothing is refreshed or sent with it")
        return _("Ultahost refuses the key “%(key)s”"), why, BAD, key.refused_at, view
    if key.replaces:
        why = _("The old key …%(old)s is still here") % {"old": key.replaces.last_four}
        title = _("The rotation of “%(label)s” is not finished")
        return title, why, SOON, key.replaced_at, Button(_("Finish"), rotation)
    why = _("Rotate it")
    return (
        _("The key “%(key)s” is older than a year"),
        why,
        INFO,
        key.secret_since,
        Button(_("Rotate"), rotation),
    )


ENTRY_OF: dict[Kind, Callable[[Any, Reader], Entry]] = {
    Kind.DOMAIN: _domain,
    Kind.SERVICE: _service,
    Kind.OVERDUE: _overdue,
    Kind.UNPAYABLE: _unpayable,
    Kind.OPERATION: _operation,
    Kind.QUOTE: _quote,
    Kind.KEY: _key,
}


def _about(invoice: Invoice) -> dict[str, object]:
    return {
        "invoice": invoice,
        "sum": formats.money(invoice.total, invoice.currency),
        "when": formats.days_away(invoice.due_date or conf.today()),
    }


def _list(name: str, account_id: UUID, **query: str) -> str:
    return f"{href(name)}?{urlencode(query | {'account': str(account_id)})}"


def _local(moment: datetime) -> date:
    return timezone.localtime(moment).date()
