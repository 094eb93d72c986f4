"""A customer asks to delete one document that was sent: carried out with a certificate, or refused by what keeps it."""

import hashlib
import re
from datetime import timedelta

import pytest
import rfc8785
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kyc.cases.services import document_encryption
from kyc.deadlines import KycClocks
from kyc.erasure import KycDocuments
from kyc.models import Case, Decision, DeletionProposal, DeletionRequest, Document
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services import check_runs, deletion_decisions
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, ids
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import User
from portal.kernel.retention.services import holds
from portal.kernel.vault.services.keys import Shredded
from tests.kyc.factories import CUSTOMER, NOW, checked, paper, rest_approved, uploaded
from tests.kyc.test_shredding import opened
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.registers.factories import order_about
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.usefixtures("same_process")


@pytest.fixture
def officer(house) -> User:
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def second(house) -> User:
    """Another person who may answer, and who had no part in the paper."""
    return StaffFactory(roles=["data_protection_officer"])


def acting(user: User) -> actor.Actor:
    return actor.staff(user.pk)


@pytest.fixture
def asked(individual, asha) -> DeletionRequest:
    """A PAN card that is with us, and that Asha wants gone."""
    rest_approved(individual)
    document = checked(individual)
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    return DeletionRequest.objects.select_related("document__case").get()


def verified_long_ago(request: DeletionRequest) -> None:
    Case.objects.filter(pk=request.document.case_id).update(verified_at=NOW - timedelta(days=90))


def destroyed(request: DeletionRequest, first: User, second: User) -> DeletionProposal:
    """Two people agree, one after the other."""
    made = deletion_decisions.propose(request, why="No law keeps it.", actor=acting(first), now=clock.now())
    deletion_decisions.answer(made, approve=True, actor=acting(second), now=clock.now())
    request.refresh_from_db()
    return made


def test_a_request_stands_in_the_queue_with_its_clock(asked, officer):
    assert (asked.state, asked.asked_at) == ("asked", NOW)
    running = Clock.objects.get(owner=f"kyc.deletion:{asked.reference}")
    assert (running.rule_key, running.state) == ("requests.answer", "running")
    page = opened(officer, reverse("admin:kyc_deletionrequest_change", args=[asked.pk]))
    assert "No law and no legal hold." in page
    listed = staff_client(officer).get(reverse("admin:kyc_deletionrequest_changelist")).content.decode()
    assert asked.reference in listed


def test_many_requests_take_no_more_queries_than_one_and_each_shows_its_day(asked, officer):
    desk, path = staff_client(officer), reverse("admin:kyc_deletionrequest_changelist")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            listed = desk.get(path).context["cl"].result_list
        assert {row.due_at for row in listed} == {Clock.objects.get(owner=asked.owner).due_at}
        return len(seen)

    queries()
    alone = queries()
    for kind in ("cancelled_cheque", "bank_statement"):
        ask_to_delete(paper(asked.document.case, kind), actor=CUSTOMER, now=NOW)
    assert queries() == alone


def test_a_document_that_nothing_keeps_is_destroyed_with_a_certificate(
    asked, asha, officer, second, django_capture_on_commit_callbacks
):
    document = asked.document
    sealed = bytes(document.number_sealed)
    with django_capture_on_commit_callbacks(execute=True):
        destroyed(asked, officer, second)
    document = Document.objects.select_related("kept", "case").get(pk=document.pk)
    assert (document.state, document.number_display) == ("destroyed", "")
    assert document.kept.shredded_at is not None
    with pytest.raises(Shredded):
        document_encryption.opened(document, sealed)
    assert asked.certificate_sha256 == hashlib.sha256(rfc8785.dumps(asked.certificate)).hexdigest()
    event = AuditEvent.objects.get(kind="kyc.document.deletion_answered")
    assert event.facts["certificate"] == asked.certificate_sha256
    assert Message.objects.filter(kind="kyc.deletion_done").count() == 2
    assert Clock.objects.get(owner=f"kyc.deletion:{asked.reference}").state == "stopped"
    assert document.case.state == "open"  # the PAN card is asked for again
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[document.reference])).content.decode()
    assert asked.certificate_sha256 in page
    assert "It is destroyed, as you asked." in page
    assert "newer file" not in page
    assert "Now: Destroyed at your request" in page
    assert "We have answered your request to delete it" in page


