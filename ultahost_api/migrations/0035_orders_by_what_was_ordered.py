from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat

from ultahost_api.models.folding import searchable


def fill(apps: Any, _schema_editor: Any) -> None:
    """Orders whose details an earlier version has read are found by what was ordered as well."""
    orders, items = (apps.get_model("ultahost_api", name).objects for name in ("Order", "OrderItem"))
    ordered = items.exclude(text="").order_by("order_id", "position").values_list("order_id", "text")
    for order_id, texts in groupby(list(ordered), key=itemgetter(0)):
        words = searchable([text for _, text in texts])
        orders.filter(pk=order_id).update(folded=Concat("folded", Value(f"\n{words}")))


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0034_lines_told_again")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
