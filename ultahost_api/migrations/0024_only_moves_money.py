from itertools import groupby
from typing import Any

from django.db import migrations, models

from ultahost_api.models.line_texts import only_moves_money

_AT_ONCE = 500  # rows


def mark(apps: Any, schema_editor: Any) -> None:
    """Invoices whose lines were read before."""
    items = apps.get_model("ultahost_api", "InvoiceItem").objects.using(schema_editor.connection.alias)
    told = items.order_by("invoice_id").values_list("invoice_id", "description").iterator(_AT_ONCE)
    found = [
        pk
        for pk, lines in groupby(told, key=lambda line: line[0])
        if only_moves_money(text for _, text in lines)
    ]
    invoices = apps.get_model("ultahost_api", "Invoice").objects.using(schema_editor.connection.alias)
    for start in range(0, len(found), _AT_ONCE):
        invoices.filter(pk__in=found[start : start + _AT_ONCE]).update(only_moves_money=True)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0023_counting_indexes")]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="only_moves_money",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
