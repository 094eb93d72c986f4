"""A yes on paper or by telephone: one person brings the proof, another looks at it and agrees."""

import hashlib
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from consent.base.choices import Answer, AppointedBy, Relation, ShownBy, Way
from consent.collection.services import offline_consents
from consent.collection.services.offline_consents import Taken
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.erasure import Scans
from consent.models import ConsentEvent, ConsentEvidence, GuardianAnswer, HeldConsent, TakenAnswer
from consent.records.services import guardian_consents
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice
from consent.records.services.guardian_consents import Guardian
from consent.records.services.projection import rebuild as rebuild_consent_state
from consent.suppressions.services.withdrawals import withdraw
from kyc.cases.labels import WHYS
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.addresses import address_keys
from portal.kernel.core.admin.record_access import PURPOSE_NAMES, PURPOSES
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.ledger.services import payload_of
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import contacts, guardianships, subjects
from portal.kernel.vault.models import StoredFile
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.grievances.pictures import png
from tests.people.factories import StaffFactory
from tests.registers.factories import registered_sender
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
OPENING = {"open_record": "1", "purpose": "support", "ticket": "review queue"}


@pytest.fixture
def notice(law):
    return published_notice(asks=["marketing", "product_updates", "analytics", "call_recording"])


@pytest.fixture
def asha(notice):
    return person()


@pytest.fixture
def maker():
    return StaffFactory(roles=["support"])


@pytest.fixture
def checker():
    return StaffFactory(roles=["data_protection_officer"])


def taken(who, notice, **changes):
    usual = Taken(
        subject_ref=who.subject.ref,
        fiduciary=Fiduciary.objects.get(code="onesetu"),
        purpose="product_updates",
        channels=["sms"],
        way=Way.PAPER,
        notice_version=notice,
        language="en",
        occurred_at=clock.now() - timedelta(days=2),
    )
    return replace(usual, **changes)


def propose(maker, what, scan=b""):
    stream = io.BytesIO(scan or png()) if scan is not None else None
    return offline_consents.propose(taken=what, scan=stream, actor=actor.staff(maker.pk))


def agree(checker, proposal, **changes):
    """As a careful second person: with the scan open."""
    if proposal.scan is not None:
        offline_consents.open_scan(proposal, actor=actor.staff(checker.pk)).close()
    return offline_consents.answer(proposal=proposal, actor=actor.staff(checker.pk), **{"approve": True, **changes})


def test_nothing_is_recorded_before_another_person_has_agreed(asha, notice, maker, checker):
    proposal = propose(maker, taken(asha, notice))
    assert not ConsentEvent.objects.exists()
    done = agree(checker, proposal)
    (event,) = done.events
    assert (event.answer, event.way, event.channel, event.purpose) == ("given", "paper", "sms", "product_updates")
    assert event.occurred_at == proposal.occurred_at
    assert event.notice_sha256 == notice.binding.sha256
    proposal.refresh_from_db()
    assert proposal.receipt == done.receipt
    told = AuditEvent.objects.filter(kind__startswith="consent.taken").values_list("kind", flat=True)
    assert sorted(told) == ["consent.taken.answered", "consent.taken.proposed"]


def test_a_consent_by_phone_to_one_sender_is_recorded_for_that_one_alone(asha, notice, maker, checker):
    for sender in ("ONESTU", "OFFERS"):
        registered_sender(sender, carries=["service"])
    call = {"way": Way.PHONE, "call_reference": "CALL-2026-0001"}
    before = offline_consents.shown(propose(maker, taken(asha, notice, **call), scan=None))
    assert "sender" not in before, "two people are bound to what they always were"
    proposal = propose(maker, taken(asha, notice, sender="AD-ONESTU-S", **call), scan=None)
    assert offline_consents.shown(proposal)["sender"] == "ONESTU"
    (event,) = agree(checker, proposal).events
    assert (event.sender, event.answer, event.way) == ("ONESTU", "given", "phone")
    noon = clock.now().astimezone(clock.IST).replace(hour=12) + timedelta(days=1)
    asked = {"address": ASHA_PHONE, "purpose": "product_updates", "channel": "sms", "at": noon}
    assert [may_contact(**asked, header=header).allowed for header in ("ONESTU", "OFFERS")] == [True, False]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sender": "NOBODY"}, "UNKNOWN_SENDER"),
        ({"sender": "ONESTU", "channels": ["sms", "email"]}, "UNKNOWN_SENDER"),
        ({"sender": "ONESTU", "purpose": "marketing"}, "SENDER_CATEGORY"),
    ],
)
def test_a_sender_that_may_not_be_named_is_refused_before_anybody_is_asked(asha, notice, maker, changes, code):
    registered_sender("ONESTU", carries=["service"])
    with pytest.raises(Refused) as refusal:
        propose(maker, taken(asha, notice, **changes))
    assert refusal.value.code == code
    assert not TakenAnswer.objects.exists()


