"""Who is affected: found by query or by a list, kept by reference, each written to once in their language."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import ContactPoint, Principal
from portal.kernel.people.services import subjects
from portal.kernel.registers.incidents.choices import DutyState
from portal.kernel.registers.incidents.forms.incidents import SearchForm
from portal.kernel.registers.incidents.selectors import incidents as incident_selectors
from portal.kernel.registers.incidents.services import affected_people, incident_notifications, incidents
from portal.kernel.registers.models import Incident, IncidentDecision, IncidentDuty, IncidentLetter, IncidentSearch
from portal.kernel.registers.tasks import find_affected, settle_incidents, tell_affected
from tests.consent.factories import law_is_loaded
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    MembershipFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.registers.factories import (
    BEFORE_DPDP,
    as_actor,
    officer_in_office,
    opened_incident,
    told_everything,
)
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db
ASHA, PHONE = "asha@acme.example", "+919876543210"


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """The duties of the DPDP Act about breaches do not hold yet: what is owed here is owed under other laws."""
    with time_machine.travel(BEFORE_DPDP, tick=True):
        yield


@pytest.fixture(autouse=True)
def rules_are_loaded(day: None, db: Any) -> None:
    every_rule()
    law_is_loaded()


@pytest.fixture
def maker() -> Any:
    return as_actor(StaffFactory(roles=["data_protection_officer"]))


@pytest.fixture
def incident(maker: Any) -> Any:
    officer_in_office()
    found = opened_incident(maker, regimes=["EU"])
    told_everything(found, maker)
    return found


def listed(*addresses: str) -> bytes:
    return "\n".join(["address", *addresses]).encode()


def taken(incident: Any, maker: Any, *addresses: str) -> Any:
    return affected_people.take_list(
        incident=incident, name="list.csv", content=listed(*addresses), actor=maker, now=clock.now()
    )


def asked(incident: Any, maker: Any, source: str, *, of: str = "", since: Any = None, until: Any = None) -> Any:
    row = affected_people.search(
        incident=incident, source=source, since=since, until=until, of=of, actor=maker, now=clock.now()
    )
    find_affected(row.pk)
    row.refresh_from_db()
    return row


def refs(incident: Any) -> set[Any]:
    return set(incident.people.values_list("subject_ref", flat=True))


def test_a_list_finds_whom_we_know_and_makes_the_others_reachable(incident: Any, maker: Any) -> None:
    asha, family = PrincipalFactory(email=ASHA, phone=PHONE), PrincipalFactory(phone=PHONE)
    row = taken(incident, maker, ASHA, "98765 43210", "new@acme.example", "NEW@acme.example")
    assert (row.found, row.added, row.unknown) == (3, 3, 1)
    assert refs(incident) >= {asha.subject.ref, family.subject.ref}
    again = taken(incident, maker, ASHA, "98765 43210", "new@acme.example")
    assert (again.added, again.unknown) == (0, 0), "the same list again adds nobody"


def test_a_long_list_asks_who_has_its_addresses_as_often_as_a_short_one(
    incident: Any, maker: Any, django_assert_num_queries: Any
) -> None:
    for number in range(12):
        PrincipalFactory(email=f"known{number}@acme.example")
    taken(incident, maker, "new@acme.example")  # what is looked up once for a process
    with CaptureQueriesContext(connection) as few:
        taken(incident, maker, "known0@acme.example", "new0@acme.example")
    rest = [f"{kind}{number}@acme.example" for kind in ("known", "new") for number in range(1, 12)]
    with django_assert_num_queries(len(few)):
        row = taken(incident, maker, *rest)
    assert (row.found, row.added, row.unknown) == (22, 22, 11)


def test_who_had_an_address_and_left_it_is_not_found_there(incident: Any, maker: Any) -> None:
    asha = PrincipalFactory(email=ASHA)
    ContactPoint.objects.filter(principal=asha).update(left_at=clock.now())
    row = taken(incident, maker, ASHA)
    assert (row.found, row.unknown) == (1, 1)
    assert asha.subject.ref not in refs(incident)


def test_a_list_with_a_fault_adds_nobody_and_names_lines_only(incident: Any, maker: Any) -> None:
    before = Principal.objects.count()
    with pytest.raises(Refused) as refused:
        taken(incident, maker, ASHA, "nobody at all", "new@acme.example", "12")
    assert "3, 5" in str(refused.value)
    assert "nobody at all" not in str(refused.value)
    assert (Principal.objects.count(), incident.people.count()) == (before, 0)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("list.csv", b"name\nAsha", "COLUMNS"),
        ("list.csv", b"address", "LINES"),
        ("list.pdf", b"address\nasha@acme.example", "TYPE"),
        ("list.xlsx", b"address", "UNREADABLE"),
    ],
)
def test_a_file_that_is_no_list_is_refused(incident: Any, maker: Any, name: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        affected_people.take_list(incident=incident, name=name, content=content, actor=maker, now=clock.now())
    assert refused.value.code == code


def test_nothing_of_a_list_stands_in_the_evidence_but_its_hash(incident: Any, maker: Any) -> None:
    row = taken(incident, maker, ASHA)
    event = AuditEvent.objects.get(kind="registers.incident.people_found")
    assert event.facts["sha256"] == row.list_sha256
    assert ASHA not in str(event.facts)
    assert "list.csv" not in str(event.facts)
    assert ASHA.encode() not in b"".join(bytes(kept.sealed) for kept in AuditPersonal.objects.all())


def test_queries_find_people_by_where_their_data_was(incident: Any, maker: Any) -> None:
    customer = CustomerFactory()
    member, other = MembershipFactory(customer=customer).principal, PrincipalFactory()
    row = asked(incident, maker, "of_customer", of=customer.reference)
    assert (row.found, refs(incident)) == (1, {member.subject.ref})
    everybody = asked(incident, maker, "everybody")
    assert everybody.added == everybody.found - 1
    assert other.subject.ref in refs(incident)
    late = asked(incident, maker, "everybody", since=clock.now() + timedelta(days=1))
    assert late.found == 0


def test_a_reference_is_read_as_people_write_it(incident: Any, maker: Any) -> None:
    customer = CustomerFactory()
    member = MembershipFactory(customer=customer).principal
    row = asked(incident, maker, "of_customer", of=f" {customer.reference.lower().replace('-', ' ')} ")
    assert (row.of, refs(incident)) == (customer.reference, {member.subject.ref})


@pytest.mark.parametrize(
    ("source", "of"),
    [
        ("of_customer", "OS-CU-XXXX-XXXX"),
        ("of_customer", "OS-CU-8GYA-JPP7"),
        ("at_recipient", "nobody-known"),
        ("answered_to", "no-such-company"),
        ("with_documents", "library card"),
        ("messaged", "no.such_kind"),
        ("everybody", "OS-CU-XXXX-XXXX"),
    ],
)
def test_a_query_for_what_nobody_knows_is_refused_beside_its_field(
    incident: Any, maker: Any, source: str, of: str
) -> None:
    with pytest.raises(Refused) as refused:
        asked(incident, maker, source, of=of)
    assert refused.value.code == "OF_UNKNOWN"
    assert "of" in refused.value.fields
    assert not IncidentSearch.objects.exists()


def test_a_span_that_ends_before_it_begins_is_refused(incident: Any, maker: Any) -> None:
    now = clock.now()
    for until in (now, now - timedelta(days=1)):
        with pytest.raises(Refused) as refused:
            asked(incident, maker, "everybody", since=now, until=until)
        assert (refused.value.code, "until" in refused.value.fields) == ("TIMES", True)


def test_members_of_the_span_are_found_and_not_only_those_of_today(incident: Any, maker: Any) -> None:
    customer, now = CustomerFactory(), clock.now()
    days = {"left": (-90, -30), "left_before": (-90, -60), "stays": (-90, None), "came_after": (-5, None)}
    people = {
        name: MembershipFactory(
            customer=customer,
            joined_at=now + timedelta(days=came),
            ended_at=now + timedelta(days=went) if went is not None else None,
        ).principal.subject.ref
        for name, (came, went) in days.items()
    }
    span = {"since": now - timedelta(days=40), "until": now - timedelta(days=20)}
    row = asked(incident, maker, "of_customer", of=customer.reference, **span)
    assert (row.found, refs(incident)) == (2, {people["left"], people["stays"]})


def test_a_query_that_needs_to_know_of_what_asks_for_it(incident: Any, maker: Any) -> None:
    for source, code in (("at_recipient", "OF"), ("by_guess", "SOURCE")):
        with pytest.raises(Refused) as refused:
            asked(incident, maker, source)
        assert refused.value.code == code


def test_nobody_looks_for_people_without_the_right(incident: Any) -> None:
    with pytest.raises(NotAllowed):
        taken(incident, as_actor(StaffFactory(roles=["auditor"])), ASHA)


def test_somebody_known_under_two_references_is_one_person(incident: Any, maker: Any) -> None:
    asha, twin = PrincipalFactory(email=ASHA), PrincipalFactory(email="asha@home.example")
    subjects.join(old_ref=twin.subject.ref, new_ref=asha.subject.ref, actor=maker, now=clock.now())
    assert taken(incident, maker, ASHA, "asha@home.example").added == 1


def agreed_to_tell(incident: Any, maker: Any, code: str = "eu_people") -> Any:
    duty = IncidentDuty.objects.select_related("incident").get(incident=incident, code=code)
    decision = incident_notifications.propose_report(duty=duty, step="tell", actor=maker, now=clock.now())
    incident_notifications.answer(
        decision=decision,
        approve=True,
        reason="",
        actor=as_actor(StaffFactory(roles=["administrator"])),
        now=clock.now(),
    )
    return decision


def test_everybody_is_written_to_once_in_their_language_and_the_proofs_are_counted(incident: Any, maker: Any) -> None:
    asha = PrincipalFactory(email=ASHA, language="mr")
    by_phone, nowhere = PrincipalFactory(phone=PHONE), PrincipalFactory()
    asked(incident, maker, "everybody")
    decision = agreed_to_tell(incident, maker)
    tell_affected(decision.pk)
    tell_affected(decision.pk)
    letters = incident_selectors.letters(incident)
    assert {letter.channel for letter in letters} == {"email", "sms"}
    assert letters.count() == 2
    text = message_content.text_of(letters.get(subject_ref=asha.subject.ref))
    assert "letter_steps_mr told" in text.body
    assert "letter_steps_en" not in text.body
    assert "Meera Kulkarni" in text.body
    assert IncidentLetter.objects.get(person__subject_ref=nowhere.subject.ref).way == incident_selectors.UNREACHABLE
    counts = incident_selectors.counts(incident)
    assert (counts.found, counts.promised, counts.unreachable, counts.sent) == (3, 2, 1, 0)
    settle_incidents()
    duty = IncidentDuty.objects.get(incident=incident, code="eu_people")
    assert duty.state == DutyState.OPEN, "letters on their way are no report"
    first = letters.get(subject_ref=by_phone.subject.ref)
    Message.objects.filter(pk=first.pk).update(state="sent", sent_at=clock.now(), next_attempt_at=None)
    Message.objects.filter(kind=incident_selectors.LETTER).exclude(pk=first.pk).update(
        state="dead", next_attempt_at=None
    )
    settle_incidents()
    duty.refresh_from_db()
    event = AuditEvent.objects.get(kind="registers.incident.reported")
    assert duty.state == DutyState.REPORTED
    assert (event.facts["count"], event.facts["undelivered"]) == (1, 2)


def test_letters_whose_task_was_lost_are_promised_by_the_next_sweep(
    incident: Any, maker: Any, monkeypatch: Any
) -> None:
    for number in range(3):
        ContactPointFactory(address=f"person{number}@acme.example")
    monkeypatch.setattr(affected_people, "LETTERS", 2)
    asked(incident, maker, "everybody")
    decision = agreed_to_tell(incident, maker)
    assert affected_people.tell(decision, now=clock.now()) == 2
    assert affected_people.go_on() == 1
    assert affected_people.tell(decision, now=clock.now()) == 1
    assert affected_people.go_on() == 0
    assert incident_selectors.letters(incident).count() == 3


def test_nobody_is_written_to_before_the_second_person_agrees(incident: Any, maker: Any) -> None:
    PrincipalFactory(email=ASHA)
    asked(incident, maker, "everybody")
    duty = IncidentDuty.objects.select_related("incident").get(incident=incident, code="eu_people")
    decision = incident_notifications.propose_report(duty=duty, step="tell", actor=maker, now=clock.now())
    tell_affected(decision.pk)
    assert not incident_selectors.letters(incident).exists()


def test_a_report_to_people_of_whom_nobody_can_be_reached_is_made_when_that_was_seen(incident: Any, maker: Any) -> None:
    PrincipalFactory()
    asked(incident, maker, "everybody")
    decision = agreed_to_tell(incident, maker)
    settle_incidents()
    duty = IncidentDuty.objects.get(incident=incident, code="eu_people")
    assert duty.state == DutyState.OPEN, "nobody was looked for yet"
    tell_affected(decision.pk)
    settle_incidents()
    duty.refresh_from_db()
    assert (duty.state, duty.reported_at) == (DutyState.REPORTED, IncidentLetter.objects.get().told_at)
    facts = AuditEvent.objects.get(kind="registers.incident.reported").facts
    assert (facts["count"], facts["undelivered"]) == (0, 1)


def all_left(incident: Any, at: Any = None) -> None:
    """Every message of the newest letter has left, as the outbox writes it down."""
    waiting = incident_selectors.letters(incident).filter(sent_at=None)
    waiting.update(state="sent", sent_at=at or clock.now(), next_attempt_at=None)


def other_words(incident: Any, maker: Any) -> None:
    incidents.tell(incident=incident, words={"letter_steps_en": "Change your PIN"}, actor=maker, now=clock.now())


def told_once(incident: Any, maker: Any, code: str = "eu_people") -> Any:
    """Asha was found, and her letter has left."""
    PrincipalFactory(email=ASHA)
    asked(incident, maker, "everybody")
    decision = agreed_to_tell(incident, maker, code)
    tell_affected(decision.pk)
    all_left(incident, clock.now() - timedelta(minutes=5))
    settle_incidents()
    return decision


def test_a_letter_with_other_words_goes_to_everybody_again_and_is_reported_when_it_has_left(
    incident: Any, maker: Any
) -> None:
    first = told_once(incident, maker)
    other_words(incident, maker)
    second = agreed_to_tell(incident, maker)
    settle_incidents()
    second.refresh_from_db()
    reports = AuditEvent.objects.filter(kind="registers.incident.reported")
    assert (second.done_at, reports.count()) == (None, 1), "nobody has these words yet"
    tell_affected(second.pk)
    assert "Change your PIN" in message_content.text_of(incident_selectors.letters(incident).get()).body
    all_left(incident)
    settle_incidents()
    first.refresh_from_db()
    second.refresh_from_db()
    assert second.done_at > first.done_at
    assert [event.facts["count"] for event in reports] == [1, 1]
    assert set(IncidentLetter.objects.values_list("decision", flat=True)) == {first.pk, second.pk}
    assert "Before it, 1 breach notices with other words" in incident_selectors.people_told(incident)


def test_the_same_letter_is_not_agreed_to_twice(incident: Any, maker: Any) -> None:
    PrincipalFactory(email=ASHA)
    asked(incident, maker, "everybody")
    duty = IncidentDuty.objects.select_related("incident").get(incident=incident, code="eu_people")
    waiting = incident_notifications.propose_report(duty=duty, step="tell", actor=maker, now=clock.now())
    IncidentDecision.objects.filter(pk=waiting.pk).update(
        step="file"
    )  # one that waited from before nobody checked for it
    agreed_to_tell(incident, maker)
    IncidentDecision.objects.filter(pk=waiting.pk).update(step="tell")
    with pytest.raises(Refused) as refused:
        agreed_to_tell(incident, maker)
    assert refused.value.code == "NOTHING_NEW"
    checker = as_actor(StaffFactory(roles=["administrator"]))
    with pytest.raises(Refused) as refused:
        incident_notifications.answer(decision=waiting, approve=True, reason="", actor=checker, now=clock.now())
    assert refused.value.code == "NOTHING_NEW"


def test_the_same_letter_under_another_law_reports_that_duty_and_is_not_sent_again(maker: Any) -> None:
    officer_in_office()
    incident = opened_incident(maker, regimes=["EU", "US-CA"])
    told_everything(incident, maker)
    told_once(incident, maker)
    second = agreed_to_tell(incident, maker, "ca_people")
    tell_affected(second.pk)
    settle_incidents()
    assert Message.objects.filter(kind=incident_selectors.LETTER).count() == 1
    assert IncidentDuty.objects.get(incident=incident, code="ca_people").state == DutyState.REPORTED


def test_whoever_waits_when_a_letter_is_corrected_gets_the_corrected_one_alone(
    incident: Any, maker: Any, monkeypatch: Any
) -> None:
    for number in range(2):
        ContactPointFactory(address=f"person{number}@acme.example")
    monkeypatch.setattr(affected_people, "LETTERS", 1)
    asked(incident, maker, "everybody")
    first = agreed_to_tell(incident, maker)
    assert affected_people.tell(first, now=clock.now()) == 1
    other_words(incident, maker)
    second = agreed_to_tell(incident, maker)
    for decision in (first, second, first):
        affected_people.tell(decision, now=clock.now())
    assert incident_selectors.letters(incident).count() == 2
    assert Message.objects.filter(kind=incident_selectors.LETTER).count() == 3
    all_left(incident)
    settle_incidents()
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.done_at == second.done_at, "one overtaken by another is made with it"


def test_a_letter_that_has_left_was_made_then_though_a_corrected_one_is_agreed_to_before_it_is_noted(
    incident: Any, maker: Any
) -> None:
    PrincipalFactory(email=ASHA)
    asked(incident, maker, "everybody")
    first = agreed_to_tell(incident, maker)
    tell_affected(first.pk)
    at = clock.now()
    all_left(incident, at)
    other_words(incident, maker)
    agreed_to_tell(incident, maker)
    assert IncidentDuty.objects.get(incident=incident, code="eu_people").reported_at == at


def waiting_search(incident: Any, maker: Any) -> Any:
    """A search whose task has not run yet, for somebody whom no other search found."""
    PrincipalFactory(email="later@acme.example")
    return affected_people.search(
        incident=incident, source="everybody", since=None, until=None, of="", actor=maker, now=clock.now()
    )


def test_telling_everybody_is_not_made_while_a_search_is_not_done(incident: Any, maker: Any) -> None:
    PrincipalFactory(email=ASHA)
    asked(incident, maker, "everybody")
    decision = agreed_to_tell(incident, maker)
    tell_affected(decision.pk)
    all_left(incident)
    search = waiting_search(incident, maker)
    settle_incidents()
    duty = IncidentDuty.objects.get(incident=incident, code="eu_people")
    assert duty.state == DutyState.OPEN
    find_affected(search.pk)
    tell_affected(decision.pk)
    all_left(incident)
    settle_incidents()
    duty.refresh_from_db()
    assert duty.state == DutyState.REPORTED
    assert AuditEvent.objects.get(kind="registers.incident.reported").facts["count"] == 2


def test_whoever_is_found_after_the_letters_went_out_gets_the_letter_too(incident: Any, maker: Any) -> None:
    decision = told_once(incident, maker)
    find_affected(waiting_search(incident, maker).pk)
    assert affected_people.go_on() == 1
    tell_affected(decision.pk)
    assert incident_selectors.letters(incident).count() == 2
    assert affected_people.go_on() == 0


@pytest.fixture
def told_incident(maker: Any) -> Any:
    """An incident of which nothing is owed but telling people in California, whom one letter told."""
    officer_in_office()
    found = opened_incident(maker, regimes=["US-CA"], is_cyber=False)
    told_everything(found, maker)
    told_once(found, maker, "ca_people")
    return found


def closing(incident: Any, maker: Any) -> Any:
    return incident_notifications.propose_close(incident=incident, why="Learnt.", actor=maker, now=clock.now())


def agree(decision: Any) -> None:
    checker = as_actor(StaffFactory(roles=["administrator"]))
    fresh = IncidentDecision.objects.get(pk=decision.pk)
    incident_notifications.answer(decision=fresh, approve=True, reason="", actor=checker, now=clock.now())


def test_an_incident_is_not_closed_while_people_are_looked_for_or_wait_for_their_letter(
    told_incident: Any, maker: Any
) -> None:
    proposed = closing(told_incident, maker)
    search = waiting_search(told_incident, maker)
    for act in (lambda: closing(told_incident, maker), lambda: agree(proposed)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "SEARCHING"
    find_affected(search.pk)
    with pytest.raises(Refused) as refused:
        agree(proposed)
    assert refused.value.code == "UNTOLD"
    tell_affected(IncidentDecision.objects.get(step="tell").pk)
    agree(proposed)
    told_incident.refresh_from_db()
    assert told_incident.closed_at is not None


def test_nobody_is_added_to_a_closed_incident_and_none_of_it_is_told(told_incident: Any, maker: Any) -> None:
    as_it_was = Incident.objects.get(pk=told_incident.pk)
    other_words(told_incident, maker)
    duty = IncidentDuty.objects.select_related("incident").get(incident=told_incident, code="ca_people")
    letter = incident_notifications.propose_report(duty=duty, step="tell", actor=maker, now=clock.now())
    agree(closing(told_incident, maker))
    search = IncidentSearch.objects.create(
        incident=told_incident, source="everybody", asked_at=clock.now(), asked_by=StaffFactory()
    )
    PrincipalFactory(email="later@acme.example")
    for act in (
        lambda: affected_people.carry_out(search, now=clock.now()),
        lambda: taken(as_it_was, maker, "new@acme.example"),
        lambda: waiting_search(as_it_was, maker),
        lambda: agree(letter),
    ):
        with pytest.raises(IllegalMove):
            act()
    assert (told_incident.people.count(), affected_people.go_on()) == (1, 0)


@pytest.mark.parametrize("of", [ASHA, "9876543210", "ABCPE1234F"])
def test_a_query_keeps_no_number_and_no_address_of_a_person(incident: Any, maker: Any, of: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(incident, maker, "of_customer", of=of)
    assert refused.value.code == "NUMBER_IN_WORDS"
    form = SearchForm({"incident": incident.pk, "source": "of_customer", "of": of})
    assert form.errors["of"]
    assert form.fields["of"].widget.input_type == "text"
    assert not IncidentSearch.objects.exists()


def test_a_search_that_fails_for_ever_is_given_up_with_a_reason_and_blocks_no_closing(
    told_incident: Any, maker: Any
) -> None:
    row = waiting_search(told_incident, maker)
    with pytest.raises(Refused) as refused:
        incident_notifications.propose_close(incident=told_incident, why="Learnt.", actor=maker, now=clock.now())
    assert refused.value.code == "SEARCHING"
    auditor = as_actor(StaffFactory(roles=["auditor"]))
    with pytest.raises(NotAllowed):
        affected_people.give_up(row, why="It fails.", actor=auditor, now=clock.now())
    with pytest.raises(Refused):
        affected_people.give_up(row, why=" ", actor=maker, now=clock.now())
    affected_people.give_up(row, why="It fails on every try.", actor=maker, now=clock.now())
    find_affected(row.pk)
    row.refresh_from_db()
    assert (row.done_at, row.given_up_by_id) == (None, maker.user_id)
    assert affected_people.go_on() == 0
    event = AuditEvent.objects.get(kind="registers.incident.search_given_up")
    assert "every try" not in str(event.facts)
    closing = incident_notifications.propose_close(incident=told_incident, why="Learnt.", actor=maker, now=clock.now())
    assert "It fails on every try." in str(incident_notifications.shown(closing)["given_up"])
    with pytest.raises(IllegalMove):
        affected_people.give_up(row, why="Again.", actor=maker, now=clock.now())


def test_a_search_that_is_given_up_while_it_runs_ends_where_it_is(incident: Any, maker: Any) -> None:
    PrincipalFactory(email=ASHA)
    row = waiting_search(incident, maker)
    other = IncidentSearch.objects.get(pk=row.pk)
    affected_people.give_up(other, why="It hangs.", actor=maker, now=clock.now())
    affected_people.carry_out(row, now=clock.now())
    row.refresh_from_db()
    assert (row.done_at, row.found, refs(incident)) == (None, 0, set())
