"""Documents of the registers: judged, encrypted, held to their bytes by the ledger, and destroyed when their rule ends."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.storage import storages

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.registers.entries.services import attachments
from portal.kernel.registers.models import Attachment, Contract, Dpia, Recipient, Training
from portal.kernel.registers.senders.services import sender_entries
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services.keys import Shredded
from tests.consent.factories import law_is_loaded
from tests.kyc.documents import pdf
from tests.people.factories import StaffFactory
from tests.registers.entered import agreed, proposed
from tests.registers.factories import as_actor, opened_incident, order_about, two_people

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 15, 6, 30, tzinfo=UTC)
#: Eight years after NOW, and the last day on which a document of that day is kept.
LAST = datetime(2034, 7, 15, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False) as travelled:
        law_is_loaded()
        yield travelled


@pytest.fixture
def maker():
    return two_people()[0]


def added(record, maker, *, data=None, **changes) -> Attachment:
    values = {"extension": "pdf", "kind": "agreement", "dated_on": clock.day(clock.now())}
    stream = io.BytesIO(pdf("A processing agreement") if data is None else data)
    return attachments.add(record, stream=stream, **{**values, **changes}, actor=maker, now=clock.now())


@pytest.mark.parametrize("model", [Contract, Dpia, Training])
def test_a_document_of_a_register_entry_is_kept_encrypted_and_opened_by_who_may_read_it(model, maker) -> None:
    record, data = agreed(model), pdf("What was agreed")
    found = added(record, maker, data=data)
    assert attachments.of(record).get() == found
    assert found.original_sha256 == hashlib.sha256(data).hexdigest()
    assert (found.media_type, found.pages, found.reference[:6]) == ("application/pdf", 1, "OS-AT-")
    with attachments.open_file(found, actor=maker) as clear:
        kept = clear.read()
    assert hashlib.sha256(kept).hexdigest() == found.sha256 == found.file.sha256
    assert kept.startswith(b"%PDF")
    with storages["vault"].open(found.file.storage_name) as stored:
        assert b"What was agreed" not in stored.read()
    opened = AuditEvent.objects.get(kind="vault.file.opened", about=f"vault.storedfile:{found.file.pk}")
    assert opened.facts["reason"] == "registers.attachment"


def test_the_ledger_holds_a_document_to_its_bytes(maker) -> None:
    record = agreed(Contract)
    found = added(record, maker)
    event = AuditEvent.objects.get(kind="registers.attachment.added")
    assert event.about == f"registers.contract:{record.pk}"
    assert event.facts == {
        "reference": found.reference,
        "kind": "agreement",
        "dated_on": "2026-07-15",
        "sha256": found.sha256,
        "original_sha256": found.original_sha256,
        "size": found.file.size,
    }


def test_orders_incidents_and_their_reports_have_documents_too(maker) -> None:
    incident = opened_incident(maker)
    for record in (order_about(uuid4()), incident, incident.duties.first()):
        by = as_actor(StaffFactory(roles=["data_protection_officer"]))
        assert added(record, by, kind="report").about == f"{record._meta.label_lower}:{record.pk}"


def test_a_record_of_another_kind_has_no_documents(maker) -> None:
    with pytest.raises(TypeError, match="Recipient has no documents"):
        attachments.of(Recipient())


@pytest.mark.parametrize(
    ("data", "changes", "code"),
    [
        (b"", {}, "EMPTY"),
        (b"MZ a program", {}, "TYPE_MISMATCH"),
        (b"PK\x03\x04 a workbook", {"extension": "xlsx"}, "ARCHIVE"),
        (b"%PDF-1.7 broken", {}, "CORRUPT"),
        (None, {"dated_on": clock.day(NOW + timedelta(days=1))}, "DATE_AHEAD"),
    ],
)
def test_an_unfit_file_is_refused_with_what_to_do_and_nothing_is_kept(maker, data, changes, code) -> None:
    record = agreed(Contract)
    before = len(list(storages["vault"].listed()))
    with pytest.raises(Refused) as refused:
        added(record, maker, data=data, **changes)
    assert (refused.value.code, bool(str(refused.value))) == (code, True)
    assert (Attachment.objects.count(), StoredFile.objects.count()) == (0, 0)
    assert len(list(storages["vault"].listed())) == before


def test_the_same_file_is_attached_once_and_to_another_record_again(maker) -> None:
    record, data = agreed(Contract), pdf("Once")
    added(record, maker, data=data)
    with pytest.raises(Refused, match="attached already"):
        added(record, maker, data=data)
    assert added(agreed(Dpia), maker, data=data).pk
    assert Attachment.objects.count() == StoredFile.objects.count() == 2


def test_who_may_not_propose_adds_nothing_and_who_may_not_read_opens_nothing(maker) -> None:
    record, outsider = agreed(Contract), as_actor(StaffFactory(roles=["support"]))
    with pytest.raises(NotAllowed):
        added(record, outsider)
    found = added(record, maker)
    with pytest.raises(NotAllowed):
        attachments.open_file(found, actor=outsider)
    assert not AuditEvent.objects.filter(kind="vault.file.opened").exists()


def test_a_document_is_kept_while_its_record_is_valid_and_for_eight_years_afterwards(maker, moment) -> None:
    record = agreed(Contract)
    found, other = added(record, maker), added(agreed(Dpia), maker)
    moment.move_to(LAST + timedelta(days=365))
    assert attachments.end_expired(now=clock.now()) == 0
    moment.move_to(NOW + timedelta(days=1))
    sender_entries.end(record, actor=maker, now=clock.now())
    assert str(attachments.last_day(found, record)) == "2034-07-16"
    moment.move_to(LAST + timedelta(days=1))
    assert attachments.end_expired(now=clock.now()) == 0
    moment.move_to(LAST + timedelta(days=2))
    assert attachments.end_expired(now=clock.now()) == 1
    found.refresh_from_db()
    assert found.ended_at == clock.now()
    with pytest.raises(Shredded):
        attachments.open_file(found, actor=maker)
    with attachments.open_file(other, actor=maker) as clear:
        assert clear.read()
    assert AuditEvent.objects.get(kind="registers.attachment.ended").facts["reference"] == found.reference
    assert attachments.end_expired(now=clock.now()) == 0


def test_the_document_of_a_rejected_proposal_ends_eight_years_after_the_decision(maker, moment) -> None:
    record = proposed(Contract, maker)
    added(record, maker)
    sender_entries.answer(record, approve=False, reason="Not this one.", actor=two_people()[1], now=clock.now())
    moment.move_to(LAST)
    assert attachments.end_expired(now=clock.now()) == 0
    moment.move_to(LAST + timedelta(days=1))
    assert attachments.end_expired(now=clock.now()) == 1


def test_one_document_that_cannot_be_destroyed_stops_no_other(maker, moment, monkeypatch) -> None:
    record = agreed(Contract)
    first, second = added(record, maker, data=pdf("One")), added(record, maker, data=pdf("Two"))
    sender_entries.end(record, actor=maker, now=clock.now())
    moment.move_to(LAST + timedelta(days=9))
    shred = attachments.files.shred

    def breaking(*, subject_ref, retention_class):
        if subject_ref == first.file.subject_ref:
            raise OSError
        return shred(subject_ref=subject_ref, retention_class=retention_class)

    monkeypatch.setattr(attachments.files, "shred", breaking)
    assert attachments.end_expired(now=clock.now()) == 1
    ended = dict(Attachment.objects.values_list("pk", "ended_at"))
    assert ended[first.pk] is None
    assert ended[second.pk] == clock.now()