def test_the_customer_takes_the_certificate_away_and_can_compare_it(
    asked, asha, officer, second, django_capture_on_commit_callbacks
):
    client, url = customer_client(asha), reverse("privacy:kyc-certificate", args=[asked.document.reference])
    assert client.get(url).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        destroyed(asked, officer, second)
    file = client.get(url)
    assert hashlib.sha256(file.content).hexdigest() == asked.certificate_sha256
    assert file.headers["Content-Disposition"] == f'attachment; filename="{asked.reference}.json"'
    page = client.get(reverse("privacy:kyc-document", args=[asked.document.reference])).text
    assert f'href="{url}"' in page
    # As wide as the page at 320 px: what is a reference is never broken into lines.
    assert f"<code>{asked.certificate_sha256}</code>" in page
    other = CustomerUserFactory(email="uma@acme.example", member_of=CustomerFactory(kind="individual"))
    assert customer_client(other).get(url).status_code == 404


def test_what_is_asked_for_or_gone_is_not_offered_to_be_deleted_again(asked, asha, django_capture_on_commit_callbacks):
    client, here = customer_client(asha), reverse("privacy:kyc-delete", args=[asked.document.reference])
    answer = client.get(here, follow=True)
    assert "You have asked for this already." in answer.text
    assert answer.resolver_match.view_name == "privacy:kyc-document"
    first = uploaded(asked.document.case.customer, kind="driving_licence", number="MH12 20110012345")
    with django_capture_on_commit_callbacks(execute=True):
        uploaded(asked.document.case.customer, kind="driving_licence", number="MH12 20110012346")
    answer = client.get(reverse("privacy:kyc-delete", args=[first.reference]), follow=True)
    assert "You have sent a newer file in its place." in answer.text
    assert "Delete it now" not in answer.text
    assert "We keep nothing of it, unless a law or an order requires us to." in answer.text


def test_a_version_that_was_not_sent_waits_for_nobody(asked, asha):
    customer, licence = asked.document.case.customer, {"kind": "driving_licence", "number": "MH12 20110012345"}
    first = checked(customer, **licence)
    Document.objects.filter(pk=first.pk).update(state="asked_again")
    check_runs.run_plan(uploaded(customer, **licence).pk, now=clock.now())
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[first.reference])).text
    assert re.search(r"IST</a>: Not sent yet", page)
    assert "Waiting for a person" not in page


def test_a_request_about_a_document_that_is_erased_otherwise_is_answered_with_it_and_its_clock_stops(asked):
    KycDocuments("kyc").erase(subject_ref=asked.document.subject_ref, before=None)
    asked.refresh_from_db()
    assert (asked.state, asked.answered_at is not None) == ("erased", True)
    assert not Clock.objects.filter(owner=asked.owner, stopped_at=None).exists()


def test_the_other_documents_stay(asked, officer, second, django_capture_on_commit_callbacks):
    other = Document.objects.exclude(pk=asked.document_id).select_related("kept").get()
    with django_capture_on_commit_callbacks(execute=True):
        destroyed(asked, officer, second)
    other.refresh_from_db()
    assert (other.state, other.erased_at, other.kept.shredded_at) == ("approved", None, None)


