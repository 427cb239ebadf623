from django.db import migrations


class Migration(migrations.Migration):
    """It assigned all lines anew, as 0038 does when the column is there that this work fills now."""

    dependencies = [("ultahost_api", "0025_assigned_lines")]

    operations = []
