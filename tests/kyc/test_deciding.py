import pytest
from django.db import IntegrityError, transaction

from kyc.models import Case, Decision
from kyc.services import claim, deciding, propose
from portal.audit.models import AuditEvent
from portal.core import actor, clock
from portal.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.law.models import Clock
from portal.outbox.models import Message
from portal.vault.services import files
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, answered, checked, gst, proposed, rest_approved, uploaded
from tests.people.factories import StaffFactory

pytestmark = pytest.mark.usefixtures("same_process")

AGAIN = {"outcome": "ask_again", "reason_code": "unreadable", "message": "Send a sharper photo.", "note": "Too dark."}


def test_two_people_approve_and_the_customer_is_told(individual, asha, maker, checker):
    rest_approved(individual)
    document = checked(individual)
    case = Case.objects.get()
    assert case.state == "in_review"
    decision = answered(proposed(document, maker), checker)
    case.refresh_from_db()
    assert (decision.answer, decision.document.state, case.state) == ("approved", "approved", "approved")
    assert case.rekyc_on > clock.now().date()
    assert case.retained_until > case.rekyc_on
    kinds = set(Message.objects.values_list("kind", "channel"))
    assert {("kyc.approved", "email"), ("kyc.approved", "dashboard")} <= kinds


def test_nothing_moves_before_the_second_person_answers(individual, maker):
    document = checked(individual)
    proposed(document, maker)
    document.refresh_from_db()
    assert document.state == "checked"
    assert not Message.objects.exists()


def test_a_maker_cannot_answer_their_own_proposal_whatever_their_roles(individual):
    both = StaffFactory(roles=["kyc_maker", "kyc_checker"])
    decision = proposed(checked(individual), both)
    with pytest.raises(NotAllowed):
        answered(decision, both)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(answer="approved", checked_by=both, checked_at=clock.now())


@pytest.mark.parametrize("roles", [[], ["support"], ["auditor"], ["administrator"], ["kyc_checker"]])
def test_nobody_but_a_maker_proposes(individual, roles):
    person = StaffFactory(roles=roles)
    with pytest.raises(NotAllowed):
        proposed(checked(individual), person)


@pytest.mark.parametrize("roles", [[], ["support"], ["administrator"], ["kyc_maker"]])
def test_nobody_but_a_checker_answers(individual, maker, roles):
    decision = proposed(checked(individual), maker)
    with pytest.raises(NotAllowed):
        answered(decision, StaffFactory(roles=roles))


def test_a_customer_decides_nothing(individual, asha):
    document = checked(individual)
    with pytest.raises(NotAllowed):
        propose(document, outcome="approve", actor=actor.customer(asha.pk), now=clock.now())


def test_an_answer_is_bound_to_what_the_maker_saw(individual, maker, checker):
    document = checked(individual)
    decision = proposed(document, maker)
    type(document.kept).objects.filter(pk=document.kept.pk).update(sha256="0" * 64)
    with pytest.raises(Refused) as caught:
        answered(decision, checker)
    assert caught.value.code == "SHOWN_CHANGED"


def test_asking_again_gives_the_customer_the_turn_and_the_clock_rests(individual, asha, maker, checker):
    rest_approved(individual)
    document = checked(individual)
    assert Clock.objects.get().state == "running"
    decision = answered(proposed(document, maker, **AGAIN), checker)
    assert (decision.document.state, Case.objects.get().state) == ("asked_again", "open")
    assert Clock.objects.get().state == "paused"
    assert Message.objects.filter(kind="kyc.document_asked_again").count() == 2
    checked(individual)
    assert (Case.objects.get().state, Clock.objects.get().state) == ("in_review", "running")


def test_a_rejection_ends_the_case_and_a_new_file_opens_it_again(individual, asha, maker, checker):
    rest_approved(individual)
    rejected = {**AGAIN, "outcome": "reject", "reason_code": "altered"}
    answered(proposed(checked(individual), maker, **rejected), checker)
    assert Case.objects.get().state == "rejected"
    assert Clock.objects.get().state == "stopped"
    uploaded(individual)
    assert Case.objects.get().state == "open"