def test_what_a_law_keeps_is_not_destroyed_and_the_customer_reads_which_and_until_when(asked, asha, officer):
    verified_long_ago(asked)
    with pytest.raises(Refused) as caught:
        deletion_decisions.propose(asked, why="No law.", actor=acting(officer), now=clock.now())
    assert caught.value.code == "KEPT"
    assert "5 years after, because of" in str(caught.value)
    deletion_decisions.refuse(asked, refusal="law", why="Looked at the rules.", actor=acting(officer), now=clock.now())
    assert (asked.state, asked.refusal) == ("refused", "law")
    assert Document.objects.get(pk=asked.document_id).erased_at is None
    assert Message.objects.filter(kind="kyc.deletion_refused").count() == 2
    event = AuditEvent.objects.get(kind="kyc.document.deletion_answered")
    assert "Looked" not in str(event.facts)
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[asked.document.reference])).content.decode()
    assert "A law asks us to keep it" in page
    assert "While you are with us and 5 years after" in page


def test_a_hold_keeps_it_and_is_named(asked, officer):
    holds.place(
        subject_ref=asked.document.subject_ref,
        retention_class="",
        order_reference="CS 1/2026",
        why="A suit.",
        actor=acting(officer),
    )
    with pytest.raises(Refused):
        deletion_decisions.propose(asked, why="No law.", actor=acting(officer), now=clock.now())
    deletion_decisions.refuse(asked, refusal="hold", why="A hold.", actor=acting(officer), now=clock.now())
    assert asked.refusal == "hold"


def test_a_silent_order_keeps_it_and_the_customer_reads_what_a_hold_says(asked, asha, officer):
    url = reverse("privacy:kyc-document", args=[asked.document.reference])
    before = customer_client(asha).get(url).text
    assert "unless a duty of law or a legal claim stops us" in before
    order_about(asked.document.subject_ref)
    assert "unless a duty of law or a legal claim stops us" in customer_client(asha).get(url).text
    with pytest.raises(Refused):
        deletion_decisions.propose(asked, why="No law.", actor=acting(officer), now=clock.now())
    deletion_decisions.refuse(asked, refusal="hold", why="It must stay.", actor=acting(officer), now=clock.now())
    assert "A duty of law or a legal claim stops us from deleting it now" in customer_client(asha).get(url).text


def test_where_a_law_keeps_it_the_law_is_named_before_an_order(asked, officer):
    verified_long_ago(asked)
    order_about(asked.document.subject_ref)
    deletion_decisions.refuse(asked, refusal="law", why="Looked at the rules.", actor=acting(officer), now=clock.now())
    assert asked.refusal == "law"


def test_a_hold_on_the_owner_keeps_what_lies_under_their_own_account(asked, officer, asha):
    holds.place(
        subject_ref=asha.principal.subject.ref,
        retention_class="",
        order_reference="CS 1/2026",
        why="A suit.",
        actor=acting(officer),
    )
    assert asked.document.subject_ref != asha.principal.subject.ref
    with pytest.raises(Refused):
        deletion_decisions.propose(asked, why="No law.", actor=acting(officer), now=clock.now())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"refusal": "law", "why": "I believe so."}, "NOT_KEPT"),
        ({"refusal": "hold", "why": "I believe so."}, "NOT_KEPT"),
        ({"refusal": "no", "why": "No."}, "REFUSAL"),
        ({"refusal": "claim", "why": " "}, "REASON"),
    ],
)
def test_a_refusal_has_a_true_reason_and_words(asked, officer, given, code):
    with pytest.raises(Refused) as caught:
        deletion_decisions.refuse(asked, **given, actor=acting(officer), now=clock.now())
    assert caught.value.code == code
    asked.refresh_from_db()
    assert asked.state == "asked"


def test_it_is_answered_once_and_by_who_may(asked, officer, maker):
    with pytest.raises(NotAllowed):
        deletion_decisions.propose(asked, why="No law.", actor=acting(maker), now=clock.now())
    deletion_decisions.refuse(asked, refusal="claim", why="A claim is open.", actor=acting(officer), now=clock.now())
    with pytest.raises(IllegalMove):
        deletion_decisions.propose(asked, why="No law.", actor=acting(officer), now=clock.now())


