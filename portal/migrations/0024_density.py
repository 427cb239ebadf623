from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0023_command_products"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="density",
            field=models.CharField(
                blank=True,
                choices=[("", "Comfortable"), ("compact", "Compact")],
                db_default="",
                default="",
                max_length=7,
                verbose_name="density",
            ),
        ),
    ]