def test_a_guardian_names_no_sender(asha, notice, maker):
    registered_sender("ONESTU", carries=["service"])
    guarded(asha)
    with pytest.raises(Refused) as refusal:
        propose(maker, taken(asha, notice, guardian=parent(), sender="ONESTU"))
    assert refusal.value.code == "SENDER_OF_WARD"


def test_a_consent_to_all_leaves_a_sender_that_was_refused_by_itself(asha, notice, maker, checker):
    registered_sender("ONESTU", carries=["service"])
    withdraw(
        subject_ref=asha.subject.ref, purpose="product_updates", channel="sms", sender="ONESTU", way=Way.PAGE,
        actor=actor.SYSTEM, now=clock.now() - timedelta(days=3),
    )  # fmt: skip
    events = agree(checker, propose(maker, taken(asha, notice))).events
    assert [(event.sender, event.answer) for event in events] == [("", "given"), ("ONESTU", "denied")]


def test_the_scan_lies_encrypted_in_the_vault_and_the_leaf_names_its_hash(asha, notice, maker, checker):
    proposal = propose(maker, taken(asha, notice))
    (event,) = agree(checker, proposal).events
    kept = ConsentEvidence.objects.get(event=event)
    clear = offline_consents.open_scan(proposal, actor=actor.staff(checker.pk)).read()
    assert kept.file == proposal.scan
    assert hashlib.sha256(clear).hexdigest() == kept.sha256
    assert payload_of(event.entry)["evidence"] == [{"type": "scan", "sha256": kept.sha256}]
    assert StoredFile.objects.get().subject_ref == asha.subject.ref


def test_a_call_needs_its_reference_and_keeps_it(asha, notice, maker, checker):
    with pytest.raises(Refused) as refusal:
        propose(maker, taken(asha, notice, way=Way.PHONE, call_reference=ASHA_PHONE), scan=None)
    assert refusal.value.code == "CALL_REFERENCE"
    proposal = propose(maker, taken(asha, notice, way=Way.PHONE, call_reference="CALL-77-A"), scan=None)
    (event,) = agree(checker, proposal).events
    assert event.way == "phone"
    assert ConsentEvidence.objects.get(event=event).reference == "CALL-77-A"


def test_the_second_person_reads_whose_consent_it_is_to_what_and_the_proof_and_opens_it_by_one_button(
    asha, notice, maker, checker
):
    asha.full_name = "Asha Rao"
    asha.save()
    proposal = propose(maker, taken(asha, notice))
    client = staff_client(checker)
    page = reverse("admin:consent_takenanswer_change", args=[proposal.pk])
    assert "Decide on this proposal" in client.get(page).text
    shown = client.post(page, {"open_record": "1", "reason": "decision approvals"}, follow=True).text
    said = shown[shown.index('<section class="approval"') : shown.index("</table>")]
    for words in ("Asha R.", "Consent given", "SMS", str(Way.PAPER.label), "Open the scan", str(notice)):
        assert words in said, words
    assert str(asha.subject.ref) not in said
    event = AuditEvent.objects.filter(kind="admin.record.opened").latest("pk")
    assert (event.facts["purpose"], event.facts["ticket"]) == ("decision", "approvals")


def test_whoever_cannot_answer_a_proposal_opens_it_for_what_they_come_for(asha, notice, maker):
    page = reverse("admin:consent_takenanswer_change", args=[propose(maker, taken(asha, notice)).pk])
    auditor = StaffFactory(roles=["auditor"])
    for who, words, purpose, ticket in (
        (auditor, "For an audit", "audit", "audit"),
        (maker, "Read my proposal", "own_proposal", "approvals"),
    ):
        client = staff_client(who)
        asked = client.get(page).text
        assert words in asked
        assert "Decide on this proposal" not in asked
        assert client.post(page, {"open_record": "1", "reason": "decision approvals"}).status_code == 422
        client.post(page, {"open_record": "1", "reason": f"{purpose} {ticket}"})
        event = AuditEvent.objects.filter(kind="admin.record.opened").latest("pk")
        assert (event.facts["purpose"], event.facts["ticket"]) == (purpose, ticket)
    reader = staff_client(StaffFactory(roles=["support"]))
    assert "Decide on this proposal" not in reader.get(page).text


