"""Three fields get other names; their columns keep the ones that they have."""

from django.db import migrations, models


def _renamed(
    model: str, old: str, new: str, field: models.Field
) -> list[migrations.operations.base.Operation]:
    return [migrations.AlterField(model, old, field), migrations.RenameField(model, old, new)]


class Migration(migrations.Migration):
    dependencies = [
        ("ultahost_api", "0017_hidden"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("passpage", "one_page_per_offset"),
                *_renamed("refresh", "walks", "filters", models.JSONField(db_column="walks", default=list)),
                *_renamed(
                    "refresh", "place", "offset", models.PositiveIntegerField(db_column="place", default=0)
                ),
                *_renamed(
                    "passpage",
                    "walk",
                    "status",
                    models.CharField(blank=True, db_column="walk", max_length=255),
                ),
                migrations.AlterModelOptions("passpage", {"ordering": ["status", "offset"]}),
                migrations.AddConstraint(
                    "passpage",
                    models.UniqueConstraint(
                        fields=("refresh", "pass_number", "status", "offset"), name="one_page_per_offset"
                    ),
                ),
            ]
        )
    ]
