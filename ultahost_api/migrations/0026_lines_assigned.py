from typing import Any

from django.db import migrations

from ultahost_api.models import links


def fill(apps: Any, _schema_editor: Any) -> None:
    """Of a database from before 0020. PostgreSQL makes no index in a transaction that has filled the columns."""
    for pk in apps.get_model("ultahost_api", "Account").objects.values_list("pk", flat=True):
        links.assign_again(pk)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0025_assigned_lines")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
