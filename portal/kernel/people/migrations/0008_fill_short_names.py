from django.db import migrations

from portal.kernel.people import short_names


def fill(apps, schema_editor):
    """What the release without the column wrote; ``fill_short_texts`` writes what it writes meanwhile."""
    short_names.fill(apps.get_model("people", "Principal"), "full_name")
    short_names.fill(apps.get_model("people", "Customer"), "name")


class Migration(migrations.Migration):
    # Batched: safe to stop and run again.
    atomic = False

    dependencies = [("people", "0007_short_names")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
