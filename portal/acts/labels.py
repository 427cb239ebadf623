"""Labels and notes of services and domains, and what a person says of lines of invoices.

What a row's remark says stands in the row's ``own_words`` as well, where searches find it.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from portal import access, audit
from portal.models import Act, Label, Remark, User
from ultahost_api.models import Account, Domain, Invoice, Service, links
from ultahost_api.models.cached import CachedQuerySet

_AT_ONCE = 200  # rows


@transaction.atomic
def set_remark(by: User, row: Service | Domain, name: str, note: str) -> None:
    """Set both; empty ones are removed. What stays as it is has no entry in the audit log."""
    old: Remark | None = getattr(row, "remark", None)
    label = label_named(by, name)
    write(type(row)._default_manager.filter(pk=row.pk), label, note)
    if label != (old and old.label):
        audit.record(by, Act.LABEL_SET, row, account=row.account, label=str(label or ""))
    if note != (old.note if old else ""):
        audit.record(by, Act.NOTE_SET, row, account=row.account)


@transaction.atomic
def set_label(by: User, rows: CachedQuerySet[Any], name: str) -> int:
    """Set the label of all rows, or remove it. Each account has one entry. Returns how many it has set."""
    label = label_named(by, name)
    written = write(rows, label)
    by_account: defaultdict[Account, list[str]] = defaultdict(list)
    for row in written:
        by_account[row.account].append(str(row))
    for account, names in by_account.items():
        audit.record(by, Act.LABEL_SET, label or "", account=account, count=len(names), rows=", ".join(names))
    return len(written)


@transaction.atomic
def assign_line(by: User, invoice: Invoice, text: str, thing: Service | Domain | None, name: str) -> None:
    """Lines of this text are of ``thing``, or have a label; with neither, their text tells again."""
    if thing is None and not name:
        links.forget_by_hand(invoice.account_id, text)
    else:
        line = links.assign_by_hand(invoice.account_id, text, thing)
        Remark.objects.filter(line=line).delete()
        if name:
            Remark.objects.create(line=line, label=label_named(by, name))
    audit.record(by, Act.LINE_ASSIGNED, invoice, account=invoice.account, line=text, to=str(thing or name))


def label_named(by: User, name: str) -> Label | None:
    """One that the person may see goes before another spelling of it."""
    if not name:
        return None
    same = [one for one in access.labels_to_see(by).filter(name__iexact=name) if one.name == name]
    seen = same or list(access.labels_to_see(by).filter(name__iexact=name)[:1])
    return seen[0] if seen else Label.objects.get_or_create(name=name)[0]


def write(rows: CachedQuerySet[Any], label: Label | None, note: str | None = None) -> list[Any]:
    """Set the label, and the note unless it is None. Returns the rows, which are locked."""
    noun = rows.model._meta.model_name
    locked = list(rows.select_related("account").select_for_update(of=("self",)).order_by("pk"))
    known = {getattr(one, f"{noun}_id"): one for one in Remark.objects.filter(**{f"{noun}__in": locked})}
    for row in locked:
        row.remark = known.get(row.pk) or Remark(**{str(noun): row})
        row.remark.label = label
        row.remark.note = row.remark.note if note is None else note
        row.own_words = str(row.remark)
        row.folded = row.fold({})
    _store([row.remark for row in locked], str(noun))
    rows.model._default_manager.bulk_update(locked, ["own_words", "folded"], batch_size=_AT_ONCE)
    return locked


def _store(remarks: Sequence[Remark], noun: str) -> None:
    said = [one for one in remarks if one.label or one.note]
    Remark.objects.filter(pk__in=[one.pk for one in remarks if one not in said]).delete()
    Remark.objects.bulk_create(
        said, _AT_ONCE, update_conflicts=True, unique_fields=[noun], update_fields=["label", "note"]
    )
