"""One incident, many clocks: started by facts, each stopped by its own report, which two people agreed to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, typst_pdf
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import clock_state
from portal.kernel.law.services import deadline_corrections, deadline_sweep
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import User
from portal.kernel.people.services import fiduciaries
from portal.kernel.registers.incidents import incident_pdfs
from portal.kernel.registers.incidents.choices import DutyState, IncidentStep
from portal.kernel.registers.incidents.selectors import incidents as incident_selectors
from portal.kernel.registers.incidents.services import (
    affected_people,
    incident_notifications,
    incidents,
    notification_proofs,
)
from portal.kernel.registers.models import Incident, IncidentDecision, IncidentDuty
from portal.kernel.registers.tasks import settle_incidents
from tests.consent.factories import law_is_loaded
from tests.people.factories import RoleGrantFactory, StaffFactory, shipped_role
from tests.registers.factories import as_actor, company_in_force, officer_in_office, opened_incident, told_everything
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db
#: A day on which the DPDP Rules are in force, and one before.
AFTER, BEFORE = datetime(2027, 6, 4, 12, 0, tzinfo=UTC), datetime(2026, 11, 27, 18, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rules_are_loaded(db: Any) -> None:
    every_rule()
    law_is_loaded()


@pytest.fixture
def maker() -> Any:
    return as_actor(StaffFactory(roles=["data_protection_officer"]))


@pytest.fixture
def checker() -> Any:
    return as_actor(StaffFactory(roles=["administrator"]))


def duty(incident: Incident, code: str) -> IncidentDuty:
    return IncidentDuty.objects.select_related("incident", "client").get(incident=incident, code=code)


def due_at(incident: Incident, code: str) -> datetime:
    return Clock.objects.get(owner=duty(incident, code).owner).due_at


def agreed(decision: Any, checker: Any, **changes: Any) -> Any:
    given = {"approve": True, "reason": "", "actor": checker, "now": clock.now(), **changes}
    incident_notifications.answer(decision=decision, **given)
    return decision


def test_each_law_in_force_starts_its_own_clock(maker: Any) -> None:
    """Worked examples 14 and 15 of the law's page: noticed and known at 23:40 in India."""
    with time_machine.travel(BEFORE + timedelta(minutes=30), tick=False):
        incident = opened_incident(maker, noticed_at=BEFORE, aware_at=BEFORE, regimes=["EU"], is_telecom=True)
    assert due_at(incident, "cert_in") == datetime(2026, 11, 28, 0, 10, tzinfo=UTC)
    assert due_at(incident, "telecom_first") == BEFORE + timedelta(hours=6)
    assert due_at(incident, "telecom_details") == BEFORE + timedelta(hours=24)
    assert due_at(incident, "eu_authority") == datetime(2026, 11, 30, 18, 10, tzinfo=UTC)
    assert due_at(incident, "eu_people") == BEFORE + timedelta(hours=72)
    for code in ("board_first", "board_details", "people"):
        assert duty(incident, code).not_due_because == "NOT_IN_FORCE"
    assert duty(incident, "ca_people").not_due_because == "OTHER_LAW"
    assert Clock.objects.filter(owner__startswith=incident.about).count() == 5


def test_the_board_has_to_be_told_from_the_day_its_rule_is_in_force(maker: Any) -> None:
    with time_machine.travel(AFTER + timedelta(hours=1), tick=False):
        incident = opened_incident(maker, noticed_at=AFTER - timedelta(hours=2), aware_at=AFTER)
    assert due_at(incident, "cert_in") == AFTER + timedelta(hours=4)
    assert due_at(incident, "board_first") == AFTER + timedelta(hours=24)
    assert due_at(incident, "board_details") == AFTER + timedelta(hours=72)
    assert due_at(incident, "people") == AFTER + timedelta(hours=72)


def test_a_start_that_is_put_right_moves_the_incident_and_all_that_counts_from_it(maker: Any) -> None:
    incident = opened_incident(maker, regimes=["EU"])
    at = incident.aware_at - timedelta(hours=5)
    deadline_corrections.correct_start(
        owner=duty(incident, "eu_authority").owner,
        kind=incidents.PLAN,
        started_at=at,
        reason_code="earlier",
        actor=maker,
        now=clock.now(),
    )
    incident.refresh_from_db()
    assert (incident.aware_at, incident.noticed_at) == (at, at)
    counted = Clock.objects.filter(owner__startswith=incident.about).exclude(ended="corrected")
    assert set(counted.values_list("started_at", flat=True)) == {at}
    assert duty(incident, "cert_in").owner in set(counted.values_list("owner", flat=True))


