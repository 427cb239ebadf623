from django.db import migrations, models

_COLUMNS = (
    "account",
    "currency",
    "only_moves_money",
    "status",
    "date",
    "due_date",
    "total",
    "subtotal",
    "tax",
    "tax2",
    "credit",
    "detailed_at",
    "id",
    "gone_at",  # without it SQLite reckons with reading the rows, and takes another index
)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0036_currencies_of_orders_and_quotes")]

    operations = [
        migrations.RemoveIndex("invoice", "ultahost_invoice_sums"),
        migrations.AddIndex(
            "invoice",
            models.Index(
                *map(models.F, _COLUMNS), condition=models.Q(gone_at=None), name="ultahost_invoice_sums"
            ),
        ),
    ]
