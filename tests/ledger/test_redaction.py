"""Erasure from the ledger: recorded first, then carried out, and finished after a crash."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps

from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import services, tasks
from portal.kernel.ledger.choices import EntryKind, Scope
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.ledger.models import Entry, Payload, Redacting
from portal.kernel.ledger.services import redaction
from tests.ledger.factories import EntryFactory

past = import_module("portal.kernel.ledger.migrations.0004_redactions_of_the_past")
pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed():
    EntryFactory.create_batch(4)
    services.seal_now()
    return list(Entry.objects.filter(kind=EntryKind.CONSENT))


def redact(entries):
    return services.redact(entries, basis="retention.consent", requested_at=clock.now())


def test_a_redaction_names_the_leaf_and_no_person(sealed):
    victim = sealed[0]
    assert redact([victim]) == 1
    said = services.payload_of(Entry.objects.get(kind=EntryKind.REDACTION))
    assert (said["target_index"], said["target_leaf"]) == (victim.index, bytes(victim.leaf_hash).hex())
    assert str(victim.subject_ref) not in str(said)
    assert said["basis"] == "retention.consent"
    assert not Redacting.objects.filter(done_at=None).exists()


def test_redacting_twice_changes_nothing_more(sealed):
    assert redact(sealed[:2]) == 2
    assert redact(sealed[:2]) == 0
    assert Entry.objects.filter(kind=EntryKind.REDACTION).count() == 2


def test_an_entry_without_a_place_and_the_ledgers_own_records_are_refused(sealed):
    with pytest.raises(NotSealed):
        redact([EntryFactory()])
    with pytest.raises(Refused, match="about itself"):
        redact(Entry.objects.filter(kind=EntryKind.GENESIS))
    assert not Entry.objects.filter(kind=EntryKind.REDACTION).exists()


def test_nothing_is_deleted_before_the_record_is_sealed(sealed, monkeypatch):
    def never(**kwargs):
        raise NotSealed("not now")

    monkeypatch.setattr(redaction.sealer, "seal_now", never)
    with pytest.raises(NotSealed):
        redact([sealed[0]])
    assert Payload.objects.filter(entry=sealed[0]).exists()
    assert services.finish_redactions() == 0


def test_a_crash_after_the_record_is_no_alarm_and_is_finished_later(sealed):
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr(redaction, "_delete", lambda pks: 0)
        redact([sealed[0]])
    assert services.verify().failures == []
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert services.verify().checks == ["V7b"]
    tasks.finish_redactions()
    assert not Payload.objects.filter(entry=sealed[0]).exists()
    assert services.verify().failures == []


def test_the_hourly_check_finishes_an_old_crash_and_does_not_stop_signing(sealed):
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr(redaction, "_delete", lambda pks: 0)
        redact([sealed[0]])
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert services.check_ledger(scope=Scope.ALL).ok
    assert not Payload.objects.filter(entry=sealed[0]).exists()


def test_what_a_restore_brought_back_is_redacted_again(sealed):
    kept = list(Payload.objects.filter(entry__in=sealed[:3]).values("entry_id", "body", "salt"))
    redact(sealed[:3])
    Payload.objects.bulk_create([Payload(**row) for row in kept])
    assert services.verify().checks == ["V7b"]
    assert redact(sealed[:3]) == 3
    assert services.verify().failures == []


def test_an_erased_entry_is_found_without_reading_every_record(sealed, monkeypatch, django_assert_num_queries):
    """A write of a consent asks this: it may not take longer with each erasure that there ever was."""
    redact(sealed)
    opened, opens = [], redaction.commitment.leaf_hash
    monkeypatch.setattr(redaction.commitment, "leaf_hash", lambda salt, body: opened.append(body) or opens(salt, body))
    with django_assert_num_queries(1):
        assert services.erased_among({sealed[0].pk}) == {sealed[0].pk}
    assert len(opened) == 1


def test_an_entry_without_content_or_with_the_record_of_another_is_not_called_erased(sealed):
    redact(sealed[:2])
    Payload.objects.filter(entry=sealed[2]).delete()
    assert services.erased_among({one.pk for one in sealed}) == {sealed[0].pk, sealed[1].pk}
    record = Redacting.objects.get(pk=sealed[0].pk).record
    Redacting.objects.filter(pk=sealed[0].pk).delete()
    Redacting.objects.create(entry=sealed[2], record=record, since=clock.now())
    assert services.erased_among({one.pk for one in sealed}) == {sealed[1].pk}


def test_redactions_that_were_finished_before_are_found_after_the_upgrade(sealed):
    redact(sealed[:2])
    Redacting.objects.all().delete()
    past.fill(apps, None)
    past.fill(apps, None)
    assert services.erased_among({one.pk for one in sealed}) == {sealed[0].pk, sealed[1].pk}
    assert not Redacting.objects.filter(done_at=None).exists()
