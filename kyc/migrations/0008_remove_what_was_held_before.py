from django.db import migrations


def remove(apps, schema_editor):
    """Undecided documents that a hold kept as they were before there was the state "removed": of people who left, and unsent
    ones whose deletion was asked for. Nothing ended them any more, and their pages told of the hold.

    The rows come from the tables of this moment. The move itself goes through the service, because each needs its audit
    event in the ledger: a state that no event states is what check V11 finds.
    """
    Document = apps.get_model("kyc", "Document")
    gone = ("replaced", "removed", "destroyed")
    kept = Document.objects.filter(erased_at=None).exclude(state__in=gone)
    of_who_left = kept.filter(party__ended_at__isnull=False)
    asked = kept.filter(sent_at=None, deletion_asked_at__isnull=False)
    if of_who_left.exists() or asked.exists():
        from kyc.services.letting_go import remove_of_who_left
        from portal.core import clock

        remove_of_who_left(now=clock.now())


class Migration(migrations.Migration):
    # Each document in a transaction of its own: safe to stop and run again.
    atomic = False

    dependencies = [
        ("kyc", "0007_requests_removed_with_a_person"),
        ("audit", "0001_initial"),
        ("ledger", "0004_redactions_of_the_past"),
        ("law", "0001_initial"),
        ("people", "0005_account_changes"),
        ("registers", "0009_lawful_bases_by_name"),
        ("vault", "0004_named_legal_claims"),
        ("retention", "0005_named_legal_claims"),
    ]

    operations = [migrations.RunPython(remove, migrations.RunPython.noop)]
