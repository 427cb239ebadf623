from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0021_nameserver_sets"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="takes_quantity",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="several can be ordered at once"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="takes_addons",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="addons can be ordered with it"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="takes_nameservers",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="nameservers can be named for its domain"
            ),
        ),
    ]
