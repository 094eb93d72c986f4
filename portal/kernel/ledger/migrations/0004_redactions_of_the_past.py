import json

from django.db import migrations

BATCH = 500


def fill(apps, schema_editor):
    """A row for each redaction that was finished before finished ones stayed: the record names the leaf of its entry."""
    Entry, Redacting = apps.get_model("ledger", "Entry"), apps.get_model("ledger", "Redacting")
    records = Entry.objects.filter(kind="redaction", payload__isnull=False).order_by("pk")
    last = 0
    while found := list(records.filter(pk__gt=last).values_list("pk", "recorded_at", "payload__body")[:BATCH]):
        targets = {json.loads(bytes(body))["target_index"]: (pk, at) for pk, at, body in found}
        entries = Entry.objects.filter(leaf__pk__in=targets, redacting=None).values_list("pk", "leaf__pk")
        Redacting.objects.bulk_create(
            Redacting(entry_id=entry, record_id=targets[index][0], since=targets[index][1], done_at=targets[index][1])
            for entry, index in entries
        )
        last = found[-1][0]


class Migration(migrations.Migration):
    # Batched: safe to stop and run again.
    atomic = False

    dependencies = [("ledger", "0003_finished_redactions_stay")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
