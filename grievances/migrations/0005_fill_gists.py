from django.db import migrations

from grievances.base import ticket_summaries


def fill(apps, schema_editor):
    """Of what the release without gists filed; ``fill_short_texts`` makes those of what it files meanwhile."""
    ticket_summaries.fill(apps.get_model("grievances", "Ticket"))


class Migration(migrations.Migration):
    # Batched: safe to stop and run again.
    atomic = False

    dependencies = [("grievances", "0004_gists"), ("vault", "0004_named_legal_claims")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
