from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from kyc.cases import labels
from kyc.cases.selectors import does_not_fit
from kyc.cases.services import document_encryption
from kyc.models import Case, Document
from kyc.review.services import document_uploads
from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import send
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import IllegalMove, Refused, Unavailable
from portal.kernel.core.state_transitions import move
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Customer
from portal.kernel.retention.choices import MOVES, RunState
from portal.kernel.vault.models import StoredFile, SubjectKey
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded
from tests.kyc import documents
from tests.kyc.factories import (
    CUSTOMER,
    NOW,
    answered,
    checked,
    company_pan,
    firm,
    gst,
    party_of,
    proposed,
    rest_approved,
    uploaded,
)
from tests.law.factories import ProfileFactory
from tests.people.factories import CustomerUserFactory
from tests.retention.factories import run_for
from tests.retention.marks import NO

pytestmark = pytest.mark.usefixtures("same_process")


def test_an_upload_lies_encrypted_in_quarantine_under_a_key_of_its_own(individual):
    document = uploaded(individual)
    assert (document.state, document.kept) == ("received", None)
    assert document.quarantined.retention_class == "quarantine"
    assert SubjectKey.objects.get(pk=document.quarantined.key_id).subject_ref == document.quarantine_ref
    assert document.quarantine_ref != individual.subject.ref


def test_the_number_is_sealed_masked_and_found_by_its_hash_only(individual):
    document = uploaded(individual)
    assert document.number_display == "ABCPRXXXXK"
    assert documents.PAN.encode() not in bytes(document.number_sealed) + bytes(document.number_index)
    assert document_encryption.opened(document, document.number_sealed) == documents.PAN


def test_the_first_upload_opens_the_one_case_of_the_customer(organisation):
    assert uploaded(organisation).case == gst(organisation).case
    assert Case.objects.get().subject_ref == organisation.subject.ref
    opened = AuditEvent.objects.get(kind="kyc.case.opened")
    assert (opened.about, opened.at, opened.facts) == (Case.objects.get().owner, NOW, {"type": "organisation"})


@pytest.mark.parametrize(
    "name", ["empty", "program_named_pdf", "program", "eicar", "webp_named_png", "archive", "too_large"]
)
def test_what_is_wrong_at_first_sight_is_said_at_once_and_nothing_is_written(individual, name):
    data, extension, fault = documents.FAULTS[name]
    with pytest.raises(Refused) as caught:
        uploaded(individual, data=data, extension=extension)
    assert caught.value.code == fault
    assert str(caught.value) == str(labels.FAULTS[fault])
    written = AuditEvent.objects.filter(kind__regex=r"^(kyc\.[cd]|vault\.)")
    assert [rows.count() for rows in (Document.objects, StoredFile.objects, written)] == [0, 0, 0]


def test_every_fault_has_a_sentence_of_its_own():
    assert len({str(text) for text in labels.FAULTS.values()}) == len(labels.FAULTS)


def test_a_number_that_cannot_be_right_is_refused_without_repeating_it(individual):
    with pytest.raises(Refused) as caught:
        uploaded(individual, number="ABCXR1234K")
    assert "ABCXR" not in str(caught.value)


def test_an_account_number_that_may_be_an_aadhaar_number_has_to_be_called_an_account(individual, monkeypatch):
    monkeypatch.setattr(document_uploads, "_require_wanted", lambda *given: None)
    account = {"kind": "cancelled_cheque", "number": "234123412346"}
    with pytest.raises(Refused) as caught:
        uploaded(individual, **account)
    assert caught.value.code == "NUMBER_LIKE_AADHAAR"
    assert not Document.objects.exists()
    assert uploaded(individual, is_account=True, **account).number_display.endswith("2346")


