from django.db import migrations, models
from django.db.migrations import RunPython

from portal.core.append_only import Thaw
from portal.ledger import commitment

BATCH = 1_000


def keep_commitments(apps, schema_editor):
    """What each entry commits to, from its salt and content; of erased entries it can no longer be told."""
    here = schema_editor.connection.alias
    entries = apps.get_model("ledger", "Entry").objects.using(here)
    payloads = apps.get_model("ledger", "Payload").objects.using(here).order_by("pk")
    after = 0
    while chunk := list(payloads.filter(pk__gt=after).values_list("pk", "body", "salt")[:BATCH]):
        for pk, body, salt in chunk:
            entries.filter(pk=pk).update(commitment=commitment.commitment(bytes(salt), bytes(body)))
        after = chunk[-1][0]


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_complete_to'),
    ]

    operations = [
        migrations.AddField(
            model_name='entry',
            name='commitment',
            field=models.BinaryField(max_length=32, null=True, verbose_name='commitment'),
        ),
        Thaw("ledger_entry"),
        RunPython(keep_commitments, RunPython.noop),
    ]
