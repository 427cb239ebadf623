from typing import Any

from django.db import migrations

from ultahost_api.models import links


def fill(apps: Any, _schema_editor: Any) -> None:
    """Earlier versions assigned a line to neither of two things that followed each other under one name."""
    for pk in apps.get_model("ultahost_api", "Account").objects.values_list("pk", flat=True):
        links.assign_again(pk)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0033_order_of_sums")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