def test_each_client_has_a_clock_of_its_own_and_is_told_alone(maker: Any, checker: Any) -> None:
    officer_in_office()
    clients = [
        fiduciaries.add_client(code=code, name=code.title(), actor=maker, now=clock.now()) for code in ("shop", "bank")
    ]
    incident = opened_incident(maker, role="processor", clients=clients, is_cyber=False)
    told_everything(incident, maker)
    owed = {row.client.code: row for row in incident.duties.filter(code="client").select_related("client", "incident")}
    assert set(owed) == {"shop", "bank"}
    decision = incident_notifications.propose_report(
        duty=owed["shop"], step="send", to="privacy@shop.example", actor=maker, now=clock.now()
    )
    agreed(decision, checker)
    left(decision)
    states = {row.client.code: row.state for row in incident.duties.filter(code="client").select_related("client")}
    assert states == {"shop": DutyState.REPORTED, "bank": DutyState.OPEN}
    assert Clock.objects.get(owner=owed["shop"].owner).state == ClockState.STOPPED
    assert Clock.objects.get(owner=owed["bank"].owner).state == ClockState.RUNNING


def left(decision: Any, at: datetime | None = None) -> datetime:
    """The message of a report has left, as the outbox writes it down."""
    at = at or clock.now()
    letter = Message.objects.get(kind=notification_proofs.REPORT, about=notification_proofs.about_report(decision))
    Message.objects.filter(pk=letter.pk).update(state="sent", sent_at=at, next_attempt_at=None)
    notification_proofs.settle(now=clock.now())
    return at


def test_a_client_is_named_only_where_we_carry_its_data(maker: Any) -> None:
    client = fiduciaries.add_client(code="shop", name="Shop", actor=maker, now=clock.now())
    for changes in ({"role": "fiduciary", "clients": [client]}, {"role": "processor", "clients": []}):
        with pytest.raises(Refused) as refused:
            opened_incident(maker, **changes)
        assert refused.value.code == "CLIENTS"


@pytest.mark.parametrize(
    ("noticed", "aware"), [(timedelta(hours=1), timedelta(hours=1)), (-timedelta(hours=1), -timedelta(hours=2))]
)
def test_times_in_the_future_or_in_the_wrong_order_are_refused(
    maker: Any, noticed: timedelta, aware: timedelta
) -> None:
    with pytest.raises(Refused) as refused:
        opened_incident(maker, noticed_at=clock.now() + noticed, aware_at=clock.now() + aware)
    assert refused.value.code == "TIMES"
    assert not Incident.objects.exists()


def test_nobody_enters_an_incident_without_the_right(db: Any) -> None:
    with pytest.raises(NotAllowed):
        opened_incident(as_actor(StaffFactory(roles=["auditor"])))


def test_a_headline_names_no_address(maker: Any) -> None:
    with pytest.raises(Refused):
        opened_incident(maker, headline="Mail of asha@acme.example was read")


def test_an_incident_that_nobody_is_told_of_stands_in_the_register_with_why(maker: Any, checker: Any) -> None:
    incident = opened_incident(maker, is_cyber=False, has_personal_data=False)
    assert set(incident.duties.values_list("state", flat=True)) == {DutyState.NOT_DUE}
    assert not Clock.objects.filter(owner__startswith=incident.about).exists()
    decision = incident_notifications.propose_close(
        incident=incident, why="A lamp fell on an empty desk.", actor=maker, now=clock.now()
    )
    agreed(decision, checker)
    incident.refresh_from_db()
    assert incident.closed_at is not None
    with pytest.raises(IllegalMove):
        incidents.tell(incident=incident, words={"nature": "More"}, actor=maker, now=clock.now())


def test_what_turns_out_later_starts_its_clock_from_when_the_incident_was_known(maker: Any) -> None:
    incident = opened_incident(maker, risk="unlikely", regimes=["EU"])
    assert duty(incident, "eu_authority").not_due_because == "LOW_RISK"
    fresh = incidents.change(incident=incident, risk="risk", actor=maker, now=clock.now() + timedelta(hours=5))
    assert [row.code for row in fresh] == ["eu_authority"]
    assert due_at(incident, "eu_authority") == incident.aware_at + timedelta(hours=72)
    incidents.change(incident=incident, risk="unlikely", actor=maker, now=clock.now())
    assert duty(incident, "eu_authority").state == DutyState.OPEN, "one person takes no duty away"


