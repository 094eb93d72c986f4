from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from kyc.base.choices import FINAL_REASONS, DecisionReason
from kyc.cases.selectors import to_review
from kyc.cases.services import document_encryption
from kyc.cases.services.case_locks import claim
from kyc.models import Case, Check, Decision
from kyc.outcomes.services import customer_notifications
from kyc.review import decision_basis
from kyc.review.services import appeal_links, document_decisions
from kyc.review.services.document_decisions import propose
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, answered, checked, company_pan, firm, gst, proposed, rest_approved, uploaded
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
    assert case.retained_until > clock.now().date()
    kinds = set(Message.objects.values_list("kind", "channel"))
    assert {("kyc.approved", "email"), ("kyc.approved", "dashboard")} <= kinds


def test_a_company_s_pan_for_a_person_is_approved_only_with_a_tick_and_a_note(individual, maker):
    document = checked(individual, number=documents.COMPANY_PAN, data=documents.pdf(documents.COMPANY_PAN))
    assert [(one.name, one.reason) for one in document_decisions.to_answer(document)] == [
        ("holder", "HOLDER_IS_NO_PERSON")
    ]
    for given, code in (({}, "ANSWER"), ({"answered": ["holder"]}, "NOTE")):
        with pytest.raises(Refused) as caught:
            proposed(document, maker, **given)
        assert caught.value.code == code
    assert proposed(document, maker, answered=["holder"], note="The card is of the firm they own.").answered == "holder"


def test_a_pan_of_another_kind_of_holder_is_approved_only_with_a_tick_and_a_note(maker):
    document = checked(firm("company"), number=documents.COMPANY_PAN, data=documents.pdf(documents.COMPANY_PAN))
    assert [(one.name, one.reason) for one in document_decisions.to_answer(document)] == [("holder", "HOLDER_DIFFERS")]
    for given, code in (({}, "ANSWER"), ({"answered": ["holder"]}, "NOTE")):
        with pytest.raises(Refused) as caught:
            proposed(document, maker, **given)
        assert caught.value.code == code
    assert proposed(document, maker, answered=["holder"], note="It was a firm until May.").answered == "holder"


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


REJECT = {**AGAIN, "outcome": "reject", "reason_code": "altered"}
APPEAL = {**AGAIN, "reason_code": "appeal", "message": "We were wrong about the stamp. Send it again."}


def test_a_rejection_is_for_good_and_only_two_people_open_it_again_after_an_appeal(individual, asha, maker, checker):
    rest_approved(individual)
    document = checked(individual)
    answered(proposed(document, maker, **REJECT), checker)
    assert Case.objects.get().state == "rejected"
    assert Clock.objects.get().state == "stopped"
    with pytest.raises(IllegalMove, match="for good"):
        uploaded(individual)
    document.refresh_from_db()
    for wrong in ({"outcome": "approve"}, REJECT, {**AGAIN, "reason_code": "unreadable"}):
        with pytest.raises((IllegalMove, Refused)):
            proposed(document, maker, **wrong)
    appeal = {"documents": [document.reference], "subject_ref": asha.principal.subject.ref, "actor": CUSTOMER}
    appeal_links.note(ticket=new_reference("GR"), **appeal, at=clock.now())
    decision = proposed(document, maker, **APPEAL)
    assert list(to_review(at=clock.now())) == [document]
    assert Case.objects.get().state == "rejected"
    answered(decision, checker)
    assert Case.objects.get().state == "open"
    assert checked(individual).state == "checked"


def test_what_the_customer_can_mend_rejects_nothing_for_good(individual, maker):
    document = checked(individual)
    for reason in set(DecisionReason) - FINAL_REASONS - {DecisionReason.APPEAL}:
        with pytest.raises(Refused) as refused:
            proposed(document, maker, **{**REJECT, "reason_code": str(reason)})
        assert refused.value.code == "FINAL"
    with pytest.raises(Refused):
        proposed(document, maker, **APPEAL)


def test_a_decision_binds_to_what_its_page_showed(individual, maker, checker):
    document = checked(individual)
    page = decision_basis.seen(document)
    Check.objects.create(**another_answer(document))
    with pytest.raises(Refused) as refused:
        proposed(document, maker, page_seen=page)
    assert refused.value.code == "SEEN_CHANGED"
    decision = proposed(document, maker, page_seen=decision_basis.seen(document))
    with pytest.raises(Refused) as refused:
        answered(decision, checker, page_seen=page)
    assert refused.value.code == "SEEN_CHANGED"
    assert answered(decision, checker, page_seen=decision_basis.seen(document)).answer == "approved"