def test_a_file_that_was_never_sent_needs_no_answer(individual):
    ask_to_delete(uploaded(individual), actor=CUSTOMER, now=NOW)
    assert not DeletionRequest.objects.exists()


def test_who_may_answer_is_told_when_it_is_late(asked, officer):
    running = Clock.objects.get(owner=f"kyc.deletion:{asked.reference}")
    assert KycClocks().owns(running.owner)
    KycClocks().late(running, now=clock.now())
    assert Message.objects.filter(kind="kyc.staff_deletion_late").count() == 1


def test_the_queue_s_buttons_propose_and_refuse(asked, officer):
    client = staff_client(officer)
    url = reverse("admin:kyc_deletionrequest_change", args=[asked.pk])
    client.post(url, {"open_record": "1", "purpose": "kyc_review", "ticket": "review queue"})
    page = client.get(url).content.decode()
    assert "Propose to destroy it" in page
    assert "Refuse it" in page


def test_what_waits_stands_before_what_was_answered(asked, officer):
    """The queue would fill its first page with what is done."""
    later = ask_later()
    deletion_decisions.refuse(asked, refusal="claim", why="A claim is open.", actor=acting(officer), now=clock.now())
    listed = staff_client(officer).get(reverse("admin:kyc_deletionrequest_changelist"))
    assert [row.reference for row in listed.context["cl"].result_list] == [later.reference, asked.reference]
    # Days are counted from today, the request is of a fixed day: in time it will be late.
    assert re.search(r"late by \d+ days?|\d days? left", listed.text)


def ask_later() -> DeletionRequest:
    """Somebody else's request, of a day after."""
    customer = CustomerFactory(kind="individual")
    rest_approved(customer)
    document = checked(customer, number="ABCPR7774Z")
    ask_to_delete(document, actor=CUSTOMER, now=NOW + timedelta(days=1))
    return DeletionRequest.objects.get(document=document)


def test_a_refusal_takes_no_reason_for_granted_and_stands_beside_what_keeps_it(asked, officer):
    client = staff_client(officer)
    page = reverse("admin:kyc_deletionrequest_change", args=[asked.pk])
    client.post(page, {"open_record": "1", "purpose": "kyc_review", "ticket": asked.reference})
    act = reverse("admin:kyc_deletionrequest_do_one", args=[asked.pk, "refuse"])
    assert "No law and no legal hold." in client.get(act).text
    answer = client.post(act, {"_selected_action": asked.pk, "answer": "1", "why": "I looked at the rules."})
    assert answer.status_code == 422
    assert "Certificate" not in client.get(page).text
    deletion_decisions.refuse(asked, refusal="claim", why="A claim is open.", actor=acting(officer), now=clock.now())
    assert "It is needed to submit or to answer a claim" in client.get(page).text


def test_who_asked_reads_by_when_we_answer(asked, asha):
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[asked.document.reference])).text
    assert f"You asked us to delete it ({asked.reference}). We answer by 25 December 2026 and write to you." in page


def test_one_person_destroys_nothing(asked, officer):
    made = deletion_decisions.propose(asked, why="No law keeps it.", actor=acting(officer), now=clock.now())
    with pytest.raises(NotAllowed):
        deletion_decisions.answer(made, approve=True, actor=acting(officer), now=clock.now())
    with pytest.raises(IllegalMove):
        deletion_decisions.propose(asked, why="Once more.", actor=acting(officer), now=clock.now())
    with pytest.raises(IllegalMove):
        deletion_decisions.refuse(asked, refusal="claim", why="A claim.", actor=acting(officer), now=clock.now())
    assert Document.objects.get(pk=asked.document_id).erased_at is None
    assert Clock.objects.get(owner=asked.owner).state == "running"