def test_a_report_is_refused_while_the_law_asks_for_more_words(maker: Any) -> None:
    incident = opened_incident(maker)
    with pytest.raises(Refused) as refused:
        incident_notifications.propose_report(duty=duty(incident, "cert_in"), step="file", actor=maker, now=clock.now())
    assert refused.value.code == "INCOMPLETE"
    assert "Symptoms observed" in str(refused.value)


def test_a_report_by_mail_needs_another_person_and_stops_its_clock_when_it_has_left(maker: Any, checker: Any) -> None:
    officer_in_office()
    company_in_force()
    incident = opened_incident(maker)
    told_everything(incident, maker)
    owed = duty(incident, "cert_in")
    decision = incident_notifications.propose_report(
        duty=owed, step="send", to="incident@cert.example", actor=maker, now=clock.now()
    )
    with pytest.raises(NotAllowed):
        agreed(decision, maker)
    assert not Message.objects.filter(kind=notification_proofs.REPORT).exists()
    agreed(decision, checker)
    text = message_content.text_of(Message.objects.get(kind=notification_proofs.REPORT))
    assert "Symptoms observed:\nsymptoms told" in text.body
    assert "Meera Kulkarni" in text.body
    notification_proofs.settle(now=clock.now())
    assert duty(incident, "cert_in").state == DutyState.OPEN, "a promise is no report"
    at = left(decision)
    row = duty(incident, "cert_in")
    assert (row.state, row.reported_at) == (DutyState.REPORTED, at)
    stopped = Clock.objects.get(owner=owed.owner)
    assert (stopped.state, stopped.stopped_at) == (ClockState.STOPPED, at)
    event = AuditEvent.objects.get(kind="registers.incident.reported")
    assert event.facts["duty"] == "cert_in"
    assert notification_proofs.settle(now=clock.now()) == 0, "settled once"


def sent_to_cert_in(maker: Any, checker: Any) -> Any:
    """A report by e-mail that two people agreed to."""
    officer_in_office()
    company_in_force()
    incident = opened_incident(maker)
    told_everything(incident, maker)
    decision = incident_notifications.propose_report(
        duty=duty(incident, "cert_in"), step="send", to="incident@cert.example", actor=maker, now=clock.now()
    )
    return agreed(decision, checker)


def came_back(decision: Any) -> None:
    """The outbox was told that the message of a report did not arrive."""
    letter = Message.objects.filter(kind=notification_proofs.REPORT, about=notification_proofs.about_report(decision))
    letter.update(state="undelivered", sent_at=clock.now(), next_attempt_at=None)


def test_a_report_that_came_back_is_not_made_and_whoever_decides_hears_of_it_once(maker: Any, checker: Any) -> None:
    decision = sent_to_cert_in(maker, checker)
    came_back(decision)
    for _round in range(2):
        settle_incidents()
    owed = duty(decision.incident, "cert_in")
    assert owed.state == DutyState.OPEN
    assert Clock.objects.get(owner=owed.owner).state == ClockState.RUNNING
    assert not AuditEvent.objects.filter(kind="registers.incident.reported").exists()
    assert AuditEvent.objects.filter(kind="registers.incident.undelivered").count() == 1
    told = list(Message.objects.filter(kind="registers.incident_returned").values_list("subject_ref", flat=True))
    assert {User.objects.get(pk=one.user_id).subject.ref for one in (maker, checker)} <= set(told)
    assert len(told) == len(set(told))


def test_the_same_proposal_waits_once(maker: Any, checker: Any) -> None:
    officer_in_office()
    company_in_force()
    incident = opened_incident(maker)
    told_everything(incident, maker)
    owed = duty(incident, "cert_in")
    asked = {"duty": owed, "step": "send", "to": "incident@cert.example", "actor": maker, "now": clock.now()}
    incident_notifications.propose_report(**asked)
    for to in ("incident@cert.example", "other@cert.example"):
        with pytest.raises(IllegalMove, match="waits for a second person already"):
            incident_notifications.propose_report(**{**asked, "to": to, "actor": checker})
    incident_notifications.propose_report(**{**asked, "step": "file", "to": ""})
    incident_notifications.propose_none(duty=owed, why="No duty.", actor=maker, now=clock.now())
    with pytest.raises(IllegalMove):
        incident_notifications.propose_none(duty=owed, why="No duty.", actor=maker, now=clock.now())