def another_answer(document):
    """The duplicate check says something new, a moment from now."""
    last = document.checks.filter(name="duplicate").get()
    later = clock.now() + timedelta(seconds=1)
    values = {
        field.attname: getattr(last, field.attname) for field in Check._meta.concrete_fields if field.name != "id"
    }
    return {**values, "attempt": 2, "outcome": "WARN", "reason": "USED_BY_ANOTHER_CUSTOMER", "ended_at": later}


def test_a_checker_sees_what_is_not_as_the_maker_saw_it(individual, maker, checker):
    document = checked(individual)
    decision = proposed(document, maker)
    assert decision_basis.changed_since(decision) == []
    Check.objects.create(**another_answer(document))
    type(document.kept).objects.filter(pk=document.kept.pk).update(sha256="0" * 64)
    decision = Decision.objects.select_related("document__kept").get()
    bytes_line, check_line = decision_basis.changed_since(decision)
    assert (bytes_line.check, bytes_line.now) == ("", "0" * 64)
    assert (check_line.check, check_line.before, check_line.now) == (
        "duplicate",
        "PASS",
        "WARN USED_BY_ANOTHER_CUSTOMER",
    )
    with pytest.raises(Refused) as refused:
        answered(decision, checker)
    assert refused.value.code == "SHOWN_CHANGED"


def test_what_a_check_says_while_the_name_is_screened_is_not_approved_unseen(individual, maker, checker, monkeypatch):
    document = checked(individual)
    decision = proposed(document, maker)
    monkeypatch.setattr(
        document_decisions.screening,
        "require_clear",
        lambda case, now: Check.objects.create(**another_answer(document)),
    )
    with pytest.raises(Refused) as refused:
        answered(decision, checker)
    assert refused.value.code == "SHOWN_CHANGED"
    decision.refresh_from_db()
    assert decision.answer == "pending"


def test_a_letter_is_previewed_as_each_of_the_customers_people_reads_it(individual, asha):
    document = checked(individual)
    asha.principal.language = "mr"
    asha.principal.save(update_fields=["language"])
    (letter,) = customer_notifications.preview(
        document, outcome="ask_again", reason_code="unreadable", message="पुन्हा पाठवा."
    )
    assert (letter.language, "पुन्हा पाठवा." in letter.body) == ("mr", True)
    with translation.override("mr"):
        assert str(DecisionReason.UNREADABLE.label) in letter.body
    assert not Message.objects.exists()


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


def test_nobody_answers_in_a_case_that_a_colleague_has_and_who_answered_has_it_no_longer(individual, maker, checker):
    decision = proposed(checked(individual), maker)
    colleague = StaffFactory(roles=["kyc_checker"])
    case = decision.document.case
    claim(case, actor=actor.staff(colleague.pk), now=clock.now())
    with pytest.raises(LostRace):
        answered(decision, checker)
    answered(decision, colleague)
    case.refresh_from_db()
    assert (decision.document.state, case.locked_by) == ("approved", None)


def test_a_maker_who_goes_on_with_the_case_stands_in_no_checker_s_way(organisation, maker, checker):
    first = checked(organisation, make=company_pan)
    checked(organisation, make=gst)
    claim(first.case, actor=actor.staff(maker.pk), now=clock.now())
    answered(proposed(first, maker), checker)
    assert (first.decisions.get().answer, Case.objects.get().locked_by) == ("approved", maker)


def test_what_people_wrote_is_sealed_and_dies_with_the_customer_s_key(
    individual, maker, django_capture_on_commit_callbacks
):
    decision = proposed(checked(individual), maker, **AGAIN)
    assert document_decisions.words_of(decision) == ("Send a sharper photo.", "Too dark.")
    assert b"sharper" not in bytes(decision.message_sealed)
    with django_capture_on_commit_callbacks(execute=True):
        document_encryption.shred(decision.document, actor=CUSTOMER)
    with pytest.raises(Exception, match="erased"):
        document_decisions.words_of(decision)


def test_an_aadhaar_number_in_the_words_is_cut(individual, maker):
    decision = proposed(checked(individual), maker, **{**AGAIN, "note": f"shows {documents.AADHAAR}"})
    assert documents.AADHAAR not in document_decisions.words_of(decision)[1]


def test_each_act_is_an_audit_event_with_its_person(individual, maker, checker):
    decision = answered(proposed(checked(individual), maker), checker)
    proposal = AuditEvent.objects.get(kind="kyc.decision.proposed")
    reply = AuditEvent.objects.get(kind="kyc.decision.answered")
    assert (proposal.actor_ref, reply.actor_ref) == (f"user:{maker.pk}", f"user:{checker.pk}")
    assert reply.facts["shown_sha256"] == decision.shown_sha256
    assert CUSTOMER.ref == AuditEvent.objects.get(kind="kyc.document.uploaded").actor_ref
