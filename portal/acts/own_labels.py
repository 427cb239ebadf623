"""Renaming, merging and removing labels of the team.

A person changes the rows that they may label. Others of the same label keep it, so that the act tells
nothing of rows that the person may not see.
"""

from django.db import transaction

from portal import access, audit
from portal.acts import labels
from portal.models import Act, Label, Remark, User
from ultahost_api.models import AssignedLine, Domain, Service, links

_AT_ONCE = 500  # rows


def rename(by: User, label: Label, name: str) -> Label:
    """Give the rows the label of that name, which may exist. Returns it.

    If all rows of the label are the person's and there is none of the name, the label itself is renamed.
    """
    before = label.name
    if name == before:
        return label
    with transaction.atomic():
        to = label if _may_keep(by, label, name) else labels.label_named(by, name)
        assert to is not None  # noqa: S101  # a name is never empty here
        if to == label:
            label.name = name
            label.save()
        _move(by, label, to)
        audit.record(by, Act.LABEL_RENAMED, to, before=before)
        _delete_bare(label)
    return to


@transaction.atomic
def remove(by: User, label: Label) -> None:
    """Rows lose it. Lines of invoices that a person gave nothing else than the label are of what they say."""
    mine = access.remarks_to_change(by).filter(label=label)
    for line in AssignedLine.objects.filter(remark__in=mine, service=None, domain=None):
        links.forget_line(line)
    _move(by, label, None)
    audit.record(by, Act.LABEL_REMOVED, label)
    _delete_bare(label)


def _may_keep(by: User, label: Label, name: str) -> bool:
    """Whether the row of the label may take the name: nothing of it is another's, and no label has it."""
    mine = access.remarks_to_change(by).filter(label=label)
    is_whole = by.is_admin or mine.count() == Remark.objects.filter(label=label).count()
    others = Label.objects.exclude(pk=label.pk)
    seen = access.labels_to_see(by).exclude(pk=label.pk).filter(name__iexact=name)
    return is_whole and not others.filter(name=name).exists() and not seen.exists()


def _move(by: User, label: Label, to: Label | None) -> None:
    """All rows and lines that the person may label, with what searches read of them."""
    mine = access.remarks_to_change(by).filter(label=label)
    for model in (Service, Domain):
        ids = list(mine.values_list(str(model._meta.model_name), flat=True))
        told = [pk for pk in ids if pk]
        for start in range(0, len(told), _AT_ONCE):
            labels.write(model._default_manager.filter(pk__in=told[start : start + _AT_ONCE]), to)
    lines = access.remarks_to_change(by).filter(label=label).exclude(line=None)
    if to is None:
        lines.delete()
    else:
        lines.update(label=to)


def _delete_bare(label: Label) -> None:
    """One that was renamed is kept, though nothing may carry it: only an admin sees such a one."""
    if not label.remarks.exists():
        label.delete()