def test_no_list_to_choose_from_has_the_purpose_of_a_proposal(asha, notice, maker, checker):
    page = reverse("admin:consent_takenanswer_change", args=[propose(maker, taken(asha, notice)).pk])
    chosen = {"open_record": "1", "purpose": "decision", "ticket": "approvals"}
    assert staff_client(checker).post(page, chosen).status_code == 422
    assert "decision" not in dict(PURPOSES)
    assert set(dict(PURPOSES)) | {"decision", "own_proposal"} == set(PURPOSE_NAMES) == set(WHYS) - {""}
    assert str(WHYS["decision"]) == "To decide on a proposal about you"


def test_the_same_person_cannot_agree_nor_a_role_without_the_act(asha, notice, maker):
    proposal = propose(maker, taken(asha, notice))
    for who in (maker, StaffFactory(roles=["kyc_checker"])):
        with pytest.raises(NotAllowed):
            agree(who, proposal)
    with pytest.raises(NotAllowed):
        propose(StaffFactory(roles=["auditor"]), taken(asha, notice))
    assert not ConsentEvent.objects.exists()


def test_a_refusal_records_nothing_but_itself(asha, notice, maker, checker):
    proposal = propose(maker, taken(asha, notice))
    assert agree(checker, proposal, approve=False, reason="No signature.") is None
    assert not ConsentEvent.objects.exists()
    assert TakenAnswer.objects.get().answer == "refused"


def test_what_was_changed_after_proposing_is_not_agreed_to(asha, notice, maker, checker):
    proposal = propose(maker, taken(asha, notice))
    TakenAnswer.objects.update(channels=["sms", "email"])
    proposal.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        agree(checker, proposal)
    assert refusal.value.code == "SHOWN_CHANGED"


def test_nobody_agrees_to_a_scan_that_they_have_not_opened(asha, notice, maker, checker):
    proposal = propose(maker, taken(asha, notice))
    offline_consents.open_scan(proposal, actor=actor.staff(maker.pk)).close()
    with pytest.raises(Refused, match="Open the scan first"):
        offline_consents.answer(proposal=proposal, approve=True, actor=actor.staff(checker.pk))
    assert not ConsentEvent.objects.exists()


def test_an_address_that_came_after_the_proposal_gets_no_yes_from_it(asha, notice, maker, checker):
    proposal = propose(maker, taken(asha, notice))
    contacts.add(principal=asha, kind="phone", address="+919876543299", verified=True, actor=actor.SYSTEM)
    with pytest.raises(Refused):
        agree(checker, proposal)
    assert not ConsentEvent.objects.exists()
    agree(checker, proposal, approve=False, reason="She has another number now.")


def test_where_there_is_a_yes_already_it_is_renewed(asha, notice, maker, checker):
    said(asha, "given", purpose="product_updates")
    (event,) = agree(checker, propose(maker, taken(asha, notice))).events
    assert event.answer == "renewed"


@pytest.mark.parametrize(
    ("changes", "scan", "code"),
    [
        ({}, None, "SCAN_MISSING"),
        ({}, b"GIF89a no picture of ours", "TYPE"),
        ({"occurred_at": clock.now() + timedelta(days=1)}, b"", "OCCURRED_IN_FUTURE"),
        ({"purpose": "billing"}, b"", "NOTICE_MISSING"),
        ({"channels": []}, b"", "CHANNEL_NOT_USED"),
        ({"purpose": "analytics"}, b"", "CHANNEL_NOT_USED"),
    ],
)
def test_what_is_no_proof_or_no_question_is_refused_and_leaves_nothing(asha, notice, maker, changes, scan, code):
    with pytest.raises(Refused) as refusal:
        propose(maker, taken(asha, notice, **changes), scan=scan)
    assert refusal.value.code == code
    assert not TakenAnswer.objects.exists()
    assert not StoredFile.objects.exists()


def test_an_address_that_the_person_does_not_have_is_named_before_anybody_is_asked(notice, maker):
    with pytest.raises(Refused) as refusal:
        propose(maker, taken(person(phone=None), notice))
    assert refusal.value.code == "NO_ADDRESS"


def guarded(who, kind="child"):
    guardianships.protect(
        subject_ref=who.subject.ref, kind=kind, ground="declared", actor=actor.SYSTEM, now=clock.now()
    )


def parent(**changes):
    mother = person(email=None, phone="+919811110000")
    return Guardian(mother.subject.ref, Relation.PARENT, ShownBy.HELD, ShownBy.TOKEN, **changes)


