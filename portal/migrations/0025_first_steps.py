from django.db import migrations, models


class Migration(migrations.Migration):
    """Away for everyone whom the portal knows by then: it is not new to them."""

    dependencies = [
        ("portal", "0024_density"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="first_steps_away",
            field=models.BooleanField(default=True, db_default=True, editable=False),
        ),
        migrations.AlterField(
            model_name="user",
            name="first_steps_away",
            field=models.BooleanField(default=False, db_default=False, editable=False),
        ),
    ]
