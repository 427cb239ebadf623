from django.db import migrations


def forget_addresses(apps, schema_editor):
    """allauth's own rows of addresses: unverified, they kept people from setting up a second factor."""
    apps.get_model("account", "EmailAddress").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("portal", "0011_domains_at_risk_in_mail"),
    ]

    operations = [migrations.RunPython(forget_addresses, migrations.RunPython.noop)]
