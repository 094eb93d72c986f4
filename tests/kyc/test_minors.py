"""A child who is known by a signed date of birth: frozen, left in peace, erased, told; and who is not known by one."""

from datetime import timedelta

import pytest
from django.urls import reverse

from kyc.cases.outstanding_items import needs_of
from kyc.cases.selectors import sender_state, to_review
from kyc.models import Case, Document, FreezeLift, MinorFound, Party
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services import document_uploads, underage_detections
from kyc.review.services.document_uploads import open_case
from kyc.review.services.related_parties import add_person
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.people.selectors import is_child, protection_of
from portal.kernel.people.services import freezes, guardianships
from portal.kernel.retention.services import holds
from portal.kernel.vault.models import ShredOrder, StoredFile, SubjectKey
from tests.kyc import documents
from tests.kyc.factories import (
    CUSTOMER,
    answered,
    checked,
    firm,
    held_by_order,
    paper,
    party_of,
    proposed,
    rest_approved,
    uploaded,
)
from tests.kyc.signatures import vectors
from tests.kyc.test_proving import ekyc, offline, pinned, read_here  # noqa: F401 - a throw-away issuer, read without its child
from tests.kyc.test_shredding import opened
from tests.people.factories import (
    CustomerFactory,
    CustomerUserFactory,
    MembershipFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.usefixtures("same_process")


def child(**changes) -> bytes:
    return ekyc(dob=vectors.age_dates(clock.now())["eighteen_tomorrow"], **changes)


@pytest.fixture
def found(individual, asha, django_capture_on_commit_callbacks) -> MinorFound:
    """Asha has sent a PAN card, and then an offline e-KYC file that shows her to be 17."""
    uploaded(individual)
    with django_capture_on_commit_callbacks(execute=True):
        offline(individual, child())
    return MinorFound.objects.select_related("case__customer", "document").get()


def test_a_child_is_frozen_and_gets_no_more_messages_in_the_same_transaction(found, individual, asha):
    case, ref = found.case, asha.principal.subject.ref
    assert (case.state, case.frozen_at == found.frozen_at) == ("rejected", True)
    assert case.customer.state == "closed"
    assert not sender_state(subject_ref=individual.subject.ref, on=clock.day(clock.now())).is_verified
    assert is_child(ref, at=clock.now())
    protection = protection_of(ref, at=clock.now())
    assert (protection.ground, protection.adult_on) == ("document", clock.day(clock.now()) + timedelta(days=1))


def test_nothing_of_a_child_who_was_never_verified_is_kept(found):
    documents = Document.objects.all()
    assert (len(documents), found.erased, found.kept) == (2, 2, 0)
    for document in documents:
        assert document.erased_at is not None
        assert (document.number_sealed, document.number_display, document.declared_sealed) == (None, "", None)
        assert not SubjectKey.objects.filter(subject_ref=document.key_ref).exists()
    assert not StoredFile.objects.filter(shredded_at=None).exists()
    assert (found.document.state, found.document.fault) == ("refused", "MINOR")


def test_the_contact_is_told_and_the_times_are_reported(found):
    told = Message.objects.filter(kind="kyc.minor_found")
    assert (told.count(), found.messages) == (2, 2)
    times = [found.found_at, found.frozen_at, found.stopped_at, found.erased_at, found.told_at]
    assert times == sorted(times)
    assert times[-1] - times[0] < timedelta(minutes=1)
    event = AuditEvent.objects.get(kind="kyc.minor.found")
    assert event.facts["erased"] == 2
    page = opened(
        StaffFactory(roles=["data_protection_officer"]), reverse("admin:kyc_minorfound_change", args=[found.pk])
    )
    assert "messages stopped" in page.lower()
    assert found.case.reference in page


def test_a_frozen_account_takes_no_documents(found, individual):
    with pytest.raises(Refused) as caught:
        uploaded(individual, kind="passport", number="A1234567")
    assert caught.value.code == "FROZEN"


@pytest.mark.parametrize("age", ["eighteen_today", "year_only"])
def test_who_is_eighteen_today_or_may_be_by_the_year_is_not_frozen(individual, asha, age):
    document = offline(individual, ekyc(dob=vectors.age_dates(clock.now())[age]))
    assert document.state == "checked"
    assert not MinorFound.objects.exists()
    assert not is_child(asha.principal.subject.ref, at=clock.now())


def test_a_date_that_nobody_signed_freezes_nobody(individual, asha, pinned):  # noqa: F811 - the fixture
    pinned.delete()
    offline(individual, child(), declared={"born_on": "2015-01-01"})
    assert not MinorFound.objects.exists()


def test_what_a_law_keeps_of_a_customer_who_was_verified_is_locked_away(individual, asha):
    rest_approved(individual, but=())
    Case.objects.update(verified_at=clock.now() - timedelta(days=400), state="approved")
    offline(individual, child())
    row = MinorFound.objects.get()
    kept = Document.objects.filter(erased_at=None)
    assert (row.erased, row.kept, kept.count()) == (1, 2, 2)
    assert {document.retention_class for document in kept} == {"kyc"}


def test_a_hold_keeps_documents_of_a_child(individual, asha):
    uploaded(individual)
    officer = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    holds.place(
        subject_ref=individual.subject.ref,
        retention_class="",
        order_reference="CS 1/2026",
        why="A suit.",
        actor=officer,
    )
    offline(individual, child())
    row = MinorFound.objects.get()
    assert (row.erased, row.kept) == (0, 2)
    assert row.document.kept.shredded_at is None
    ended = ShredOrder.objects.filter(subject_ref=row.document.quarantine_ref)
    assert ended.exists()  # name, birth and address in clear


def test_a_hold_on_the_child_keeps_documents_of_their_own_account(individual, asha):
    uploaded(individual)
    holds.place(
        subject_ref=asha.principal.subject.ref,
        retention_class="",
        order_reference="CS 1/2026",
        why="A suit.",
        actor=actor.staff(StaffFactory(roles=["data_protection_officer"]).pk),
    )
    offline(individual, child())
    assert (MinorFound.objects.get().erased, MinorFound.objects.get().kept) == (0, 2)


def test_a_child_behind_an_organisation_is_taken_off_its_list_and_the_rest_stays(organisation):
    CustomerUserFactory(email="boss@acme.example", member_of=organisation)
    party = party_of(organisation, principal=PrincipalFactory(full_name="Asha Rao"))
    own = uploaded(organisation)
    offline(organisation, child(), party=party)
    row = MinorFound.objects.select_related("case").get()
    party.refresh_from_db()
    own.refresh_from_db()
    assert party.ended_at is not None
    assert (row.case.frozen_at, own.erased_at) == (None, None)
    assert is_child(party.principal.subject.ref, at=clock.now())
    assert Message.objects.filter(kind="kyc.minor_behind_found").count() == 2
    assert "signatory" in {one.role for one in needs_of(row.case, now=clock.now()).lacking}


def named(organisation) -> Party:
    """Asha, whom the organisation has named as who signs for it."""
    case = Case.objects.get(customer=organisation)
    return add_person(case, full_name="Asha Rao", roles=["signatory"], actor=CUSTOMER, now=clock.now())


def test_a_hold_keeps_the_papers_of_a_child_behind_an_organisation(organisation):
    party = named(organisation)
    licence = checked(organisation, party=party, kind="passport", number="A1234567", data=documents.pdf("A1234567"))
    held_by_order(party.principal.subject.ref)
    offline(organisation, child(), party=party)
    row = MinorFound.objects.get()
    licence.refresh_from_db()
    assert (row.erased, row.kept) == (0, 2)
    assert (licence.state, licence.kept.shredded_at) == ("removed", None)
    assert not ShredOrder.objects.filter(subject_ref=licence.key_ref).exists()


def test_what_was_let_go_before_is_not_counted_as_kept(organisation, django_capture_on_commit_callbacks):
    party = named(organisation)
    passport = uploaded(organisation, party=party, kind="passport", number="A1234567")
    with django_capture_on_commit_callbacks(execute=True):
        ask_to_delete(passport, actor=CUSTOMER, now=clock.now())
    held_by_order(party.principal.subject.ref)
    offline(organisation, child(), party=party)
    row = MinorFound.objects.get()
    assert (row.erased, row.kept) == (0, 1)


def test_a_child_who_is_a_sole_proprietor_is_the_customer_whatever_the_account(
    house, django_capture_on_commit_callbacks
):
    shop = firm("proprietor")
    owner = CustomerUserFactory(email="boss@acme.example", member_of=shop)
    with django_capture_on_commit_callbacks(execute=True):
        offline(shop, child())
    shop.refresh_from_db()
    assert shop.state == "closed"
    assert is_child(owner.principal.subject.ref, at=clock.now())


def test_a_child_behind_an_organisation_is_frozen_wherever_they_are(organisation, maker, checker):
    party = named(organisation)
    own, other = CustomerFactory(kind="individual"), firm("company")
    for customer in (own, other):
        MembershipFactory(customer=customer, principal=party.principal)
    mine = paper(open_case(customer=own, actor=CUSTOMER, now=clock.now()), "driving_licence", state="checked")
    elsewhere = add_person(
        open_case(customer=other, actor=CUSTOMER, now=clock.now()),
        full_name="Asha Rao",
        roles=["signatory"],
        principal=party.principal,
        actor=CUSTOMER,
        now=clock.now(),
    )
    offline(organisation, child(), party=party)
    for row in (own, other, mine, elsewhere):
        row.refresh_from_db()
    assert (own.state, other.state) == ("closed", "active")
    assert mine.erased_at is not None
    assert elsewhere.ended_at is not None
    found = MinorFound.objects.get()
    assert found.closed_customers == [own.reference]
    lifted(found, maker, checker)
    own.refresh_from_db()
    assert own.state == "active"


def test_no_time_is_stated_of_what_was_not_done(house):
    nobody = CustomerFactory(kind="individual")
    offline(nobody, child())
    row = MinorFound.objects.get()
    assert (row.stopped_at, row.told_at, row.messages) == (None, None, 0)


def held(found) -> Document:
    """A licence that an order keeps, checked and sent before its child was found."""
    row = paper(found.case, "driving_licence", state="checked", sent_at=clock.now())
    return Document.objects.select_related("case__customer").get(pk=row.pk)


def test_what_was_erased_proves_nothing_and_its_place_is_free_when_the_freeze_ends(found, individual, maker, checker):
    erased = Document.objects.exclude(pk=found.document_id).get()
    Document.objects.filter(pk=erased.pk).update(sent_at=clock.now())
    assert erased.state == "destroyed"
    with pytest.raises(IllegalMove):
        proposed(erased, maker, outcome="ask_again", reason_code="unreadable", message="Send it again.")
    assert not SubjectKey.objects.filter(subject_ref=erased.key_ref).exists()
    lifted(found, maker, checker)
    assert uploaded(individual).state == "received"


def test_nothing_of_a_frozen_case_is_decided_or_sent(found, maker, checker):
    document = held(found)
    assert not to_review(at=clock.now()).exists()
    for outcome in ({"outcome": "approve"}, {"outcome": "ask_again", "reason_code": "cut_off", "message": "Again."}):
        with pytest.raises(Refused) as caught:
            proposed(document, maker, **outcome)
        assert caught.value.code == "FROZEN"
    Document.objects.filter(pk=document.pk).update(sent_at=None)
    with pytest.raises(Refused) as caught:
        document_uploads.send(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=clock.now())
    assert caught.value.code == "FROZEN"
    lifted(found, maker, checker)
    document_uploads.send(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=clock.now())
    assert to_review(at=clock.now()).get() == document


def test_a_freeze_between_the_two_people_stops_the_second(individual, asha, maker, checker):
    document = checked(individual)
    decision = proposed(document, maker)
    Case.objects.update(frozen_at=clock.now())
    with pytest.raises(Refused) as caught:
        answered(decision, checker)
    assert caught.value.code == "FROZEN"


def lifted(found, maker, checker) -> None:
    """Two people end the freeze."""
    now = clock.now()
    made = underage_detections.propose_lift(
        found, why="The register office was wrong.", actor=actor.staff(maker.pk), now=now
    )
    underage_detections.answer_lift(made, approve=True, actor=actor.staff(checker.pk), now=now)


def test_two_people_lift_a_freeze_once_and_say_why(found, asha, maker, checker):
    one, two, why = actor.staff(maker.pk), actor.staff(checker.pk), "The register office has corrected the date."
    for words in (" ", "Ask asha@example.in."):
        with pytest.raises(Refused):
            underage_detections.propose_lift(found, why=words, actor=one, now=clock.now())
    stranger = actor.staff(StaffFactory(roles=["support"]).pk)
    with pytest.raises(NotAllowed):
        underage_detections.propose_lift(found, why="Wrong.", actor=stranger, now=clock.now())
    made = underage_detections.propose_lift(found, why=why, actor=one, now=clock.now())
    with pytest.raises(IllegalMove):
        underage_detections.propose_lift(found, why="Again.", actor=two, now=clock.now())
    with pytest.raises(NotAllowed):
        underage_detections.answer_lift(made, approve=True, actor=one, now=clock.now())
    case = Case.objects.select_related("customer").get()
    assert case.frozen_at is not None, "one person alone opens nothing"
    assert case.customer.state == "closed"
    underage_detections.answer_lift(made, approve=False, reason="Show the letter.", actor=two, now=clock.now())
    assert Case.objects.get().frozen_at is not None
    lifted(found, maker, checker)
    case = Case.objects.select_related("customer").get()
    assert (case.frozen_at, case.state, case.customer.state) == (None, "open", "active")
    assert document_uploads.why_not_now(found.document, now=clock.now()) == ""
    kinds = list(AuditEvent.objects.filter(kind__startswith="kyc.freeze").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["kyc.freeze.proposed", "kyc.freeze.answered"] * 2
    found.refresh_from_db()
    with pytest.raises(IllegalMove):
        underage_detections.propose_lift(found, why="Again.", actor=one, now=clock.now())


def test_the_pages_propose_and_answer_the_end_of_a_freeze(found, maker, checker):
    page = reverse("admin:kyc_minorfound_do_one", args=[found.pk, "propose-lift"])
    said = {"why": "The register office was wrong.", "answer": "1"}
    staff_client(maker).post(page, said)
    made = FreezeLift.objects.get()
    answer = reverse("admin:kyc_freezelift_do_one", args=[made.pk, "answer-lift"])
    for who, is_frozen in ((maker, True), (checker, False)):
        staff_client(who).post(answer, {"decision": "approve", "reason": "", "answer": "1"})
        assert (Case.objects.get().frozen_at is not None) == is_frozen


def test_no_person_alone_opens_the_account_of_a_frozen_child_or_lets_them_answer_alone(found, asha, maker, checker):
    desk = staff_client(StaffFactory(roles=["data_protection_officer", "support", "administrator"]))
    customer, ref = found.case.customer, asha.principal.subject.ref
    acts = (
        reverse("admin:people_principal_do_one", args=[asha.principal_id, "unprotect"]),
        reverse("admin:people_customer_do_one", args=[customer.pk, "reopen"]),
    )
    for act in acts:
        desk.post(act, {"answer": "1"})
    customer.refresh_from_db()
    assert customer.state == "closed"
    assert is_child(ref, at=clock.now())
    with pytest.raises(Refused) as refusal:
        freezes.require_not_frozen(ref)
    assert refusal.value.code == "TWO_PEOPLE"
    lifted(found, maker, checker)
    freezes.require_not_frozen(ref)
    assert not is_child(ref, at=clock.now())


def test_the_account_of_a_child_is_asked_for_nothing_and_can_say_that_it_is_wrong(found, asha, individual):
    client, document = customer_client(asha), reverse("privacy:kyc-document", args=[found.document.reference])
    listed = client.get(reverse("privacy:kyc")).text
    assert "The account is frozen" in listed
    assert document in listed
    assert "Your turn" not in listed
    page = client.get(document).text
    assert "This is wrong: ask a person" in page
    assert "Send it again" not in page
    other = Document.objects.exclude(pk=found.document_id).get()
    erased = client.get(reverse("privacy:kyc-document", args=[other.reference])).text
    assert "It is destroyed." in erased
    for said in ("It is with us", "Ask to delete it", "Being checked"):
        assert said not in erased
    upload = client.get(reverse("privacy:kyc-upload", args=[individual.reference, "pan_card"]))
    assert "This account is frozen" in upload.text
    assert "<form" not in upload.text.partition("<main")[2].partition("</main")[0]


def says_child(person) -> None:
    guardianships.protect(
        subject_ref=person.subject.ref, kind="child", ground="declared", actor=CUSTOMER, now=clock.now()
    )


def test_nothing_is_taken_or_decided_once_somebody_said_that_they_are_under_18(individual, asha, maker, checker):
    rest_approved(individual)
    document = checked(individual)
    decision = proposed(document, maker)
    draft = uploaded(individual, kind="driving_licence", number="MH1220110012345")
    says_child(asha.principal)
    with pytest.raises(Refused, match="under 18"):
        answered(decision, checker)
    answered(decision, checker, approve=False, reason="Known as under 18.")
    for refused in (
        lambda: proposed(document, maker),
        lambda: uploaded(individual, kind="passport", number="A1234567", now=clock.now()),
        lambda: document_uploads.send(draft, actor=CUSTOMER, now=clock.now()),
    ):
        with pytest.raises(Refused, match="under 18") as raised:
            refused()
        assert raised.value.code == "FROZEN"
    assert not to_review(at=clock.now()).exists()
    assert Case.objects.get().state != "approved"
    page = opened(maker, reverse("admin:kyc_document_change", args=[document.pk]))
    assert "known as under 18" in page
    assert "Propose" not in page
    client = customer_client(asha)
    for url in (
        reverse("privacy:kyc-document", args=[document.reference]),
        reverse("privacy:kyc-upload", args=[individual.reference, "passport"]),
        reverse("privacy:kyc"),
    ):
        page = client.get(url).text
        assert "take no documents of children" in page
        assert "It is with us." not in page


def test_a_mistake_about_somebodys_age_ends_with_its_note(individual, asha, maker, checker):
    rest_approved(individual)
    document = checked(individual)
    says_child(asha.principal)
    guardianships.end_all(subject_ref=asha.principal.subject.ref, actor=CUSTOMER, now=clock.now())
    assert list(to_review(at=clock.now())) == [document]
    answered(proposed(document, maker), checker)
    assert Case.objects.get().state == "approved"


def test_of_an_organisation_only_the_papers_of_the_child_itself_rest(organisation, maker):
    party = party_of(organisation)
    says_child(party.principal)
    own, childs = checked(organisation), paper(party.case, "passport", party=party, state="checked")
    assert list(to_review(at=clock.now())) == [own]
    with pytest.raises(Refused, match="under 18"):
        proposed(childs, maker)
    assert proposed(own, maker).outcome == "approve"
