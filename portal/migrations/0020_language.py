from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0019_feeds"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="browser_language",
            field=models.CharField(db_default="", default="", editable=False, max_length=10),
        ),
    ]
