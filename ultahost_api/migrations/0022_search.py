from typing import Any

from django.db import migrations, models

from ultahost_api.models.searched import fold_rows

_SEARCHED = {
    "Domain": ("name", "registrar", "remote_id", "recurring_amount"),
    "Email": ("subject", "remote_id"),
    "Invoice": ("number", "remote_id", "total", "payment_method", "lines"),
    "Order": ("number", "payment_method", "remote_id", "amount"),
    "Quote": ("subject", "remote_id", "total"),
    "Service": ("domain", "product_name", "dedicated_ip", "assigned_ips", "remote_id", "amount"),
}
_AT_ONCE = 2000  # lines


def write_lines(apps: Any, schema_editor: Any) -> None:
    """What an item says of itself: its description and its amount with two decimals or all it has."""
    alias = schema_editor.connection.alias
    invoices = apps.get_model("ultahost_api", "Invoice").objects.using(alias)
    items = apps.get_model("ultahost_api", "InvoiceItem").objects.using(alias)
    lines: dict[Any, list[str]] = {}
    told = items.order_by("invoice", "position").values_list("invoice", "description", "amount")
    for invoice, description, amount in told.iterator(chunk_size=_AT_ONCE):
        if invoice not in lines and len(lines) >= _AT_ONCE:
            _write(invoices, lines)
            lines = {}
        text = description if amount is None else f"{description} {_written(amount)}"
        lines.setdefault(invoice, []).append(text)
    _write(invoices, lines)


def _write(invoices: Any, lines: dict[Any, list[str]]) -> None:
    rows = list(invoices.filter(pk__in=lines).only("pk")) if lines else []
    for row in rows:
        row.lines = "\n".join(lines[row.pk])
    invoices.bulk_update(rows, ["lines"], batch_size=200)


def _written(amount: Any) -> str:
    exact = amount.normalize()
    return f"{exact:.2f}" if exact == round(exact, 2) else f"{exact:f}"


def fold(apps: Any, schema_editor: Any) -> None:
    for name, searched in _SEARCHED.items():
        fold_rows(apps.get_model("ultahost_api", name), searched, schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0021_ordered")]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="lines",
            field=models.TextField(db_default="", default="", editable=False),
        ),
        migrations.RunPython(write_lines, migrations.RunPython.noop),
        migrations.RunPython(fold, migrations.RunPython.noop),
    ]
