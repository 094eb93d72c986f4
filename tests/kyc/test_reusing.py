"""A file given before, used again."""

from datetime import timedelta

import pytest

from kyc.models import Document
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import Sent, use_again
from kyc.review.services.file_reuse import reusable
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.vault.services import files
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, NOW, answered, checked, party_of, proposed
from tests.people.factories import CustomerFactory

pytestmark = pytest.mark.usefixtures("same_process")


def approved(customer, maker, checker, **changes) -> Document:
    document = checked(customer, **changes)
    answered(proposed(document, maker), checker)
    return document


def again(customer, earlier, **changes) -> Document:
    given = {"kind": earlier.kind, "number": documents.PAN, **changes}
    return use_again(Sent(customer=customer, **given), earlier, actor=CUSTOMER, now=clock.now())


def kept(document) -> bytes:
    with files.open_stream(document.kept, actor=CUSTOMER, reason="test") as stream:
        return stream.read()


@pytest.fixture
def due(individual, maker, checker) -> Document:
    """An approved PAN card whose re-KYC has come."""
    document = approved(individual, maker, checker, data=documents.image(), extension="jpg")
    document.case.rekyc_on = clock.day(clock.now())
    document.case.save(update_fields=["rekyc_on"])
    Document.objects.update(uploaded_at=clock.now() - timedelta(days=400))
    document.refresh_from_db()
    return document


def test_the_kept_copy_is_taken_again_checked_again_and_has_the_same_hash(individual, due):
    Document.objects.filter(pk=due.pk).update(provenance="staff")
    assert reusable(due.case, None, "pan_card") == [due]
    due.refresh_from_db()
    document = again(individual, due)
    assert (document.reused_from, document.provenance, document.state) == (due, "staff", "received")
    assert run_plan(document.pk, now=clock.now()) == "checked"
    document.refresh_from_db()
    due.refresh_from_db()
    assert due.state == "replaced"
    assert document.kept.sha256 == due.kept.sha256
    assert kept(document) == kept(due)
    assert document.checks.filter(name="file_safety").exists()
    assert AuditEvent.objects.filter(kind="kyc.document.uploaded").latest("pk").facts["document"] == due.reference


def test_the_number_typed_now_is_what_the_checks_compare(individual, due):
    document = again(individual, due, number="ABCPR1234Z")
    assert document.number_display != due.number_display
    assert document.number_index != due.number_index


def test_what_was_let_go_takes_no_other_documents_file_with_it(individual, due, django_capture_on_commit_callbacks):
    document = again(individual, due)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        ask_to_delete(document, actor=CUSTOMER, now=clock.now())
    due.refresh_from_db()
    assert kept(due)


def test_a_file_of_another_customer_is_nobodys_to_use(individual, due):
    other = CustomerFactory(kind="individual")
    with pytest.raises(Refused) as refused:
        again(other, due)
    assert refused.value.code == "NOT_REUSABLE"
    assert not Document.objects.filter(case__customer=other).exists()


def test_a_file_about_one_person_serves_for_nobody_else(organisation):
    ravi, mira = party_of(organisation), party_of(organisation)
    document = checked(organisation, party=ravi)
    assert reusable(document.case, ravi, "pan_card") == [document]
    assert reusable(document.case, mira, "pan_card") == reusable(document.case, None, "pan_card") == []


@pytest.mark.parametrize(
    ("outcome", "reason", "offered"),
    [
        ("ask_again", "number_differs", True),
        ("ask_again", "unreadable", False),
        ("reject", "altered", False),
    ],
)
def test_a_file_that_two_people_found_wanting_is_not_offered_unless_only_the_number_was(
    individual, maker, checker, outcome, reason, offered
):
    document = checked(individual)
    answered(proposed(document, maker, outcome=outcome, reason_code=reason, message="Look again."), checker)
    assert bool(reusable(document.case, None, "pan_card")) == offered


def test_a_file_that_its_owner_wants_deleted_or_that_is_erased_is_not_offered(individual, due):
    Document.objects.update(deletion_asked_at=NOW)
    assert reusable(due.case, None, "pan_card") == []
    Document.objects.update(deletion_asked_at=None, erased_at=NOW)
    assert reusable(due.case, None, "pan_card") == []


def test_another_kind_is_offered_only_where_the_plan_says_that_it_fits(individual, due):
    Document.objects.filter(pk=due.pk).update(kind="bank_statement")
    due.refresh_from_db()
    assert reusable(due.case, None, "address_proof") == [due]
    assert reusable(due.case, None, "passport") == []


def test_what_a_signature_proves_is_never_used_again(individual, due):
    Document.objects.update(kind="aadhaar_qr")
    assert reusable(due.case, None, "aadhaar_qr") == []
