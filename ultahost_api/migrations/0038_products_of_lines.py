from typing import Any

from django.db import migrations, models

from ultahost_api.models import links


def fill(apps: Any, _schema_editor: Any) -> None:
    """Assigns all lines anew, for whatever version read them.

    PostgreSQL makes no index in a transaction that has filled the columns.
    """
    for pk in apps.get_model("ultahost_api", "Account").objects.values_list("pk", flat=True):
        links.assign_again(pk)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0037_sums_from_an_index")]

    operations = [
        migrations.AddField(
            "invoiceitem", "product", models.TextField(blank=True, db_default="", default="")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
