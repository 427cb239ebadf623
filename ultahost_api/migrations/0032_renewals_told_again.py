from typing import Any

from django.db import migrations

from ultahost_api.models import links


def fill(apps: Any, _schema_editor: Any) -> None:
    """Earlier versions took the renewal of a certificate for that of the domain."""
    for pk in apps.get_model("ultahost_api", "Account").objects.values_list("pk", flat=True):
        links.assign_again(pk)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0031_figure_indexes")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
