from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import migrations

from ultahost_api.models.folding import searchable

_AT_ONCE = 2000  # orders; each statement gives their accounts a new number of rows


def fill(apps: Any, schema_editor: Any) -> None:
    """Orders whose details an earlier version has read are found by what was ordered as well."""
    orders, items = (
        apps.get_model("ultahost_api", name).objects.using(schema_editor.connection.alias)
        for name in ("Order", "OrderItem")
    )
    found = list(orders.order_by("pk").only("folded")[:_AT_ONCE])
    while found:
        ordered = items.filter(order__in=found).exclude(text="").order_by("order_id", "position")
        words = {
            order_id: searchable([item.text for item in some])
            for order_id, some in groupby(ordered, key=attrgetter("order_id"))
        }
        told = [order for order in found if order.pk in words]
        for order in told:
            order.folded += f"\n{words[order.pk]}"
        orders.bulk_update(told, ["folded"])
        found = list(orders.filter(pk__gt=found[-1].pk).order_by("pk").only("folded")[:_AT_ONCE])


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0034_lines_told_again")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