def test_an_authority_gets_the_same_report_at_one_address_once(maker: Any, checker: Any) -> None:
    first = sent_to_cert_in(maker, checker)
    owed = duty(first.incident, "cert_in")
    asked = {"duty": owed, "step": "send", "to": "Incident@cert.example", "actor": maker, "now": clock.now()}
    with pytest.raises(Refused) as refused:
        incident_notifications.propose_report(**asked)
    assert refused.value.code == "NOTHING_NEW"
    incident_notifications.propose_report(**{**asked, "to": "second@cert.example"})
    IncidentDecision.objects.filter(answer="pending").update(to="incident@cert.example")
    copy = IncidentDecision.objects.get(answer="pending")
    with pytest.raises(Refused) as refused:
        agreed(copy, checker)
    assert refused.value.code == "NOTHING_NEW"
    assert Message.objects.filter(kind=notification_proofs.REPORT).count() == 1


def test_what_did_not_arrive_may_be_sent_again(maker: Any, checker: Any) -> None:
    first = sent_to_cert_in(maker, checker)
    came_back(first)
    settle_incidents()
    owed = duty(first.incident, "cert_in")
    again = incident_notifications.propose_report(
        duty=owed, step="send", to="incident@cert.example", actor=maker, now=clock.now()
    )
    agreed(again, checker)
    assert Message.objects.filter(kind=notification_proofs.REPORT).count() == 2


def test_what_waits_is_refused_when_the_incident_closes(maker: Any, checker: Any) -> None:
    first = sent_to_cert_in(maker, checker)
    left(first)
    incident = first.incident
    for code in incident_selectors.open_duties(incident).values_list("code", flat=True):
        agreed(
            incident_notifications.propose_none(duty=duty(incident, code), why="No.", actor=maker, now=clock.now()),
            checker,
        )
    waiting = [
        incident_notifications.propose_report(
            duty=duty(incident, "cert_in"), step=step, to="second@cert.example", actor=by, now=clock.now()
        )
        for step, by in (("send", maker), ("file", checker))
    ]
    closing = incident_notifications.propose_close(incident=incident, why="Learnt.", actor=maker, now=clock.now())
    agreed(closing, checker)
    for decision in waiting:
        decision.refresh_from_db()
        assert (decision.answer, decision.reason) == ("refused", "The incident was closed.")
        assert decision.checked_by_id != decision.made_by_id
    assert not IncidentDecision.objects.filter(answer="pending").exists()


def test_a_report_that_comes_back_after_it_was_noted_is_told_and_shown(maker: Any, checker: Any) -> None:
    decision = sent_to_cert_in(maker, checker)
    left(decision)
    came_back(decision)
    settle_incidents()
    assert Message.objects.filter(kind="registers.incident_returned").exists()
    decision.refresh_from_db()
    assert decision.done_at is not None
    assert "Known not to have arrived" in incident_pdfs._decision_rows(decision.incident)[0][1]


def test_a_report_that_arrived_after_all_is_made_when_it_had_left(maker: Any, checker: Any) -> None:
    decision = sent_to_cert_in(maker, checker)
    came_back(decision)
    settle_incidents()
    Message.objects.filter(kind=notification_proofs.REPORT).update(state="delivered")
    settle_incidents()
    assert (
        duty(decision.incident, "cert_in").reported_at == Message.objects.get(kind=notification_proofs.REPORT).sent_at
    )


def test_facts_that_change_between_two_people_need_a_new_proposal(maker: Any, checker: Any) -> None:
    officer_in_office()
    incident = opened_incident(maker)
    told_everything(incident, maker)
    decision = incident_notifications.propose_report(
        duty=duty(incident, "cert_in"), step="file", actor=maker, now=clock.now()
    )
    incidents.tell(incident=incident, words={"symptoms": "Other symptoms"}, actor=maker, now=clock.now())
    with pytest.raises(Refused) as refused:
        agreed(decision, checker)
    assert refused.value.code == "SHOWN_CHANGED"


def test_a_report_on_anothers_form_is_made_when_its_proof_is_noted(maker: Any, checker: Any) -> None:
    officer_in_office()
    incident = opened_incident(maker)
    told_everything(incident, maker)
    decision = incident_notifications.propose_report(
        duty=duty(incident, "cert_in"), step="file", actor=maker, now=clock.now()
    )
    noted = {"filed_at": clock.now(), "reference": "CERT-2026-17", "proof": b"received", "actor": maker}
    with pytest.raises(IllegalMove):
        incident_notifications.note_filed(decision=decision, **noted, now=clock.now())
    agreed(decision, checker)
    for changes in ({"reference": " "}, {"proof": b""}):
        with pytest.raises(Refused) as refused:
            incident_notifications.note_filed(decision=decision, **{**noted, **changes}, now=clock.now())
        assert refused.value.code == "NO_PROOF"
    with pytest.raises(Refused):
        incident_notifications.note_filed(
            decision=decision, **{**noted, "filed_at": clock.now() - timedelta(hours=1)}, now=clock.now()
        )
    at = clock.now()
    incident_notifications.note_filed(decision=decision, **{**noted, "filed_at": at}, now=at)
    assert duty(incident, "cert_in").reported_at == at
    assert len(decision.proof_sha256) == 64
    with pytest.raises(LostRace):
        incident_notifications.note_filed(decision=decision, **{**noted, "filed_at": at}, now=at)


