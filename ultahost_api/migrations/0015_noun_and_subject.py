from django.conf import settings
from django.db import migrations, models

_OF_CREATES = {"create_order": "order", "add_payment_method": "payment method", "create_contact": "contact"}


def fill(apps, schema_editor):
    """``invoice 12`` is of the noun invoice, its subject 12; a digest is the subject of what its action creates."""
    operations = apps.get_model("ultahost_api", "Operation").objects
    for pk, action, target, remote_id in operations.values_list(
        "pk", "action", "target", "remote_id"
    ).iterator():
        if target == "account":
            noun, subject = "account", ""
        elif remote_id is None:
            noun, subject = _OF_CREATES.get(action, "unknown"), target
        else:
            noun, _, rest = target.partition(f" {remote_id}")
            subject = f"{remote_id}{rest}"
        operations.filter(pk=pk).update(noun=noun[:20], subject=subject[:100])


class Migration(migrations.Migration):
    dependencies = [
        ("ultahost_api", "0014_reasons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("operation", "form_token", "idempotency_key"),
                migrations.AlterField(
                    "operation", "idempotency_key", models.UUIDField(db_column="form_token", unique=True)
                ),
                migrations.RenameField("operation", "agreed", "agreed_total"),
                migrations.AlterField(
                    "operation",
                    "agreed_total",
                    models.DecimalField(db_column="agreed", decimal_places=4, max_digits=15, null=True),
                ),
            ],
        ),
        migrations.AddField("operation", "noun", models.CharField(db_default="", default="", max_length=20)),
        migrations.AddField(
            "operation", "subject", models.CharField(db_default="", default="", max_length=100)
        ),
        migrations.AlterField("operation", "target", models.CharField(editable=False, max_length=120)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
