"""Orders of authorities: a clock from the receipt, two approvers, no more than was asked, silence and its end."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.law import explanations
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_corrections, deadline_sweep
from portal.kernel.outbox.models import Message
from portal.kernel.registers.data_copy_sections import DisclosureSection
from portal.kernel.registers.models import AuthorityOrder, Disclosure, OrderAnswer, SilenceEnd
from portal.kernel.registers.orders import selectors as order_selectors
from portal.kernel.registers.orders.services import authority_orders, non_disclosure
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.models import ErasureItem
from portal.kernel.retention.services import runs
from tests.consent.factories import law_is_loaded, person
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    MembershipFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.registers.factories import today, two_people
from tests.retention.factories import Shelf, house_rule, only_eraser, retention_rule, run_for
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
PAPER = hashlib.sha256(b"an order").hexdigest()


@pytest.fixture(autouse=True)
def law() -> None:
    every_rule()
    law_is_loaded()


@pytest.fixture
def asha():
    return person()


def received(who, **changes):
    given = {
        "kind": "court",
        "authority": "Sessions Court, Nashik",
        "officer_name": "R. Deshmukh",
        "verified_how": "court_seal",
        "power": "BNSS s.94",
        "order_number": "Cr. 17/2026",
        "paper_sha256": PAPER,
        "asked": "Name and address of the holder of the account.",
        "asked_categories": ["name", "contact"],
        "subject_refs": [who.subject.ref],
        "received_at": clock.now() - timedelta(hours=1),
        **changes,
    }
    return authority_orders.receive(**given, actor=two_people()[1], now=clock.now())


def proposed(order, maker, **changes):
    given = {
        "decision": "give",
        "given_categories": ["name"],
        "given": "The name.",
        "held_back": "The address: the order names the holder only.",
        **changes,
    }
    return authority_orders.propose(order, **given, actor=maker, now=clock.now())


def answered(order, **changes):
    maker, checker = two_people()
    proposal = proposed(order, maker, **changes)
    made = authority_orders.answer(proposal, approve=True, reason="", actor=checker, now=clock.now())
    order.refresh_from_db()
    return made


def test_the_clock_of_an_order_runs_from_its_receipt_and_stops_with_the_answer(asha):
    order = received(asha)
    running = Clock.objects.get(owner=order.owner)
    assert (running.rule_key, running.started_at) == ("IN-IT-72H", order.received_at)
    assert running.due_at == order.received_at + timedelta(hours=72)
    answered(order)
    running.refresh_from_db()
    assert (order.state, running.state) == ("given", "stopped")


def test_the_clock_runs_to_the_day_that_the_order_names_where_that_is_earlier(asha):
    named = clock.now() + timedelta(hours=6)
    order = received(asha, wanted_by=named)
    StaffFactory(roles=["administrator"], email="answers@onesetu.example")
    running = Clock.objects.get(owner=order.owner)
    assert (running.due_at, running.target_at) == (named, named)
    assert "names an earlier time" in " ".join(explanations.how_we_worked_out(running))
    deadline_sweep.sweep(now=named + timedelta(minutes=1))
    assert AuditEvent.objects.filter(kind="registers.order.late", about=order.owner).count() == 1
    moved = deadline_corrections.correct_start(
        owner=order.owner,
        kind="order",
        started_at=order.received_at - timedelta(hours=1),
        reason_code="earlier",
        actor=two_people()[0],
        now=clock.now(),
    )
    assert [each.due_at for each in moved] == [named]


def test_an_order_that_came_after_its_own_day_is_late_at_once(asha):
    came = clock.now() - timedelta(hours=1)
    order = received(asha, received_at=came, wanted_by=came - timedelta(days=2))
    assert Clock.objects.get(owner=order.owner).due_at == came
    with pytest.raises(Refused) as refused:
        answered(order)
    assert refused.value.code == "LATE_REASON"


def test_a_later_day_than_the_laws_gives_no_more_time(asha):
    order = received(asha, wanted_by=clock.now() + timedelta(days=30))
    running = Clock.objects.get(owner=order.owner)
    assert running.due_at == order.received_at + timedelta(hours=72)
    assert "names an earlier time" not in " ".join(explanations.how_we_worked_out(running))


def test_nothing_that_an_open_order_asks_for_is_erased(asha):
    house_rule("tests.period", 1, "year")
    retention_rule(needs_approval=True)
    shelf = Shelf()
    shelf.shelved = {asha.subject.ref: [clock.now() - timedelta(days=800)]}
    with only_eraser(shelf):
        run = run_for(asha.subject.ref)
        order = received(asha, is_secret=True)
        runs.carry_out(run, now=clock.now(), actor=two_people()[0])
    assert ErasureItem.objects.get().state == "held"
    assert len(shelf.shelved[asha.subject.ref]) == 1
    assert retention_decisions.what_stops([asha.subject.ref])[asha.subject.ref].is_held("kyc")
    answered(order)
    assert not retention_decisions.what_stops([asha.subject.ref])[asha.subject.ref].is_held("kyc")


def test_an_order_about_a_customer_stops_the_erasure_of_its_owners_too():
    customer, stranger = CustomerFactory(), PrincipalFactory()
    owner = MembershipFactory(customer=customer).principal
    left = MembershipFactory(customer=customer, ended_at=clock.now() - timedelta(days=30)).principal
    received(customer)
    found = retention_decisions.what_stops([each.subject.ref for each in (customer, owner, left, stranger)])
    assert {ref for ref, stopped in found.items() if stopped.is_held("kyc")} == {
        customer.subject.ref,
        owner.subject.ref,
    }


def test_who_owned_the_customer_when_the_order_came_is_held_too():
    customer = CustomerFactory()
    owner, before = (MembershipFactory(customer=customer) for _ in range(2))
    before.ended_at = clock.now() - timedelta(days=30)
    before.save()
    received(customer)
    owner.ended_at = clock.now() + timedelta(minutes=1)
    owner.save()
    refs = [each.principal.subject.ref for each in (owner, before)]
    assert [ref for ref, _why in order_selectors.open_about(subject_refs=refs)] == refs[:1]


def test_a_late_order_is_recorded_and_written_to_whoever_may_answer(asha):
    order = received(asha)
    StaffFactory(roles=["administrator"], email="answers@onesetu.example")
    deadline_sweep.sweep(now=clock.now() + timedelta(hours=100))
    assert AuditEvent.objects.filter(kind="registers.order.late", about=order.owner).count() == 1
    letters = Message.objects.filter(kind="registers.order_late", about__startswith=order.owner)
    assert letters.exists()


def test_a_late_answer_to_an_authority_says_why_and_the_clock_keeps_it(asha):
    order = received(asha, received_at=clock.now() - timedelta(hours=100))
    with pytest.raises(Refused) as refused:
        answered(order)
    assert (refused.value.code, Disclosure.objects.count()) == ("LATE_REASON", 0)
    desk, proposal = staff_client(StaffFactory(roles=["administrator"])), OrderAnswer.objects.get()
    page = f"/admin/registers/orderanswer/{proposal.pk}/do/approve/"
    assert "Say why the answer is late" in desk.post(page, {"answer": "1"}).text
    desk.post(page, {"answer": "1", "late_because": "complex"})
    order.refresh_from_db()
    assert (order.state, Clock.objects.get(owner=order.owner).late_because) == ("given", "complex")


def test_an_order_whose_silence_is_over_already_is_not_entered(asha):
    with pytest.raises(Refused) as refused:
        received(asha, is_secret=True, secret_until=today() - timedelta(days=1))
    assert refused.value.code == "SILENCE_OVER"
    assert received(asha, is_secret=True, secret_until=today()).is_secret


def test_a_second_answer_beside_one_that_waits_is_refused_with_words(asha):
    order = received(asha)
    proposed(order, two_people()[0])
    with pytest.raises(IllegalMove, match="waits for a second person already"):
        proposed(order, two_people()[0])
    desk = staff_client(StaffFactory(roles=["administrator"]))
    page = reverse("admin:registers_authorityorder_do_one", args=[order.pk, "propose-answer"])
    words = {"answer": "1", "decision": "refuse", "held_back": "All of it."}
    assert "waits for a second person already" in desk.post(page, words).text
    assert OrderAnswer.objects.count() == 1


def test_an_answered_order_says_when_it_was_due_and_whether_that_was_kept(asha):
    order = received(asha)
    url, desk = f"/admin/registers/authorityorder/{order.pk}/change/", staff_client(StaffFactory(roles=["auditor"]))
    assert "answered in time" not in desk.get(url).text
    answered(order)
    assert "answered in time" in desk.get(url).text
    AuthorityOrder.objects.filter(pk=order.pk).update(answered_at=clock.now() + timedelta(hours=100))
    assert "answered late" in desk.get(url).text


def test_nothing_leaves_before_two_approvers_agreed(asha):
    order = received(asha)
    maker, checker = two_people()
    proposal = proposed(order, maker)
    assert not Disclosure.objects.exists()
    with pytest.raises(NotAllowed):
        authority_orders.answer(proposal, approve=True, reason="", actor=maker, now=clock.now())
    (row,) = authority_orders.answer(proposal, approve=True, reason="", actor=checker, now=clock.now())
    assert (row.fields, row.basis, row.about, row.subject_ref) == (
        ["name"],
        "legal_duty",
        order.owner,
        asha.subject.ref,
    )
    facts = AuditEvent.objects.get(kind="registers.order.answered").facts
    assert (facts["asked"], facts["fields"], facts["count"]) == ("contact name", "name", 1)
    with pytest.raises(DatabaseError), transaction.atomic():
        Disclosure.objects.filter(pk=row.pk).update(fields=["name", "contact"])
    with pytest.raises(IllegalMove):
        proposed(order, maker)


def test_a_refusal_gives_nothing_and_is_counted(asha):
    order = received(asha)
    assert answered(order, decision="refuse", given_categories=[], given="") == []
    assert order.state == "refused"
    assert order_selectors.counts(year=order.received_at.astimezone(clock.IST).year, at=clock.now()) == {
        "received": 1,
        "given": 0,
        "refused": 1,
        "open": 0,
        "people": 0,
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"given_categories": ["name", "financial"]}, "BEYOND_THE_ORDER"),
        ({"given_categories": []}, "CHOICE_MISSING"),
        ({"given": " "}, "FIELD_EMPTY"),
        ({"held_back": ""}, "FIELD_EMPTY"),
    ],
)
def test_no_more_is_given_than_was_asked_and_what_is_held_back_is_said(asha, changes, code):
    with pytest.raises(Refused) as refused:
        proposed(received(asha), two_people()[0], **changes)
    assert refused.value.code == code


def test_an_agency_gets_nothing_without_its_undertaking(asha):
    order = received(asha, kind="agency")
    with pytest.raises(Refused) as refused:
        proposed(order, two_people()[0])
    assert refused.value.code == "NO_UNDERTAKING"
    bound = received(asha, kind="agency", order_number="18/2026", undertaking_on=today())
    assert answered(bound)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"paper_sha256": ""}, "NO_WRITTEN_ORDER"),
        ({"subject_refs": []}, "NOBODY_KNOWN"),
        ({"subject_refs": ["00000000-0000-4000-8000-000000000000"]}, "NOBODY_KNOWN"),
        ({"officer_name": " "}, "FIELD_EMPTY"),
        ({"asked_categories": ["none"]}, "CHOICE_MISSING"),
        ({"received_at": clock.now() + timedelta(days=400)}, "RECEIVED_AHEAD"),
        ({"secret_until": today()}, "NOT_SECRET"),
    ],
)
def test_what_is_no_order_is_not_taken(asha, changes, code):
    with pytest.raises(Refused) as refused:
        received(asha, **changes)
    assert refused.value.code == code


def shown(who):
    return DisclosureSection().collect(subject_refs=[who.subject.ref])


def test_the_person_learns_of_it_at_once_where_no_silence_binds_us(asha):
    order = received(asha)
    answered(order)
    assert authority_orders.tell_people(now=clock.now()) == 1
    assert authority_orders.tell_people(now=clock.now()) == 0
    assert Message.objects.get(kind="registers.order_answered").subject_ref == asha.subject.ref
    (record,) = shown(asha)
    assert (record["to"], record["what"]) == ("Sessions Court, Nashik", "Name")


def test_while_we_must_be_silent_nothing_tells_the_person_and_afterwards_everything_does(asha):
    order = received(asha, is_secret=True, secret_until=today() + timedelta(days=2))
    answered(order)
    for days in (0, 2):
        later = clock.now() + timedelta(days=days)
        assert authority_orders.tell_people(now=later) == 0
        assert list(order_selectors.disclosures_to_show([asha.subject.ref], at=later)) == []
    assert shown(asha) == []
    after = clock.now() + timedelta(days=3)
    assert order_selectors.disclosures_to_show([asha.subject.ref], at=after).count() == 1
    assert authority_orders.tell_people(now=after) == 1


def test_a_silence_without_a_last_day_lasts_until_two_people_end_it(asha):
    order = received(asha, is_secret=True)
    answered(order)
    assert authority_orders.tell_people(now=clock.now() + timedelta(days=5000)) == 0
    maker, checker = two_people()
    made = non_disclosure.propose_end(order, why="The court lifted it, order 18/2026.", actor=maker, now=clock.now())
    with pytest.raises(NotAllowed):
        non_disclosure.answer(made, approve=True, reason="", actor=maker, now=clock.now())
    with pytest.raises(IllegalMove):
        non_disclosure.propose_end(order, why="Again.", actor=checker, now=clock.now())
    assert authority_orders.tell_people(now=clock.now()) == 0
    at = clock.now()
    non_disclosure.answer(made, approve=True, reason="", actor=checker, now=at)
    order.refresh_from_db()
    assert order.secrecy_ended_at == at
    assert authority_orders.tell_people(now=clock.now()) == 1
    with pytest.raises(IllegalMove):
        non_disclosure.propose_end(order, why="Again.", actor=maker, now=clock.now())
    kinds = AuditEvent.objects.filter(about=order.owner, kind__startswith="registers.order.secrecy").order_by("pk")
    assert [kind.rpartition("_")[2] for kind in kinds.values_list("kind", flat=True)] == ["proposed", "answered"]


def test_a_silence_that_a_second_person_does_not_agree_to_end_lasts(asha):
    order = received(asha, is_secret=True, secret_until=today() + timedelta(days=30))
    answered(order)
    maker, checker = two_people()
    made = non_disclosure.propose_end(order, why="They asked us.", actor=maker, now=clock.now())
    non_disclosure.answer(made, approve=False, reason="By which paper?", actor=checker, now=clock.now())
    assert authority_orders.tell_people(now=clock.now()) == 0
    with pytest.raises(Refused):
        non_disclosure.propose_end(order, why=" ", actor=maker, now=clock.now())
    over = clock.now() + timedelta(days=31)
    with pytest.raises(IllegalMove):
        non_disclosure.propose_end(order, why="It is over.", actor=maker, now=over)


def test_one_click_of_one_person_ends_no_silence_and_the_second_reads_the_reason(asha):
    order = received(asha, is_secret=True, secret_until=today() + timedelta(days=30))
    maker = staff_client(StaffFactory(roles=["administrator"]))
    checker = staff_client(StaffFactory(roles=["data_protection_officer"]))
    page = f"/admin/registers/authorityorder/{order.pk}/do/end-silence/"
    assert "Why we may speak" in maker.post(page, {"answer": "1"}).text
    assert not SilenceEnd.objects.exists()
    maker.post(page, {"answer": "1", "why": "The court lifted it."})
    made = SilenceEnd.objects.get()
    order.refresh_from_db()
    assert order.secrecy_ended_at is None
    proposal = f"/admin/registers/silenceend/{made.pk}"
    assert "The court lifted it." in checker.get(f"{proposal}/change/").text
    checker.post(f"{proposal}/do/approve/", {"answer": "1"})
    order.refresh_from_db()
    assert order.secrecy_ended_at is not None


def test_an_order_is_entered_and_answered_on_its_pages(asha):
    clerk = staff_client(StaffFactory(roles=["grievance_officer"]))
    maker = staff_client(StaffFactory(roles=["administrator"]))
    checker = staff_client(StaffFactory(roles=["data_protection_officer"]))
    entered = {
        "kind": "court",
        "authority": "Sessions Court, Nashik",
        "officer_name": "R. Deshmukh",
        "verified_how": "court_seal",
        "power": "BNSS s.94",
        "order_number": "Cr. 17/2026",
        "paper": SimpleUploadedFile("order.pdf", b"an order"),
        "asked": "The name.",
        "asked_categories": ["name"],
        "subjects": str(asha.subject.ref),
        "received_at": f"{clock.now() - timedelta(hours=2):%Y-%m-%dT%H:%M}",
    }
    add = reverse("admin:registers_authorityorder_add")
    assert clerk.post(add, {**entered, "subjects": "nobody", "paper": SimpleUploadedFile("a", b"b")}).status_code == 422
    ahead = f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    refused = clerk.post(add, {**entered, "received_at": ahead, "paper": SimpleUploadedFile("a", b"b")})
    assert (refused.status_code, "still ahead" in refused.text) == (422, True)
    assert clerk.post(add, entered).status_code == 302
    order = AuthorityOrder.objects.get()
    assert order.paper_sha256 == PAPER
    page = reverse("admin:registers_authorityorder_do_one", args=[order.pk, "propose-answer"])
    words = {"decision": "give", "given_categories": ["name"], "given": "The name.", "held_back": "nothing"}
    assert clerk.post(page, {"answer": "1", **words}).status_code in {403, 404}
    maker.post(page, {"answer": "1", **words})
    proposal = OrderAnswer.objects.get()
    checker.post(reverse("admin:registers_orderanswer_do_one", args=[proposal.pk, "approve"]), {"answer": "1"})
    order.refresh_from_db()
    assert order.state == "given"
    assert "Deshmukh" not in str(list(AuditEvent.objects.values_list("facts", flat=True)))


def letters():
    return Message.objects.filter(kind="registers.order_answered")


def test_every_owner_of_a_customer_is_told_and_nobody_who_left_it():
    customer = CustomerFactory()
    owners = [MembershipFactory(customer=customer).principal for _each in range(2)]
    for number, owner in enumerate(owners):
        ContactPointFactory(principal=owner, address=f"owner{number}@acme.example")
    ContactPointFactory(principal=MembershipFactory(customer=customer, ended_at=clock.now()).principal)
    ContactPointFactory(principal=MembershipFactory(customer=customer, role="member").principal)
    order = received(customer, subject_refs=[customer.subject.ref, owners[0].subject.ref])
    answered(order)
    assert authority_orders.tell_people(now=clock.now()) == 1
    assert {letter.subject_ref for letter in letters()} == {owner.subject.ref for owner in owners}
    assert letters().count() == 2
    assert AuditEvent.objects.get(kind="registers.order.told").facts["count"] == 2


def test_nobody_counts_as_told_before_somebody_was_reached():
    nowhere = PrincipalFactory()
    given_up = ContactPointFactory(principal=nowhere, left_at=clock.now())
    order = received(nowhere)
    answered(order)
    assert authority_orders.tell_people(now=clock.now()) == 0
    order.refresh_from_db()
    assert (order.person_told_at, letters().count()) == (None, 0), f"{given_up.pk} was given up"
    ContactPointFactory(principal=nowhere, kind="phone", address="+919876543210")
    at = clock.now()
    assert authority_orders.tell_people(now=at) == 1
    order.refresh_from_db()
    assert (order.person_told_at, letters().get().channel) == (at, "sms")


def test_the_people_were_told_once_each_of_them_was_and_nobody_twice(asha):
    nowhere = PrincipalFactory()
    order = received(asha, subject_refs=[asha.subject.ref, nowhere.subject.ref])
    answered(order)
    assert authority_orders.tell_people(now=clock.now()) == 1
    assert authority_orders.tell_people(now=clock.now()) == 0
    order.refresh_from_db()
    assert (order.person_told_at, order.told_refs) == (None, [str(asha.subject.ref)])
    page = staff_client(StaffFactory(roles=["auditor"])).get(f"/admin/registers/authorityorder/{order.pk}/change/").text
    assert "1 of 2" in page
    ContactPointFactory(principal=nowhere, address="late@acme.example")
    Message.objects.filter(subject_ref=asha.subject.ref).update(about="erased since")
    at = clock.now()
    assert authority_orders.tell_people(now=at) == 1
    order.refresh_from_db()
    assert order.person_told_at == at
    assert letters().filter(subject_ref=asha.subject.ref).count() == 1
    told = AuditEvent.objects.filter(kind="registers.order.told").order_by("pk")
    assert [event.facts["count"] for event in told] == [1, 1]
