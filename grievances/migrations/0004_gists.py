from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("grievances", "0003_repeats_by_number")]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="gist_sealed",
            field=models.BinaryField(blank=True, editable=False, null=True, verbose_name="gist"),
        ),
    ]
