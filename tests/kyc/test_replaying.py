"""Whether an answer that stands follows again from what was looked at, and what a replay says where it cannot."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError

from kyc.base.check_outcomes import CheckOutcome
from kyc.cases import check_plans
from kyc.cases.rules import document_checks
from kyc.cases.rules.document_checks import Said
from kyc.cases.services.check_records import WORKER
from kyc.models import Check, Document
from kyc.outcomes.services.deletion_requests import erase_document
from kyc.review.services import check_replay, value_checks
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from tests.kyc import documents
from tests.kyc.factories import NOW, checked, company_pan, firm, gst
from tests.kyc.signatures import vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.kyc.test_commands import said as command
from tests.kyc.test_proving import offline, pinned, read_here, yesterday  # noqa: F401
from tests.people.factories import CustomerFactory

pytestmark = pytest.mark.usefixtures("same_process")


def found(document: Document) -> dict[str, str]:
    return {one.check.name: str(one.found) for one in check_replay.replay(Document.objects.get(pk=document.pk))}


@pytest.fixture
def card(individual) -> Document:
    return checked(individual)


def test_every_answer_that_follows_from_rows_is_given_again(card):
    said = found(card)
    assert {name for name, one in said.items() if one == "same"} == set(said) & set(value_checks.STEPS)
    assert {name for name, one in said.items() if one == "left"} == {"file_safety", "pan_status", "pan_name"}


def test_a_replay_on_a_later_day_judges_by_the_day_when_the_check_ran(individual, time_machine):
    licence = checked(
        individual,
        kind="driving_licence",
        number="MH1420110012345",
        data=documents.image(),
        extension="jpg",
        expires_on=clock.day(clock.now()) + timedelta(days=30),
    )
    time_machine.move_to(clock.now() + timedelta(days=90))
    assert found(licence)["expiry"] == "same"


def test_what_would_look_at_another_name_now_is_called_changed_and_no_fault(house):
    customer = CustomerFactory(kind="individual", name="Asha Rao")
    document = checked(customer, declared={"name": "Asha Rao"})
    assert found(document)["name"] == "same"
    customer.name = "Usha Rao"
    customer.save()
    assert found(document)["name"] == "changed"
    code, body = command("replay_checks", document=document.reference)
    assert (code, body["changed"], body["faults"]) == (0, 1, [])


def test_a_document_that_came_later_changes_what_is_compared(house):
    company = firm("company")
    certificate = checked(company, make=gst)
    before = found(certificate)["gstin_contains_pan"]
    checked(company, make=company_pan)
    assert (before, found(certificate)["gstin_contains_pan"]) == (
        "same",
        "same",
    )  # it was asked again, and has a new row
    assert certificate.checks.filter(name="gstin_contains_pan").count() == 2


def test_code_that_answers_otherwise_under_the_same_edition_is_a_fault_with_its_document_and_check(card, monkeypatch):
    step = replace(value_checks.STEPS["number"], judge=lambda **seen: Said(CheckOutcome.WARN, "NOT_READ"))
    monkeypatch.setitem(value_checks.STEPS, "number", step)
    code, body = command("replay_checks", document=card.reference)
    assert code == 1
    assert body["faults"] == [
        {
            "document": card.reference,
            "check": "number",
            "outcome": "PASS",
            "reason": "",
            "now_outcome": "WARN",
            "now_reason": "NOT_READ",
        }
    ]


def test_a_newer_edition_may_answer_otherwise(card, monkeypatch):
    step = replace(value_checks.STEPS["number"], judge=lambda **seen: Said(CheckOutcome.WARN, "NOT_READ"))
    monkeypatch.setitem(value_checks.STEPS, "number", step)
    monkeypatch.setattr(check_plans, "check_version", lambda name: 2)
    code, body = command("replay_checks", case=card.case.reference)
    assert (code, body["differs"], body["faults"]) == (0, 1, [])


def test_a_replay_writes_no_row_of_a_check_and_one_event_with_its_counts(card):
    before = Check.objects.count()
    assert command("replay_checks")[0] == 0
    assert Check.objects.count() == before
    facts = AuditEvent.objects.get(kind="kyc.checks.replayed").facts
    assert facts["count"] == 1
    assert sum(facts[str(one)] for one in check_replay.Found) == card.checks.count()


def test_of_an_erased_document_nothing_is_left_to_replay(card):
    erase_document(card, actor=WORKER, now=NOW)
    assert set(found(card).values()) == {"left"}


@pytest.mark.usefixtures("pinned", "read_here")
def test_a_card_is_proved_again_from_its_kept_picture(individual):
    data = vectors.picture(vectors.code(vectors.card(reference=yesterday()), living()))
    document = offline(individual, data, kind="aadhaar_qr", extension="png", share_code="")
    said = found(document)
    assert {said[planned.name] for planned in check_plans.signed_checks()} == {"same"}


@pytest.mark.usefixtures("pinned", "read_here")
def test_a_file_of_which_only_the_verdict_was_kept_cannot_be_replayed(individual):
    said = found(offline(individual))
    assert {said[planned.name] for planned in check_plans.signed_checks()} == {"left"}


def test_an_unknown_reference_is_said_before_anything_runs(house):
    with pytest.raises(CommandError, match="No checked document has this reference"):
        command("replay_checks", document="OS-KD-0000-0000")
    assert not AuditEvent.objects.filter(kind="kyc.checks.replayed").exists()


def test_the_hash_of_what_was_looked_at_opens_only_with_the_documents_key(card):
    evidence = card.checks.get(name="number").evidence
    assert value_checks.digest(value_checks.STEPS["number"].look(card, clock.day(NOW))).encode() not in bytes(
        evidence.seen_sealed
    )
    assert document_checks.number("pan", documents.PAN).evidence["number"] not in str(bytes(evidence.seen_sealed))