def test_a_late_report_has_to_say_why_and_a_further_one_keeps_the_first_time(maker: Any, checker: Any) -> None:
    officer_in_office()
    known = clock.now() - timedelta(days=4)
    incident = opened_incident(maker, noticed_at=known, aware_at=known, regimes=["EU"])
    told_everything(incident, maker, delay="")
    owed = duty(incident, "eu_authority")
    with pytest.raises(Refused, match="late"):
        incident_notifications.propose_report(duty=owed, step="file", actor=maker, now=clock.now())
    incidents.tell(incident=incident, words={"delay": "The extent was not known."}, actor=maker, now=clock.now())
    for _round in range(2):
        owed = duty(incident, "eu_authority")
        decision = incident_notifications.propose_report(duty=owed, step="file", actor=maker, now=clock.now())
        assert any(text == "The extent was not known." for _says, text in decision.words)
        agreed(decision, checker, late_because="complex")
        at = clock.now()
        incident_notifications.note_filed(
            decision=decision, filed_at=at, reference="EU-1", proof=b"seen", actor=maker, now=at
        )
    assert duty(incident, "eu_authority").reported_at < at


def test_a_yes_to_a_late_report_names_the_reason_that_its_clock_keeps(maker: Any, checker: Any) -> None:
    officer_in_office()
    known = clock.now() - timedelta(days=4)
    incident = opened_incident(maker, noticed_at=known, aware_at=known, regimes=["EU"])
    told_everything(incident, maker, delay="The extent was not known.")
    owed = duty(incident, "eu_authority")
    decision = incident_notifications.propose_report(
        duty=owed, step="send", to="dpa@example.eu", actor=maker, now=clock.now()
    )
    with pytest.raises(Refused) as refused:
        agreed(decision, checker)
    assert refused.value.code == "LATE_REASON"
    agreed(decision, checker, late_because="complex")
    Message.objects.filter(kind="registers.incident_report").update(state="sent", sent_at=clock.now())
    assert notification_proofs.settle(now=clock.now()) == 1
    assert Clock.objects.get(owner=owed.owner).late_because == "complex"


def test_a_report_that_was_agreed_in_time_and_filed_late_says_why(maker: Any, checker: Any) -> None:
    officer_in_office()
    incident = opened_incident(maker)
    told_everything(incident, maker)
    owed = duty(incident, "cert_in")
    decision = agreed(
        incident_notifications.propose_report(duty=owed, step="file", actor=maker, now=clock.now()), checker
    )
    late = Clock.objects.get(owner=owed.owner).due_at + timedelta(hours=1)
    noted = {"filed_at": late, "reference": "CERT-2026-17", "proof": b"received", "actor": maker, "now": late}
    with pytest.raises(Refused) as refused:
        incident_notifications.note_filed(decision=decision, **noted)
    assert refused.value.code == "LATE_REASON"
    incident_notifications.note_filed(decision=decision, **noted, late_because="fault")
    assert Clock.objects.get(owner=owed.owner).late_because == "fault"


def test_two_people_may_decide_not_to_report_and_nobody_alone(maker: Any, checker: Any) -> None:
    incident = opened_incident(maker, regimes=["EU"], is_cyber=False)
    decision = incident_notifications.propose_none(
        duty=duty(incident, "eu_people"), why="The data was encrypted (Art 34(3)(a)).", actor=maker, now=clock.now()
    )
    assert duty(incident, "eu_people").state == DutyState.OPEN
    agreed(decision, checker)
    declined = duty(incident, "eu_people")
    assert declined.state == DutyState.DECLINED
    assert clock_state(Clock.objects.get(owner=declined.owner), clock.now()).stands == "frozen", "nothing was reported"
    with pytest.raises(Refused) as refused:
        incident_notifications.propose_close(incident=incident, why="Done", actor=maker, now=clock.now())
    assert refused.value.code == "OWED"


def client_called(code: str, maker: Any) -> Any:
    return fiduciaries.add_client(code=code, name=code.title(), actor=maker, now=clock.now())


