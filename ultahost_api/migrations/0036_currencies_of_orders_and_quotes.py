from datetime import UTC
from typing import Any

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    """The account's; or that which it had when the order or quote was made, as far as that is known."""
    accounts, orders, quotes = (
        apps.get_model("ultahost_api", name).objects.using(schema_editor.connection.alias)
        for name in ("Account", "Order", "Quote")
    )
    for account in accounts.order_by("pk").only("currency", "former_currency", "currency_changed_at"):
        orders.filter(account=account).update(currency=account.currency)
        quotes.filter(account=account).update(currency=account.currency)
        if changed := account.currency_changed_at:
            former = {"currency": account.former_currency}
            orders.filter(account=account, date__lt=changed).update(**former)
            quotes.filter(account=account, created_on__lt=changed.astimezone(UTC).date()).update(**former)


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0035_orders_by_what_was_ordered")]

    operations = [
        *(
            migrations.AddField(
                noun, "currency", models.CharField(blank=True, db_default="", default="", max_length=10)
            )
            for noun in ("order", "quote")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
