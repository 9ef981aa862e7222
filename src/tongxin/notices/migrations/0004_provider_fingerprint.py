from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_feed_changes")]

    operations = [
        migrations.AddField(
            model_name="providerstate",
            name="fingerprint",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
