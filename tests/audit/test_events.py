"""Recording: one leaf each, no personal data in it, and a personal part that can be erased."""

import hashlib
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from portal.kernel.audit import services
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core import actor
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.services import payload_of
from tests.audit.factories import AuditEventFactory

pytestmark = pytest.mark.django_db


def test_an_event_is_one_leaf_that_says_all_of_it():
    event = AuditEventFactory()
    assert Entry.objects.count() == 1
    said = payload_of(event.entry)
    assert said["act"] == event.kind == "vault.file.opened"
    assert said["actor"] == {"kind": "staff", "ref": "user:7"}
    assert said["about"] == event.about
    assert said["facts"] == event.facts == {"reason_code": "review"}
    assert said["personal"] is not None


def test_an_act_of_staff_keeps_its_network_address_and_one_of_the_system_has_none():
    assert services.personal_of(AuditEventFactory()) == {"address": "203.0.113.9", "values": {}}
    automatic = AuditEventFactory(actor=actor.system("sweep"))
    assert services.personal_of(automatic) is None
    assert payload_of(automatic.entry)["personal"] is None


def test_the_network_address_and_the_values_stand_only_in_the_erasable_part():
    subject = uuid.uuid4()
    event = AuditEventFactory(
        kind=AuditKind.PEOPLE_PRINCIPAL_CHANGED,
        facts={"fields": "full_name"},
        personal={"full_name": {"old": "Asha Rao", "new": "Asha Iyer"}},
        subject_ref=subject,
    )
    assert services.personal_of(event) == {
        "address": "203.0.113.9",
        "values": {"full_name": {"old": "Asha Rao", "new": "Asha Iyer"}},
    }
    frozen = str(payload_of(event.entry)) + str(AuditEvent.objects.values().get())
    assert "Asha" not in frozen
    assert "203.0.113.9" not in frozen
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM audit_auditpersonal")
        assert b"Asha" not in bytes(cursor.fetchone()[0])


def test_the_leaf_holds_a_salted_hash_of_the_erasable_part():
    event = AuditEventFactory(personal={"note": "as asked"})
    kept = AuditPersonal.objects.get(pk=event.pk)
    assert payload_of(event.entry)["personal"] == hashlib.sha256(kept.body.encode()).hexdigest()
    other = AuditEventFactory(personal={"note": "as asked"})
    assert payload_of(event.entry)["personal"] != payload_of(other.entry)["personal"]


@pytest.mark.parametrize(
    "facts",
    [
        {"colour": "red"},
        {"reason_code": "write to asha@example.test"},
        {"reason_code": "+91 98765 43210"},
        {"reason_code": "९८७६५४३२१०"},
        {"reason_code": ["a"]},
        {"reason_code": "x" * 501},
    ],
)
def test_an_unknown_or_personal_fact_is_refused_without_repeating_it(facts):
    with pytest.raises(ValueError, match=r"vault\.file\.opened") as caught:
        AuditEventFactory(facts=facts)
    assert "asha" not in str(caught.value)
    assert "98765" not in str(caught.value)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    "value", [str(uuid.UUID(int=12345678901)), "0123456789" * 4, "2026-11-25T10:00:00.000Z", "OS-GR-7K4M-9QX2"]
)
def test_hashes_references_and_times_are_facts(value):
    assert AuditEventFactory(facts={"reason_code": value}).facts["reason_code"] == value


@pytest.mark.parametrize("reference", ["OS-MS-HZ38-9005-8828", "OS-CR-2345-6789-234M", "OS-DA-9876-5432-109C"])
def test_a_reference_of_digits_is_a_fact_and_a_thing_that_acts_are_about(reference):
    event = AuditEventFactory(facts={"reason_code": reference}, about=f"outbox.message:{reference}/letter")
    assert event.facts["reason_code"] == reference


def test_what_only_looks_like_a_reference_is_no_way_around():
    wrong = "OS-MS-HZ38-9005-8829"
    with pytest.raises(ValueError, match="looks like personal data"):
        AuditEventFactory(facts={"reason_code": wrong})


def test_an_identity_of_digits_behind_a_label_is_no_number():
    about = f"vault.storedfile:{uuid.UUID(int=int('1234567890' * 3))}"
    assert AuditEventFactory(about=about).about == about


def test_an_event_cannot_be_changed_or_removed():
    event = AuditEventFactory(actor=actor.system("sweep"))
    for change in (
        lambda: AuditEvent.objects.filter(pk=event.pk).update(about="people.customer:other"),
        lambda: AuditEvent.objects.filter(pk=event.pk).delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    with pytest.raises(TypeError):
        event.save()


def test_many_acts_are_each_an_event_with_a_leaf_and_a_part_that_can_be_erased(django_assert_max_num_queries):
    subjects = [uuid.uuid4() for _ in range(20)]
    acts = [
        services.Act(f"people.principal:{number}", {"fields": "full_name"}, ref, {"full_name": f"Asha {number}"})
        for number, ref in enumerate(subjects)
    ]
    with django_assert_max_num_queries(9), transaction.atomic():
        events = services.record_many(
            AuditKind.PEOPLE_PRINCIPAL_CHANGED, actor=actor.staff(7, address="203.0.113.9", via="admin"), acts=acts
        )
    assert [event.subject_ref for event in AuditEvent.objects.order_by("pk")] == subjects
    for number, event in enumerate(events):
        said = payload_of(event.entry)
        assert (said["about"], said["subject"], said["facts"]) == (event.about, str(event.subject_ref), event.facts)
        kept = AuditPersonal.objects.get(pk=event.pk)
        assert said["personal"] == hashlib.sha256(str(kept.body).encode()).hexdigest()
        assert services.personal_of(event) == {"address": "203.0.113.9", "values": {"full_name": f"Asha {number}"}}


def test_one_wrong_fact_among_many_acts_leaves_none():
    acts = [services.Act("people.principal:1", {"fields": "full_name"}), services.Act("people.principal:2", {"x": 1})]
    with pytest.raises(ValueError, match="may not carry"), transaction.atomic():
        services.record_many(AuditKind.PEOPLE_PRINCIPAL_CHANGED, actor=actor.SYSTEM, acts=acts)
    assert not AuditEvent.objects.exists()
    assert not Entry.objects.exists()
