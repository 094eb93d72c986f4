from datetime import timedelta

import pytest

from kyc.cases import check_plans
from kyc.cases.selectors import sender_state
from kyc.data_copy_sections import KycSection
from kyc.erasure import KycDocuments
from kyc.models import Case, Check, CheckEvidence, Decision, Holding, Likeness
from kyc.outcomes import retention_classes
from kyc.review.services.protected_access import own_number
from portal.kernel.core import actor, clock
from portal.kernel.people.services import subjects
from portal.kernel.vault.services import files
from tests.kyc import documents
from tests.kyc.factories import NOW, answered, checked, firm, party_of, proposed, rest_approved, uploaded
from tests.people.factories import SubjectFactory

KYC = KycDocuments("kyc")

pytestmark = pytest.mark.usefixtures("same_process")

REJECTED = {"outcome": "reject", "reason_code": "altered", "message": "It looks altered."}


def test_documents_of_a_rejected_case_go_when_their_period_is_over(
    individual, maker, checker, django_capture_on_commit_callbacks
):
    document = answered(proposed(checked(individual), maker, **REJECTED), checker).document
    later, ref = clock.now() + timedelta(days=1), individual.subject.ref
    assert [(kept.subject_ref, kept.count) for kept in KYC.kept(before=later)] == [(ref, 1)]
    with django_capture_on_commit_callbacks(execute=True):
        assert KYC.erase(subject_ref=ref, before=later) == 1
        assert KYC.erase(subject_ref=ref, before=later) == 0
    document.refresh_from_db()
    document.kept.refresh_from_db()
    assert (document.number_sealed, document.number_index, document.number_display) == (None, None, "")
    assert document.kept.shredded_at is not None
    assert not CheckEvidence.objects.exists()
    assert Check.objects.count() == sum(not one.is_later for one in check_plans.checks_for("pan_card"))
    assert Decision.objects.get().message_sealed is None


def test_documents_of_a_customer_who_is_with_us_stay(individual, maker, checker):
    answered(proposed(checked(individual), maker), checker)
    later = clock.now() + timedelta(days=4000)
    assert list(KYC.kept(before=later)) == []
    assert KYC.erase(subject_ref=individual.subject.ref, before=later) == 0


def test_erasing_a_person_ends_open_cases_too(individual, django_capture_on_commit_callbacks):
    document = uploaded(individual)
    with django_capture_on_commit_callbacks(execute=True):
        assert KYC.erase(subject_ref=individual.subject.ref, before=None) == 1
    document.quarantined.refresh_from_db()
    assert document.quarantined.shredded_at is not None
    assert files.sweep()[0] == 0


def test_a_customer_s_bundle_tells_what_was_sent_with_masked_numbers(individual):
    checked(individual)
    (found,) = KycSection().collect(subject_refs=[individual.subject.ref])
    assert found["number"] == "ABCPRXXXXK"
    assert documents.PAN not in str(found)


def test_a_bundle_tells_what_was_decided_and_when_and_says_checks_in_words(individual, maker, checker):
    answered(proposed(checked(individual), maker, **REJECTED, note="Colleagues only."), checker)
    (found,) = KycSection().collect(subject_refs=[individual.subject.ref])
    (decision,) = found["decisions"]
    assert decision.pop("at") == Decision.objects.get().checked_at
    assert decision == {
        "outcome": "Reject for good; the customer may appeal",
        "reason": "The document looks altered",
        "message": "It looks altered.",
    }
    assert {"Safety of the file", "Still valid, by the last day that was typed"} <= {
        check["check"] for check in found["checks"]
    }
    assert {check["outcome"] for check in found["checks"]} <= {
        "Passed",
        "Review needed",
        "Does not apply",
        "Could not run",
    }
    assert "Colleagues" not in str(found)


def test_a_bundle_of_somebody_behind_a_customer_tells_place_and_shares_and_no_match_with_a_list(organisation):
    party = party_of(organisation, is_director=True)
    Holding.objects.create(owner=party, percent=60, since=NOW)
    Likeness.objects.create(
        reference="OS-SC-7K4M-9QX2",
        case=party.case,
        party=party,
        source="un",
        uid="QDi.001",
        list_version=NOW.date(),
        list_sha256="0" * 64,
        decision="AUTO",
        birth="unknown",
        pair_key=b"key",
        found_at=NOW,
    )
    (place,) = KycSection().collect(subject_refs=[party.subject_ref])
    assert place["roles"] == ["Signs for you", "Director, partner or trustee", "Owner"]
    assert [share["percent"] for share in place["shares"]] == ["60"]


def test_a_sender_is_verified_from_the_approval_until_it_is_due_again(individual, maker, checker):
    ref, today = individual.subject.ref, clock.now().date()
    rest_approved(individual)
    assert not sender_state(subject_ref=ref, on=today).is_verified
    document = answered(proposed(checked(individual), maker), checker).document
    document.case.refresh_from_db()
    assert sender_state(subject_ref=ref, on=document.case.rekyc_on).is_verified
    assert not sender_state(subject_ref=ref, on=document.case.rekyc_on + timedelta(days=1)).is_verified
    later = SubjectFactory(kind="customer")
    subjects.join(old_ref=ref, new_ref=later.ref, actor=actor.SYSTEM, now=clock.now())
    assert sender_state(subject_ref=later.ref, on=today).is_verified


def test_a_directors_papers_at_one_customer_go_while_those_at_another_stay(
    organisation, django_capture_on_commit_callbacks
):
    here = party_of(organisation, name="Holding LLP")
    other = firm()
    there = party_of(other, principal=here.principal)
    gone, left = uploaded(organisation, party=here), uploaded(other, party=there)
    with django_capture_on_commit_callbacks(execute=True):
        assert KYC.erase(subject_ref=here.subject_ref, before=None) == 2
        assert KYC.erase(subject_ref=here.subject_ref, before=None) == 0
    for row in (here, gone, left):
        row.refresh_from_db()
    assert (here.name, gone.number_sealed, gone.number_display) == ("", None, "")
    assert own_number(left) == documents.PAN


def test_the_period_of_a_directors_papers_is_the_customers(organisation):
    party = party_of(organisation)
    uploaded(organisation, party=party)
    later = clock.now() + timedelta(days=1)
    assert list(KYC.kept(before=later)) == []
    organisation.state, organisation.closed_at = "closed", clock.now()
    organisation.save(update_fields=["state", "closed_at"])
    assert [(kept.subject_ref, kept.count) for kept in KYC.kept(before=later)] == [(party.subject_ref, 2)]
    assert KycSection().collect(subject_refs=[party.subject_ref])[0]["number"] == "ABCPRXXXXK"
    assert KycSection().collect(subject_refs=[organisation.subject.ref]) == []


def test_a_party_that_is_a_person_has_an_empty_name_that_can_be_read(organisation):
    party = party_of(organisation)
    party.refresh_from_db()
    assert party.name == ""


def test_papers_of_a_rejected_customer_who_leaves_later_are_kept_as_long_as_is_said(individual, maker, checker):
    case = answered(proposed(checked(individual), maker, **REJECTED), checker).document.case
    individual.state, individual.closed_at = "closed", clock.now() + timedelta(days=400)
    individual.save(update_fields=["state", "closed_at"])
    case = Case.objects.select_related("customer").get(pk=case.pk)
    (record,) = KYC.records(subject_refs=[individual.subject.ref])
    assert record.began_at == retention_classes.ended_at(case) == case.decided_at
    gone = list(KYC.kept(before=case.decided_at + timedelta(seconds=1)))
    assert [kept.subject_ref for kept in gone] == [individual.subject.ref]