def test_carrying_data_for_clients_after_all_makes_a_duty_to_each_with_its_clock(maker: Any) -> None:
    incident = opened_incident(maker)
    shop, bank = client_called("shop", maker), client_called("bank", maker)
    for changes in ({"role": "both"}, {"risk": "high", "clients": [shop]}):
        with pytest.raises(Refused) as refused:
            incidents.change(incident=incident, actor=maker, now=clock.now(), **changes)
        assert refused.value.code == "CLIENTS"
    fresh = incidents.change(incident=incident, role="both", clients=[shop], actor=maker, now=clock.now())
    assert [(row.code, row.client) for row in fresh] == [("client", shop)]
    started = Clock.objects.get(owner=fresh[0].owner)
    assert (started.started_at, started.state) == (incident.aware_at, ClockState.RUNNING)
    again = incidents.change(incident=incident, clients=[shop, bank], actor=maker, now=clock.now())
    assert [row.client for row in again] == [bank], "a client that is found later is added, and none twice"
    incidents.change(incident=incident, role="fiduciary", actor=maker, now=clock.now())
    assert set(incident.duties.filter(code="client").values_list("state", flat=True)) == {DutyState.OPEN}


def declined(incident: Incident, code: str, maker: Any, checker: Any) -> IncidentDuty:
    row = duty(incident, code)
    decision = incident_notifications.propose_none(duty=row, why="Nobody is harmed.", actor=maker, now=clock.now())
    agreed(decision, checker)
    return duty(incident, code)


def test_what_two_people_declined_is_open_again_when_the_risk_grows(maker: Any, checker: Any) -> None:
    incident = opened_incident(maker, regimes=["EU"], is_cyber=False)
    for code in ("eu_authority", "eu_people"):
        declined(incident, code, maker, checker)
    incidents.change(incident=incident, risk="unlikely", actor=maker, now=clock.now())
    assert set(incident.duties.filter(code__startswith="eu").values_list("state", flat=True)) == {DutyState.DECLINED}
    fresh = incidents.change(incident=incident, risk="high", actor=maker, now=clock.now())
    assert {row.code for row in fresh} == {"eu_authority", "eu_people"}
    old, new = Clock.objects.filter(owner=duty(incident, "eu_people").owner).order_by("pk")
    assert (old.ended, new.state) == ("withdrawn", ClockState.RUNNING)
    assert new.started_at == old.started_at == incident.aware_at
    with pytest.raises(Refused) as refused:
        incident_notifications.propose_close(incident=incident, why="Done", actor=maker, now=clock.now())
    assert refused.value.code == "OWED"


def test_not_to_report_is_proposed_anew_where_the_risk_grew_before_the_second_person(maker: Any, checker: Any) -> None:
    incident = opened_incident(maker, regimes=["EU"], risk="risk")
    row = duty(incident, "eu_authority")
    decision = incident_notifications.propose_none(duty=row, why="Nobody is harmed.", actor=maker, now=clock.now())
    incidents.change(incident=Incident.objects.get(pk=incident.pk), risk="high", actor=maker, now=clock.now())
    with pytest.raises(Refused) as refused:
        agreed(decision, checker)
    assert refused.value.code == "SHOWN_CHANGED"
    assert duty(incident, "eu_authority").state == DutyState.OPEN


def test_what_two_people_declined_stays_so_where_what_it_is_about_did_not_grow(maker: Any, checker: Any) -> None:
    incident = opened_incident(maker, regimes=["EU"], risk="high")
    for code in ("cert_in", "eu_people"):
        declined(incident, code, maker, checker)
    incidents.change(incident=incident, risk="risk", regimes=["EU", "US-CA"], actor=maker, now=clock.now())
    incidents.change(incident=incident, is_telecom=True, actor=maker, now=clock.now())
    states = {duty(incident, code).state for code in ("cert_in", "eu_people")}
    assert states == {DutyState.DECLINED}


def test_a_duty_that_is_open_again_is_late_anew_and_follows_its_incident(maker: Any, checker: Any) -> None:
    incident = opened_incident(maker, regimes=["EU"])
    later = incident.noticed_at + timedelta(hours=7)
    with time_machine.travel(later, tick=False):
        deadline_sweep.sweep(now=later)
        late = Message.objects.filter(kind="registers.incident_late")
        before = late.count()
        declined(incident, "cert_in", maker, checker)
        clients = [client_called("shop", maker)]
        incidents.change(incident=incident, role="both", clients=clients, actor=maker, now=later)
        deadline_sweep.sweep(now=later)
        assert late.count() > before, "the letter about the first clock is none about the second"
        for code, hours in (("cert_in", 3), ("eu_authority", 1)):
            started = Clock.objects.filter(owner=duty(incident, code).owner).latest("pk").started_at
            deadline_corrections.correct_start(
                owner=duty(incident, code).owner,
                kind=incidents.PLAN,
                started_at=started - timedelta(hours=hours),
                reason_code="earlier",
                actor=maker,
                now=later,
            )
    assert duty(incident, "cert_in").state == DutyState.OPEN