def test_who_typed_an_aadhaar_number_where_the_code_of_a_bank_belongs_is_told_that(individual):
    with pytest.raises(Refused) as caught:
        uploaded(individual, kind="cancelled_cheque", number="50100012345678", declared={"ifsc": "234123412346"})
    assert (caught.value.code, str(caught.value)) == ("IFSC", str(labels.AADHAAR_TYPED))


def test_a_number_in_the_name_is_refused_and_nothing_is_written(individual):
    with pytest.raises(Refused) as caught:
        uploaded(individual, declared={"name": "Arjun Verma 2341 2341 2346"})
    assert caught.value.code == "NUMBER_IN_NAME"
    assert not Document.objects.exists()


@pytest.mark.parametrize(("day", "is_taken"), [(24, False), (25, True)])
def test_a_last_day_in_the_past_is_refused_and_today_is_none(organisation, day, is_taken):
    code = ""
    try:
        gst(organisation, expires_on=date(2026, 11, day))
    except Refused as refused:
        code = refused.code
    assert (code, Document.objects.exists()) == ("" if is_taken else "EXPIRED", is_taken)


def test_a_document_that_nobody_asked_for_is_refused(individual):
    with pytest.raises(Refused):
        gst(individual)


def test_no_document_is_taken_while_its_person_is_being_erased(individual, asha):
    """A room of the erasure that is done already is not asked again: the document would be left over, without its person."""
    ProfileFactory(**dict.fromkeys(NO, "no"))
    run = run_for(asha.principal.subject.ref)
    assert uploaded(individual).state == "received"
    move(run, RunState.RUNNING, moves=MOVES, started_at=clock.now())
    with pytest.raises(Unavailable):
        uploaded(individual)
    assert (Document.objects.count(), StoredFile.objects.count()) == (1, 1)
    move(run, RunState.DONE, moves=MOVES, finished_at=clock.now())
    uploaded(individual)


def test_a_newer_file_replaces_one_that_was_not_sent_and_ends_its_quarantine(individual):
    first = uploaded(individual)
    second = uploaded(individual)
    first.refresh_from_db()
    assert (first.state, second.state) == ("replaced", "received")
    assert AuditEvent.objects.filter(kind="vault.key.shredded").count() == 2


def test_of_a_file_that_was_replaced_before_it_was_sent_nothing_is_kept(individual):
    first = uploaded(individual)
    run_plan(first.pk, now=clock.now())
    first.refresh_from_db()
    kept = first.kept
    uploaded(individual)
    first.refresh_from_db()
    assert (first.state, first.kept, first.number_sealed, first.number_display) == ("replaced", None, None, "")
    with pytest.raises(Shredded):
        files.open_stream(kept, actor=SYSTEM, reason="test").read()


def test_re_kyc_begins_at_midnight_in_india(individual):
    first = checked(individual)
    day = date(2028, 11, 25)
    Document.objects.filter(pk=first.pk).update(state="approved")
    Case.objects.update(state="approved", rekyc_on=day)
    midnight = datetime.combine(day, time(), tzinfo=clock.IST).astimezone(UTC)
    with pytest.raises(IllegalMove):
        uploaded(individual, now=midnight - timedelta(milliseconds=1))
    assert uploaded(individual, now=midnight).state == "received"


@pytest.fixture
def due(organisation, maker, checker, asha_of_company) -> Customer:
    """A firm that was approved long ago; its re-KYC is due today."""
    rest_approved(organisation, but={"pan_card", "gst_certificate"})
    for make in (company_pan, gst):
        answered(proposed(checked(organisation, make=make), maker), checker)
    long_ago = NOW - timedelta(days=900)
    own = Document.objects.filter(party=None, kind__in=("pan_card", "gst_certificate"))
    own.update(uploaded_at=long_ago, sent_at=long_ago)
    Case.objects.update(rekyc_on=NOW.date(), verified_at=long_ago)
    assert Case.objects.get().state == "approved"
    return organisation


@pytest.fixture
def asha_of_company(organisation):
    return CustomerUserFactory(email="asha@acme.example", member_of=organisation)


