"""A missing entry is missing on a day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("duty", "0002_desk")]

    operations = [
        migrations.AddField(
            model_name="contest",
            name="day",
            field=models.DateField(null=True, verbose_name="哪一天"),
        ),
    ]
