from django.db import migrations

from portal.models.one_line import one_line


def forget_addresses(apps, schema_editor):
    """allauth's own rows of addresses: unverified, they kept people from setting up a second factor."""
    apps.get_model("account", "EmailAddress").objects.all().delete()


def clean_names(apps, schema_editor):
    for model in ("User", "Invitation"):
        for row in apps.get_model("portal", model).objects.only("name"):
            if row.name != one_line(row.name):
                row.name = one_line(row.name)
                row.save(update_fields=["name"])


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("portal", "0011_domains_at_risk_in_mail"),
    ]

    operations = [
        migrations.RunPython(forget_addresses, migrations.RunPython.noop),
        migrations.RunPython(clean_names, migrations.RunPython.noop),
    ]