def test_a_new_pan_at_re_kyc_makes_the_gst_certificate_due_and_both_are_approved_once_they_fit(due, maker, checker):
    pan = checked(due, make=company_pan, number=documents.NEW_PAN)
    old_gst = Document.objects.get(kind="gst_certificate")
    assert (old_gst.state, does_not_fit(old_gst), does_not_fit(pan)) == ("approved", True, True)
    assert Case.objects.get().state == "open"
    assert Message.objects.filter(kind="kyc.documents_do_not_fit").count() == 2
    with pytest.raises(Refused):
        proposed(pan, maker)
    new_gst = checked(due, make=gst, number=documents.NEW_GSTIN)
    assert not does_not_fit(new_gst)
    assert not does_not_fit(pan)
    assert Case.objects.get().state == "in_review"
    for document in (pan, new_gst):
        answered(proposed(document, maker), checker)
    case = Case.objects.get()
    assert case.state == "approved"
    assert case.rekyc_on > NOW.date()
    assert Message.objects.filter(kind="kyc.documents_do_not_fit").count() == 2


def test_a_gst_certificate_of_a_new_pan_makes_the_pan_card_due(due, maker, checker):
    new_gst = checked(due, make=gst, number=documents.NEW_GSTIN)
    old_pan = Document.objects.get(kind="pan_card", party=None)
    assert (old_pan.state, does_not_fit(old_pan), does_not_fit(new_gst)) == ("approved", True, True)
    pan = checked(due, make=company_pan, number=documents.NEW_PAN)
    for document in (pan, new_gst):
        answered(proposed(document, maker), checker)
    assert Case.objects.get().state == "approved"


def test_of_two_documents_that_do_not_fit_the_new_one_may_be_the_wrong_one(due):
    checked(due, make=gst, number=documents.NEW_GSTIN)
    right = checked(due, make=gst)
    assert not does_not_fit(right)
    assert not does_not_fit(Document.objects.get(kind="pan_card", party=None))
    assert Case.objects.get().state == "open"  # the PAN card of before is to be shown anew as well
    checked(due, make=company_pan)
    assert Case.objects.get().state == "in_review"


def test_a_document_that_does_not_fit_stays_while_somebody_decides_about_it(due, maker):
    pan = checked(due, make=company_pan, number=documents.NEW_PAN)
    again = {"outcome": "ask_again", "reason_code": "number_differs", "message": "Which is right?"}
    proposed(pan, maker, **again)
    with pytest.raises(IllegalMove):
        company_pan(due)


def test_a_proposal_about_what_has_changed_since_can_be_answered_with_no(due, maker, checker):
    pan = checked(due, make=company_pan, number=documents.NEW_PAN)
    again = {"outcome": "ask_again", "reason_code": "number_differs", "message": "Which is right?"}
    decision = proposed(pan, maker, **again)
    checked(due, make=gst, number=documents.NEW_GSTIN)
    with pytest.raises(Refused):
        answered(decision, checker)
    answered(decision, checker, approve=False, reason="They fit now.")
    assert answered(proposed(pan, maker), checker).document.state == "approved"


def test_at_re_kyc_every_document_of_before_may_be_sent_anew_and_the_new_ones_stay(due, maker, checker):
    new_pan = checked(due, make=company_pan)
    checked(due, make=gst)
    answered(proposed(new_pan, maker), checker)
    assert Case.objects.get().state == "in_review"
    for make in (company_pan, gst):
        with pytest.raises(IllegalMove):
            make(due)


def test_a_file_that_is_with_us_cannot_be_replaced(individual):
    checked(individual)
    with pytest.raises(IllegalMove) as caught:
        uploaded(individual)
    assert Document.objects.count() == 1
    assert "no other is taken for it now" in caught.value.without_page


