"""Indexes that hold invoices in the order of their sums, and all that counting domains of unknown risk reads."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ultahost_api", "0032_renewals_told_again"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="domain",
            name="ultahost_domain_risk",
        ),
        migrations.RemoveIndex(
            model_name="invoice",
            name="ultahost_invoice_sums",
        ),
        migrations.AddIndex(
            model_name="domain",
            index=models.Index(
                fields=[
                    "account",
                    "gone_at",
                    "status",
                    "auto_renew",
                    "expiry_date",
                    "next_due_date",
                    "next_invoice_date",
                    "detailed_at",
                    "id",
                ],
                name="ultahost_domain_risk",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                models.F("account"),
                models.F("currency"),
                models.F("only_moves_money"),
                models.F("status"),
                models.F("date"),
                models.F("due_date"),
                models.F("total"),
                models.F("subtotal"),
                models.F("tax"),
                models.F("tax2"),
                models.F("credit"),
                models.F("detailed_at"),
                models.F("id"),
                condition=models.Q(("gone_at", None)),
                name="ultahost_invoice_sums",
            ),
        ),
    ]
