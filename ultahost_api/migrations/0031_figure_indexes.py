"""Indexes that hold all that figures are worked out from, and none where another begins with the same column."""

import django.db.models.functions.comparison
from django.db import migrations, models
from django.db.models.deletion import PROTECT

import ultahost_api.models.sorting

ROWS = ("domain", "email", "event", "invoice", "order", "quote", "service")


def drop(apps, schema_editor):
    """By hand: Django would build the tables of SQLite anew."""
    for model, name in _indexes(apps, schema_editor):
        schema_editor.execute(schema_editor._delete_index_sql(model, name))


def make(apps, schema_editor):
    for name in ROWS:
        model = apps.get_model("ultahost_api", name)
        account = model._meta.get_field("account")
        schema_editor.execute(schema_editor._create_index_sql(model, fields=[account]))


def _indexes(apps, schema_editor):
    connection = schema_editor.connection
    for name in ROWS:
        model = apps.get_model("ultahost_api", name)
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        for name, told in found.items():
            if told["index"] and not told["unique"] and told["columns"] == ["account_id"]:
                yield model, name


def account(name):
    related = "events" if name == "event" else "%(class)ss"
    return models.ForeignKey("ultahost_api.account", PROTECT, related_name=related, db_index=False)


_MAY_BE_OPEN = (
    *("Unpaid", "Payment Pending", "Collections"),
    *("Credit", "Overdue", "Payment being sent", "Payment unknown"),
)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0030_order_of_figures")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(drop, make)],
            [migrations.AlterField(name, "account", account(name)) for name in ROWS],
        ),
        migrations.AddIndex(
            model_name="domain",
            index=models.Index(
                models.F("status"),
                models.F("registration_period"),
                models.F("next_due_date"),
                models.F("auto_renew"),
                models.F("account"),
                models.F("recurring_amount"),
                models.F("remote_id"),
                models.F("id"),
                models.F("gone_at"),
                condition=models.Q(("gone_at", None)),
                name="ultahost_domain_recurring",
            ),
        ),
        migrations.AddIndex(
            model_name="domain",
            index=models.Index(
                django.db.models.functions.comparison.Least(
                    django.db.models.functions.comparison.Coalesce("expiry_date", "next_due_date"),
                    django.db.models.functions.comparison.Coalesce("next_due_date", "expiry_date"),
                ),
                ultahost_api.models.sorting.Filled("name"),
                models.F("id"),
                condition=models.Q(("gone_at", None)),
                name="ultahost_domain_by_first_date",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["account", "kind", "noun"], name="ultahost_event_counts"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                models.F("account"),
                models.F("currency"),
                models.F("due_date"),
                models.F("total"),
                models.F("only_moves_money"),
                models.F("status"),
                models.F("id"),
                models.F("gone_at"),
                condition=models.Q(
                    ("gone_at", None),
                    ("status__one_of", _MAY_BE_OPEN),
                ),
                name="ultahost_invoice_open",
            ),
        ),
        migrations.AddIndex(
            model_name="service",
            index=models.Index(
                models.F("status"),
                models.F("billing_cycle"),
                models.F("next_due_date"),
                models.F("account"),
                models.F("amount"),
                models.F("remote_id"),
                models.F("id"),
                models.F("gone_at"),
                condition=models.Q(("gone_at", None)),
                name="ultahost_service_recurring",
            ),
        ),
    ]
