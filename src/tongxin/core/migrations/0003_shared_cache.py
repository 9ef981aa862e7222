from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0002_settled_years"),
    ]

    operations = [
        migrations.CreateModel(
            name="SharedCache",
            fields=[
                ("cache_key", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("expires", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
