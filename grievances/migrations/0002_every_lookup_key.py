from django.db import migrations, models


class Migration(migrations.Migration):
    """One hash is a list of one: what was kept under ``address_key`` is read as it stands."""

    dependencies = [
        ("grievances", "0001_initial"),
    ]

    operations = [
        migrations.RenameField(model_name="trackingcode", old_name="address_key", new_name="address_keys"),
        migrations.AlterField(
            model_name="trackingcode",
            name="address_keys",
            field=models.BinaryField(verbose_name="lookup hashes"),
        ),
    ]