def test_a_parents_yes_keeps_how_identity_and_age_were_shown_and_closes_what_was_held(asha, notice, maker, checker):
    guarded(asha)
    onesetu = Fiduciary.objects.get(code="onesetu")
    guardian_consents.hold(
        subject_ref=asha.subject.ref, fiduciary=onesetu, purpose="product_updates", channels=["sms"],
        notice=notice.binding, actor=actor.SYSTEM, now=clock.now(),
    )  # fmt: skip
    mother = parent()
    (event,) = agree(checker, propose(maker, taken(asha, notice, guardian=mother))).events
    kept = GuardianAnswer.objects.get()
    assert (kept.guardian_ref, kept.identity_shown, kept.age_shown) == (mother.ref, "held", "token")
    in_leaf = {item["type"]: item["sha256"] for item in payload_of(event.entry)["evidence"]}
    assert in_leaf["guardian"] == kept.sha256 == mother.evidence["sha256"]
    assert HeldConsent.objects.get().state == "given"


def test_without_a_guardian_a_childs_yes_is_not_recorded_by_any_door(asha, notice, maker):
    guarded(asha)
    with pytest.raises(Refused) as refusal:
        propose(maker, taken(asha, notice))
    assert refusal.value.code == "HELD_FOR_GUARDIAN"
    with pytest.raises(Refused) as refusal:
        said(asha, "given", purpose="product_updates")
    assert refusal.value.code == "HELD_FOR_GUARDIAN"
    assert said(asha, "denied", purpose="product_updates").answer == "denied"


def test_turning_out_to_be_a_child_ends_at_once_what_was_agreed_to_alone(asha, notice):
    said(asha, "given")
    said(asha, "given", purpose="analytics", channel="none")
    said(asha, "given", purpose="product_updates")
    guarded(asha)
    ended = ConsentEvent.objects.filter(answer="expired")
    assert {(event.purpose, event.way) for event in ended} == {
        (purpose, "protection") for purpose in ("marketing", "analytics", "product_updates")
    }
    noon = (clock.now() + timedelta(days=1)).astimezone(clock.IST).replace(hour=12)
    assert not may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=noon).allowed
    assert not may_process(subject=asha.subject.ref, purpose="analytics", at=noon).allowed
    assert not may_contact(address=ASHA_PHONE, purpose="product_updates", channel="sms", at=noon).allowed
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


def test_a_list_from_elsewhere_brings_no_childs_yes_to_promotion(asha, notice):
    guarded(asha)
    place = Address("phone", tuple(address_keys(ASHA_PHONE)), is_verified=True)
    proof = [{"type": "form", "sha256": "ab" * 32}]
    yes = Brought(
        asha.subject.ref, Choice(place, "marketing", "sms", Answer.GIVEN, None, proof), clock.now() - timedelta(days=9)
    )
    with pytest.raises(Refused) as refusal:
        record_brought(fiduciary="onesetu", answers=[yes], actor=actor.SYSTEM)
    assert refusal.value.code == "NOT_FOR_CHILDREN"
    no = replace(yes, choice=replace(yes.choice, answer=Answer.DENIED))
    assert record_brought(fiduciary="onesetu", answers=[no], actor=actor.SYSTEM) == 1


@pytest.mark.parametrize(("purpose", "channels"), [("marketing", ["sms"]), ("analytics", [])])
def test_promotion_and_following_are_for_no_child_whoever_agrees(asha, notice, maker, purpose, channels):
    guarded(asha)
    with pytest.raises(Refused) as refusal:
        propose(maker, taken(asha, notice, purpose=purpose, channels=channels, guardian=parent()))
    assert refusal.value.code == "NOT_FOR_CHILDREN"


def test_a_guardian_must_be_another_of_age_and_where_the_law_says_so_appointed(asha, notice, maker, checker):
    def refused(guardian):
        with pytest.raises(Refused) as refusal:
            propose(maker, taken(asha, notice, guardian=guardian))
        return refusal.value.code

    assert refused(parent()) == "ANSWERS_ALONE"
    guarded(asha, kind="guarded")
    assert refused(parent()) == "NOT_APPOINTED"
    assert refused(Guardian(asha.subject.ref, Relation.GUARDIAN, ShownBy.HELD, ShownBy.HELD)) == "SAME_PERSON"
    brother = person(email=None, phone="+919811110001")
    guarded(brother)
    assert refused(replace(parent(), ref=brother.subject.ref)) == "GUARDIAN_PROTECTED"
    appointed = replace(parent(), relation=Relation.GUARDIAN, appointed_by=AppointedBy.COURT)
    assert agree(checker, propose(maker, taken(asha, notice, guardian=appointed))).events
    assert GuardianAnswer.objects.get().appointed_by == "court"


