"""The desk's clock says from when it counts, what it was for the first answer, and which station covers for another."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0001_initial"),
        ("duty", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="deskthread",
            name="covered_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="desk_threads_covered",
                to="directory.workstation",
            ),
        ),
        migrations.AddField(
            model_name="deskthread",
            name="clock_from",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="deskthread",
            name="first_due_at",
            field=models.DateTimeField(null=True),
        ),
    ]