def test_staff_hear_of_an_incident_of_each_share_of_the_time_and_of_its_end(maker: Any) -> None:
    incident = opened_incident(maker, has_personal_data=False)
    assert Message.objects.filter(kind="registers.incident_opened").count() == 1
    for hours, late in ((5, 0), (7, 1)):
        with time_machine.travel(incident.noticed_at + timedelta(hours=hours), tick=False):
            deadline_sweep.sweep(now=clock.now())
        assert Message.objects.filter(kind="registers.incident_late").count() == late
    assert Message.objects.filter(kind="registers.incident_due_soon").count() == 1


def test_an_incident_is_printed_whole_and_each_report_alone(maker: Any, checker: Any) -> None:
    officer_in_office()
    incident = opened_incident(maker)
    told_everything(incident, maker)
    decision = agreed(
        incident_notifications.propose_report(
            duty=duty(incident, "cert_in"), step="file", actor=maker, now=clock.now()
        ),
        checker,
    )
    for printed in (
        incident_pdfs.file_pdf(incident, at=clock.now()),
        incident_pdfs.report_pdf(decision, at=clock.now()),
    ):
        assert printed.startswith(b"%PDF-")
    rows = [incident_pdfs._duty_row(row, None) for row in incident.duties.select_related("incident", "client")]
    assert any(row[0].startswith("CERT-In") for row in rows)