def test_a_proposal_to_destroy_says_why(asked, officer):
    with pytest.raises(Refused) as caught:
        deletion_decisions.propose(asked, why=" ", actor=acting(officer), now=clock.now())
    assert caught.value.code == "REASON"


def test_a_paper_that_was_approved_is_kept_by_law_before_its_case_is(individual, officer, asha):
    """The pages promise it while the customer is with us; the case was not verified yet, and one press destroyed it."""
    document = checked(individual)
    Document.objects.filter(pk=document.pk).update(state="approved")
    document.refresh_from_db()
    assert document.case.verified_at is None
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    request = DeletionRequest.objects.get()
    with pytest.raises(Refused) as caught:
        deletion_decisions.propose(request, why="The customer wants it.", actor=acting(officer), now=clock.now())
    assert caught.value.code == "KEPT"
    deletion_decisions.refuse(request, refusal="law", why="The rules.", actor=acting(officer), now=clock.now())
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "A law asks us to keep it" in page


def test_who_decided_about_the_paper_does_not_agree_to_its_end(asked, officer, maker, second):
    checker = StaffFactory(roles=["kyc_checker"])
    Decision.objects.create(
        reference=ids.new_reference("PR"),
        document=asked.document,
        document_sha256="0" * 64,
        outcome="ask_again",
        reason_code="unreadable",
        act="kyc.decision",
        made_by=maker,
        made_at=NOW,
        checked_by=checker,
        checked_at=NOW,
        answer="approved",
    )
    made = deletion_decisions.propose(asked, why="No law keeps it.", actor=acting(officer), now=clock.now())
    with pytest.raises(NotAllowed):
        deletion_decisions.answer(made, approve=True, actor=acting(checker), now=clock.now())
    made.refresh_from_db()
    assert made.answer == "pending"
    deletion_decisions.answer(made, approve=True, actor=acting(second), now=clock.now())
    asked.refresh_from_db()
    assert asked.state == "erased"
    assert asked.certificate["proposed_by"] == f"staff:user:{officer.pk}"


def test_a_hold_of_after_the_proposal_keeps_it(asked, officer, second):
    made = deletion_decisions.propose(asked, why="No law keeps it.", actor=acting(officer), now=clock.now())
    holds.place(
        subject_ref=asked.document.subject_ref,
        retention_class="",
        order_reference="CS 1/2026",
        why="A suit.",
        actor=acting(officer),
    )
    with pytest.raises(Refused) as caught:
        deletion_decisions.answer(made, approve=True, actor=acting(second), now=clock.now())
    assert caught.value.code == "KEPT"
    deletion_decisions.answer(made, approve=False, reason="A hold came.", actor=acting(second), now=clock.now())
    deletion_decisions.refuse(asked, refusal="hold", why="A hold.", actor=acting(second), now=clock.now())


def test_the_second_person_reads_the_reason_and_destroys_on_the_page(asked, officer, second):
    desk = staff_client(officer)
    page = reverse("admin:kyc_deletionrequest_change", args=[asked.pk])
    desk.post(page, {"open_record": "1", "purpose": "kyc_review", "ticket": asked.reference})
    act = reverse("admin:kyc_deletionrequest_do_one", args=[asked.pk, "propose"])
    assert desk.post(act, {"_selected_action": asked.pk, "answer": "1", "why": ""}).status_code == 422
    desk.post(act, {"_selected_action": asked.pk, "answer": "1", "why": "Nobody decided on it yet."})
    made = DeletionProposal.objects.get()
    other = staff_client(second)
    shown = other.get(reverse("admin:kyc_deletionproposal_change", args=[made.pk])).text
    assert "Nobody decided on it yet." in shown
    other.post(
        reverse("admin:kyc_deletionproposal_do_one", args=[made.pk, "approve"]),
        {"_selected_action": made.pk, "answer": "1"},
    )
    asked.refresh_from_db()
    assert asked.state == "erased"