def test_a_no_of_the_checker_needs_a_reason_and_frees_the_document(individual, maker, checker):
    document = checked(individual)
    decision = proposed(document, maker)
    with pytest.raises(Refused):
        answered(decision, checker, approve=False)
    answered(decision, checker, approve=False, reason="The photo is cut.")
    document.refresh_from_db()
    assert document.state == "checked"
    assert proposed(document, maker, **AGAIN)


def test_a_second_proposal_waits_for_the_first(individual, maker):
    document = checked(individual)
    proposed(document, maker)
    with pytest.raises(IllegalMove):
        proposed(document, maker)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outcome": "approve", "reason_code": "unreadable"}, "REASON"),
        ({"outcome": "reject", "message": "No."}, "REASON"),
        ({"outcome": "reject", "reason_code": "altered", "message": "  "}, "MESSAGE"),
        ({"outcome": "burn"}, "OUTCOME"),
    ],
)
def test_a_proposal_that_is_not_whole_is_refused(individual, maker, changes, code):
    with pytest.raises(Refused) as caught:
        proposed(checked(individual), maker, **changes)
    assert caught.value.code == code
    assert not Decision.objects.exists()


def test_a_failed_blocking_check_stands_against_an_approval(organisation, maker):
    checked(organisation)
    with pytest.raises(Refused) as caught:
        proposed(checked(organisation, make=gst), maker)
    assert caught.value.code == "CHECK_FAILED"


def test_an_organisation_is_approved_with_its_last_document(organisation, maker, checker):
    rest_approved(organisation, but={"pan_card", "gst_certificate"})
    first = checked(organisation, number=documents.COMPANY_PAN, data=documents.pdf(documents.COMPANY_PAN))
    answered(proposed(first, maker), checker)
    assert Case.objects.get().state == "open"
    answered(proposed(checked(organisation, make=gst), maker), checker)
    assert Case.objects.get().state == "approved"


def test_a_document_that_was_not_sent_is_not_decided_upon(individual, maker):
    with pytest.raises(IllegalMove):
        proposed(uploaded(individual), maker)


def test_one_person_works_on_a_case_at_a_time(individual, maker):
    document = checked(individual)
    colleague = StaffFactory(roles=["kyc_maker"])
    claim(document.case, actor=actor.staff(maker.pk), now=clock.now())
    with pytest.raises(LostRace):
        claim(document.case, actor=actor.staff(colleague.pk), now=clock.now())
    document.case.refresh_from_db()
    with pytest.raises(LostRace):
        proposed(document, colleague)
    assert proposed(document, maker)


def test_what_people_wrote_is_sealed_and_dies_with_the_customer_s_key(
    individual, maker, django_capture_on_commit_callbacks
):
    decision = proposed(checked(individual), maker, **AGAIN)
    assert deciding.words_of(decision) == ("Send a sharper photo.", "Too dark.")
    assert b"sharper" not in bytes(decision.message_sealed)
    with django_capture_on_commit_callbacks(execute=True):
        files.shred(subject_ref=individual.subject.ref, retention_class="kyc")
    with pytest.raises(Exception, match="erased"):
        deciding.words_of(decision)


def test_an_aadhaar_number_in_the_words_is_cut(individual, maker):
    decision = proposed(checked(individual), maker, **{**AGAIN, "note": f"shows {documents.AADHAAR}"})
    assert documents.AADHAAR not in deciding.words_of(decision)[1]


def test_each_act_is_an_audit_event_with_its_person(individual, maker, checker):
    decision = answered(proposed(checked(individual), maker), checker)
    proposal = AuditEvent.objects.get(kind="kyc.decision.proposed")
    reply = AuditEvent.objects.get(kind="kyc.decision.answered")
    assert (proposal.actor_ref, reply.actor_ref) == (f"user:{maker.pk}", f"user:{checker.pk}")
    assert reply.facts["shown_sha256"] == decision.shown_sha256
    assert CUSTOMER.ref == AuditEvent.objects.get(kind="kyc.document.uploaded").actor_ref