def test_a_hash_on_a_report_stands_in_groups_that_its_line_can_break_between(
    maker: Any, checker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer_in_office()
    incident = opened_incident(maker)
    told_everything(incident, maker)
    decision = agreed(
        incident_notifications.propose_report(
            duty=duty(incident, "cert_in"), step="file", actor=maker, now=clock.now()
        ),
        checker,
    )
    decision.proof_sha256 = "b8" * 32
    printed: list[dict[str, Any]] = []
    monkeypatch.setattr(typst_pdf, "typeset", lambda _template, words: printed.append(words) or b"")
    incident_pdfs.report_pdf(decision, at=clock.now())
    rows = dict(printed[0]["parts"][0]["rows"])
    hashes = {"SHA-256 of what both saw": decision.shown_sha256, "SHA-256 of its acknowledgement": "b8" * 32}
    for label, digest in hashes.items():
        groups = rows[label].split(" ")
        assert [len(group) for group in groups] == [16, 16, 16, 16]
        assert "".join(groups) == digest


def test_words_of_people_are_kept_in_the_order_in_which_the_letter_reads_them(maker: Any) -> None:
    incident = opened_incident(maker, regimes=["EU"])
    told_everything(incident, maker)
    words = incident_notifications.draft(duty(incident, "eu_people"), now=clock.now())
    assert len(words) == 12
    assert words[4] == ["What happened, and when (hi)", "letter_nature_hi told"]


def test_nobody_is_told_of_an_incident_before_anybody_was_found(maker: Any) -> None:
    incident = opened_incident(maker, regimes=["EU"])
    told_everything(incident, maker)
    with pytest.raises(Refused) as refused:
        incident_notifications.propose_report(
            duty=duty(incident, "eu_people"), step=IncidentStep.TELL, actor=maker, now=clock.now()
        )
    assert refused.value.code == "NOBODY"
    assert incident_selectors.counts(incident).found == 0
    assert set(affected_people.selections()) >= {"everybody", "messaged", "with_documents", "answered_to"}


@pytest.mark.parametrize(("after", "says"), [(timedelta(milliseconds=999), "Yes"), (timedelta(seconds=1), "No")])
def test_the_last_second_of_the_time_is_kept_whole(maker: Any, after: timedelta, says: str) -> None:
    incident = opened_incident(maker)
    row = duty(incident, "cert_in")
    running = Clock.objects.get(owner=row.owner)
    at = running.due_at + after
    assert incident_selectors.is_late(row, now=at) is (says == "No")
    row.reported_at = at
    assert incident_pdfs._duty_row(row, running)[-1] == says


def test_staff_are_written_to_by_the_roles_they_hold_at_the_moment_of_the_clock(maker: Any) -> None:
    incident = opened_incident(maker)
    later = clock.now() + timedelta(days=10)
    new = StaffFactory(roles=[])
    RoleGrantFactory(user=new, role=shipped_role("administrator"), starts_at=later)
    incidents.write_to_deciders("registers.incident_opened", incident, about="x/now", context={}, now=clock.now())
    assert not Message.objects.filter(subject_ref=new.subject.ref).exists()
    incidents.write_to_deciders("registers.incident_opened", incident, about="x/later", context={}, now=later)
    assert Message.objects.filter(subject_ref=new.subject.ref).exists()


def test_of_two_who_save_at_the_same_moment_the_second_writes_nothing_over_the_first(maker: Any) -> None:
    incident = opened_incident(maker)
    stale = Incident.objects.get(pk=incident.pk)
    incidents.tell(incident=incident, words={"nature": "One\r\nTwo"}, actor=maker, now=clock.now())
    more = {"incident": stale, "actor": maker, "now": clock.now()}
    with pytest.raises(LostRace):
        incidents.tell(words={"nature": "Other words"}, shown={"nature": ""}, **more)
    assert incident_selectors.facts_of(incident)["nature"] == "One\r\nTwo"
    assert incidents.tell(words={"nature": "Both"}, shown={"nature": "One\nTwo "}, **more)
    incidents.change(incident=incident, risk="high", actor=maker, now=clock.now())
    with pytest.raises(LostRace):
        incidents.change(risk="unlikely", **more)
    incidents.change(is_telecom=True, **more)
    incident.refresh_from_db()
    assert (incident.risk, incident.is_telecom) == ("high", True)


def test_what_two_people_change_at_once_makes_due_what_follows_from_both(maker: Any) -> None:
    incident = opened_incident(maker, risk="unlikely", has_personal_data=False, regimes=["EU"])
    stale = Incident.objects.get(pk=incident.pk)
    incidents.change(incident=incident, has_personal_data=True, actor=maker, now=clock.now())
    assert duty(incident, "eu_authority").not_due_because == "LOW_RISK"
    fresh = incidents.change(incident=stale, risk="high", actor=maker, now=clock.now())
    assert {row.code for row in fresh} == {"eu_authority", "eu_people"}
    assert (stale.has_personal_data, stale.risk) == (True, "high")


def test_a_time_that_was_corrected_meanwhile_starts_the_clocks_of_a_change(maker: Any) -> None:
    incident = opened_incident(maker, risk="unlikely", regimes=["EU"])
    stale = Incident.objects.get(pk=incident.pk)
    earlier = incident.aware_at - timedelta(minutes=20)
    Incident.objects.filter(pk=incident.pk).update(aware_at=earlier, noticed_at=earlier)
    incidents.change(incident=stale, risk="risk", actor=maker, now=clock.now())
    assert Clock.objects.get(owner=duty(incident, "eu_authority").owner).started_at == earlier


def test_a_start_that_is_put_right_writes_nothing_over_a_time_that_a_colleague_saved_meanwhile(
    maker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = opened_incident(maker, regimes=["EU"])
    earlier = incident.noticed_at - timedelta(hours=9)
    follow, read = incidents.follow, incidents.duty_of

    def follow_what_was_read_before(clock_of: Clock, **given: Any) -> None:
        row = read(clock_of.owner)
        Incident.objects.filter(pk=incident.pk).update(noticed_at=earlier)
        with monkeypatch.context() as patched:
            patched.setattr(incidents, "follow", follow)
            patched.setattr(incidents, "duty_of", lambda owner: row if owner == clock_of.owner else read(owner))
            follow(clock_of, **given)

    monkeypatch.setattr(incidents, "follow", follow_what_was_read_before)
    at = incident.aware_at - timedelta(hours=1)
    owner = duty(incident, "eu_authority").owner
    deadline_corrections.correct_start(
        owner=owner, kind=incidents.PLAN, started_at=at, reason_code="earlier", actor=maker, now=clock.now()
    )
    incident.refresh_from_db()
    assert (incident.noticed_at, incident.aware_at) == (earlier, at)


def test_an_incident_that_was_closed_meanwhile_takes_no_words_and_no_change(maker: Any) -> None:
    incident = opened_incident(maker)
    stale = Incident.objects.get(pk=incident.pk)
    Incident.objects.filter(pk=incident.pk).update(closed_at=clock.now())
    with pytest.raises(IllegalMove):
        incidents.tell(incident=stale, words={"nature": "More"}, actor=maker, now=clock.now())
    stale.closed_at = None
    with pytest.raises(IllegalMove):
        incidents.change(incident=stale, risk="high", actor=maker, now=clock.now())
    assert "nature" not in incident_selectors.facts_of(incident)
