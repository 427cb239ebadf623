from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ultahost_api", "0016_twins_by_noun_and_subject")]

    operations = [
        migrations.AddField(
            model_name="refresh",
            name="hidden",
            field=models.JSONField(default=list),
        ),
    ]
