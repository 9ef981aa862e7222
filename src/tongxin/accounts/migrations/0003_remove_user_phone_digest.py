from django.db import migrations


class Migration(migrations.Migration):
    # Never filled: a phone that somebody proved is a notices.Address, sealed.

    dependencies = [
        ("accounts", "0002_phonecode_address_digest"),
    ]

    operations = [
        migrations.RemoveField(model_name="user", name="phone_digest"),
    ]