def test_a_document_that_was_rejected_for_good_is_not_sent_again_and_the_customer_reads_why(individual, maker, checker):
    rejected = {"outcome": "reject", "reason_code": "altered", "message": "A letter differs."}
    answered(proposed(checked(individual), maker, **rejected), checker)
    with pytest.raises(IllegalMove, match="We rejected it for good"):
        uploaded(individual)
    assert Document.objects.get().state == "rejected"


def test_sending_twice_is_sending_once(individual):
    document = uploaded(individual)
    for _time in range(2):
        send(document, actor=CUSTOMER, now=NOW)
    assert AuditEvent.objects.filter(kind="kyc.document.moved").count() == 1


def test_a_refused_file_cannot_be_sent(individual):
    document = checked(individual, data=documents.FAULTS["password"][0])
    with pytest.raises(IllegalMove):
        send(document, actor=CUSTOMER, now=NOW)


def test_no_event_of_an_upload_holds_the_number_or_a_file_name(individual):
    checked(individual)
    for event in AuditEvent.objects.all():
        said = f"{event.about} {event.facts}"
        assert documents.PAN not in said
        assert not isinstance(event.subject_ref, str) or UUID(event.subject_ref)


def test_a_document_about_a_person_behind_the_customer_has_a_place_and_a_key_of_its_own(organisation):
    ravi, uma = party_of(organisation), party_of(organisation)
    own, his, hers = (company_pan(organisation), uploaded(organisation, party=ravi), uploaded(organisation, party=uma))
    assert [row.state for row in (own, his, hers)] == ["received"] * 3
    again = uploaded(organisation, party=ravi)
    for row in (own, his, hers):
        row.refresh_from_db()
    assert [row.state for row in (own, his, hers, again)] == ["received", "replaced", "received", "received"]
    assert document_encryption.opened(hers, hers.number_sealed) == documents.PAN
    assert len({own.subject_ref, his.subject_ref, hers.subject_ref}) == 3


def test_the_database_holds_one_document_of_a_kind_in_each_place(organisation):
    ravi = party_of(organisation)
    for place in (None, ravi):
        document = uploaded(organisation, party=place, **({} if place else {"number": documents.COMPANY_PAN}))
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.create(
                reference=f"OS-DO-{place}"[:20],
                case=document.case,
                party=place,
                kind="pan_card",
                extension="pdf",
                quarantined=document.quarantined,
                uploaded_at=NOW,
            )


def test_somebody_elses_signatory_is_nobody_here(organisation):
    with pytest.raises(Refused) as caught:
        uploaded(organisation, party=party_of(firm()))
    assert caught.value.code == "NOT_WANTED"


def test_what_else_was_typed_is_sealed_with_the_document(organisation):
    ravi = party_of(organisation)
    document = uploaded(organisation, party=ravi, declared={"born_on": "1990-01-31"})
    assert b"1990" not in bytes(document.declared_sealed)
    assert "1990-01-31" in document_encryption.opened(document, document.declared_sealed)


@pytest.mark.parametrize("is_sent", [True, False])
def test_the_upload_that_a_newer_file_replaces_loses_its_key(individual, is_sent, django_capture_on_commit_callbacks):
    earlier = uploaded(individual)
    Document.objects.filter(pk=earlier.pk).update(state="stalled", sent_at=NOW if is_sent else None)
    with django_capture_on_commit_callbacks(execute=True):
        uploaded(individual)
    earlier.refresh_from_db()
    assert earlier.state == "replaced"
    assert earlier.quarantined.shredded_at is not None


def test_what_was_sent_in_shows_no_share_code_in_a_trace(individual):
    assert "1234" not in repr(
        document_uploads.Sent(customer=individual, kind="aadhaar_offline_ekyc", share_code="1234")
    )


def test_the_upload_is_in_the_audit_log_at_its_own_time(individual):
    document = uploaded(individual)
    event = AuditEvent.objects.get(kind="kyc.document.uploaded")
    assert (event.at, event.about) == (NOW, f"kyc.document:{document.reference}")