def test_erasing_the_person_ends_the_scan_and_leaves_the_proof_that_there_was_one(asha, notice, maker, checker):
    (event,) = agree(checker, propose(maker, taken(asha, notice))).events
    eraser, ref = Scans(), asha.subject.ref
    assert list(eraser.kept(before=clock.now())) == []
    subjects.end(asha.subject, now=clock.now() - timedelta(days=1))
    assert [(kept.subject_ref, kept.count) for kept in eraser.kept(before=clock.now())] == [(ref, 1)]
    assert eraser.erase(subject_ref=ref, before=clock.now()) == 1
    assert eraser.erase(subject_ref=ref, before=clock.now()) == 0
    assert ConsentEvidence.objects.get(event=event).sha256


def test_two_people_do_it_through_the_pages_and_the_second_opens_the_scan(asha, notice, maker, checker):
    first, second = staff_client(maker), staff_client(checker)
    add = reverse("admin:consent_takenanswer_add")
    empty = first.get(add).content.decode()
    assert 'enctype="multipart/form-data"' in empty
    assert '<option value="" selected>Choose a purpose</option>' in empty
    form = {
        "subject": str(asha.subject.ref), "fiduciary": Fiduciary.objects.get(code="onesetu").pk,
        "purpose": "product_updates", "channels": ["sms"], "way": "paper", "notice_version": notice.pk,
        "language": "en", "occurred_at": "2026-11-20T10:30",
    }  # fmt: skip
    page = first.post(add, form)
    assert page.status_code == 422
    assert "Add the scan of the form" in page.content.decode()
    scan = io.BytesIO(png())
    scan.name = "form.png"
    answer = first.post(add, {**form, "scan": scan})
    proposal = TakenAnswer.objects.get()
    assert answer.url == reverse("admin:consent_takenanswer_change", args=[proposal.pk])
    assert proposal.occurred_at.astimezone(clock.IST).hour == 10

    scan_of_it = reverse("admin:consent_takenanswer_scan", args=[proposal.pk])
    assert second.get(scan_of_it).status_code == 404
    second.post(answer.url, OPENING)
    opened = second.get(scan_of_it)
    assert b"".join(opened.streaming_content).startswith(b"\x89PNG")
    assert AuditEvent.objects.filter(kind="vault.file.opened").count() == 1
    do = reverse("admin:consent_takenanswer_do_one", args=[proposal.pk, "answer-taken"])
    second.post(do, {"answer": "1", "decision": "approve", "reason": ""})
    assert ConsentEvent.objects.get().way == "paper"
    assert "OS-CR-" in second.get(reverse("admin:consent_takenanswer_change", args=[proposal.pk])).content.decode()


def test_whoever_may_not_open_the_scan_sees_its_hash_and_no_link(asha, notice, maker):
    proposal = propose(maker, taken(asha, notice))
    scan = reverse("admin:consent_takenanswer_scan", args=[proposal.pk])
    url = reverse("admin:consent_takenanswer_change", args=[proposal.pk])
    assert scan in staff_client(StaffFactory(roles=["support"])).post(url, OPENING, follow=True).text
    page = staff_client(StaffFactory(roles=["auditor"])).post(url, OPENING, follow=True).text
    assert scan not in page
    assert proposal.scan.sha256 in page


def test_a_yes_of_a_call_is_proposed_once_and_the_second_time_names_the_first(asha, notice, maker, checker):
    what = taken(asha, notice, way=Way.PHONE, call_reference="CALL-77-A")
    first = propose(maker, what, scan=None)
    with pytest.raises(Refused, match=rf"number {first.pk} on .*Waiting for a second person"):
        propose(maker, what, scan=None)
    propose(maker, replace(what, channels=["email"]), scan=None)
    propose(maker, replace(what, call_reference="CALL-77-B"), scan=None)
    agree(checker, first)
    with pytest.raises(Refused, match="Approved"):
        propose(maker, what, scan=None)
    assert TakenAnswer.objects.count() == 3


def test_a_yes_of_a_call_that_was_refused_may_be_proposed_again(asha, notice, maker, checker):
    what = taken(asha, notice, way=Way.PHONE, call_reference="CALL-77-A")
    agree(checker, propose(maker, what, scan=None), approve=False, reason="Another call.")
    assert propose(maker, what, scan=None).pk


def test_the_answer_is_offered_only_to_whose_role_may_give_it(asha, notice, maker, checker):
    proposal = propose(maker, taken(asha, notice))
    url = reverse("admin:consent_takenanswer_change", args=[proposal.pk])
    button = 'value="approve"'
    assert button in staff_client(checker).post(url, OPENING, follow=True).text
    assert button not in staff_client(StaffFactory(roles=["support"])).post(url, OPENING, follow=True).text
