"""A report leaves with what is known; what is not known yet has an owner and a date, and is owed as a follow-up until reported."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock, LegalRule
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.services import fiduciaries
from portal.kernel.registers.incidents import incident_pdfs, rules
from portal.kernel.registers.incidents.choices import DutyState
from portal.kernel.registers.incidents.selectors import incident_gaps
from portal.kernel.registers.incidents.services import (
    incident_follow_ups,
    incident_notifications,
    incidents,
    notification_proofs,
)
from portal.kernel.registers.models import Incident, IncidentDecision, IncidentDuty
from portal.kernel.registers.tasks import settle_incidents
from tests.consent.factories import law_is_loaded
from tests.people.factories import StaffFactory
from tests.registers.factories import as_actor, company_in_force, officer_in_office, opened_incident, told_everything
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
NOTICED = datetime(2027, 6, 4, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rules_are_loaded(db: Any) -> None:
    every_rule()
    law_is_loaded()


@pytest.fixture
def maker() -> Any:
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def checker() -> Any:
    return StaffFactory(roles=["administrator"])


def duty(incident: Incident, code: str) -> IncidentDuty:
    return IncidentDuty.objects.select_related("incident", "client").get(incident=incident, code=code)


def act(model: str, row: Any, name: str) -> str:
    return reverse(f"admin:registers_{model}_do_one", args=[row.pk, name])


def local(at: Any) -> str:
    return timezone.localtime(at, clock.IST).strftime("%Y-%m-%d %H:%M")


def leave(decision: IncidentDecision, *, at: datetime) -> None:
    """The outbox has sent a report's message at ``at``, and the minute's task has seen it."""
    letter = Message.objects.get(kind=notification_proofs.REPORT, about=notification_proofs.about_report(decision))
    Message.objects.filter(pk=letter.pk).update(state="sent", sent_at=at, next_attempt_at=None)
    settle_incidents()


def reported(owed: IncidentDuty, maker: Any, checker: Any, *, step: str = "send", **changes: Any) -> IncidentDecision:
    """A report by email with what is known, agreed to by a second person, that has left."""
    now = clock.now()
    asked = {"to": "incident@cert.example"} if step == "send" else {}
    decision = incident_notifications.propose_report(
        duty=owed, step=step, actor=as_actor(maker), now=now, **{**asked, **changes}
    )
    incident_notifications.answer(decision=decision, approve=True, reason="", actor=as_actor(checker), now=now)
    leave(decision, at=now)
    decision.refresh_from_db()
    return decision


def left_open(incident: Incident, owner: Any, owed: IncidentDuty, *, hours: int = 24) -> None:
    """Every field of a report that is not known gets an owner and a date."""
    now = clock.now()
    known = incident_gaps.known_codes(incident)
    codes = [code for code, _says in rules.terms(owed.code).fields if code not in known]
    incident_follow_ups.set_pending(
        incident=incident, codes=codes, owner=owner, due_at=now + timedelta(hours=hours), actor=as_actor(owner), now=now
    )


def test_an_incident_with_one_known_field_is_reported_in_time_and_its_rest_followed_up_until_it_closes(
    maker: Any, checker: Any
) -> None:
    """From entry to end, through the pages alone."""
    with time_machine.travel(NOTICED, tick=False):
        officer_in_office()
        company_in_force()
    with time_machine.travel(NOTICED + timedelta(hours=1), tick=False) as moved:
        officer, second = staff_client(maker), staff_client(checker)
        entered = {
            "headline": "A mailbox was read",
            "role": "fiduciary",
            "is_cyber": "on",
            "risk": "unknown",
            "noticed_at": local(NOTICED),
            "aware_at": local(NOTICED),
        }
        assert officer.post(reverse("admin:registers_incident_add"), entered).status_code == 302
        incident = Incident.objects.get()
        owed = duty(incident, "cert_in")
        officer.post(act("incident", incident, "tell-happened"), {"answer": "1", "nature": "A mailbox was read."})
        refused = officer.post(
            act("incidentduty", owed, "propose-send"), {"answer": "1", "to": "incident@cert.example"}
        )
        assert refused.status_code == 422
        assert "not known yet" in refused.text

        promised = NOTICED + timedelta(hours=30)
        asking = officer.get(act("incidentduty", owed, "set-pending"))
        open_codes = [code for code, _says in asking.context["form"].fields["codes"].choices]
        assert open_codes == ["location", "systems", "symptoms", "protection", "measures"]
        given = {"answer": "1", "codes": open_codes, "owner": maker.pk, "due_at": local(promised)}
        assert "Fields set to not known yet: 5" in officer.post(act("incidentduty", owed, "set-pending"), given).text
        officer.post(act("incidentduty", owed, "propose-send"), {"answer": "1", "to": "incident@cert.example"})
        first = IncidentDecision.objects.get()
        page = second.get(act("incidentdecision", first, "answer-decision")).text
        assert "Initial report" in page
        assert "Not known yet. Will follow by 5 Jun 2027, 17:30 IST" in page
        second.post(act("incidentdecision", first, "answer-decision"), {"answer": "1", "decision": "approve"})
        leave(first, at=clock.now())
        sent = message_content.text_of(Message.objects.get(kind=notification_proofs.REPORT)).body
        assert "Symptoms observed:\nNot known yet. Will follow by 5 Jun 2027, 17:30 IST" in sent
        assert "Initial report" in sent
        running = Clock.objects.get(owner=duty(incident, "cert_in").owner)
        assert (running.state, running.stopped_at <= running.due_at) == (ClockState.STOPPED, True)

        rest = duty(incident, "cert_in_follow_up")
        clock_of = Clock.objects.get(owner=rest.owner)
        assert (rest.state, clock_of.due_at) == (DutyState.OPEN, promised)
        shown = officer.get(reverse("admin:registers_incident_change", args=[incident.pk])).text
        assert "CERT-In: the incident (follow-up)" in shown
        assert f"{maker.display_name} by 5 Jun 2027, 17:30 IST" in shown
        listed = officer.get(reverse("admin:registers_incidentduty_changelist")).text
        assert "CERT-In: the incident (follow-up)" in listed
        closing = officer.post(act("incident", incident, "propose-close"), {"answer": "1", "why": "Learnt."})
        assert "follow-up" in closing.text, "it is not closed while the rest is owed"

        moved.shift(timedelta(hours=20))
        officer, second = staff_client(maker), staff_client(checker)
        words = {code: f"{code} found" for code in open_codes}
        for part in ("happened", "response", "systems"):
            officer.post(act("incident", incident, f"tell-{part}"), {"answer": "1", **words})
        asking = officer.get(act("incidentduty", rest, "propose-send"))
        assert asking.context["form"].initial == {"to": "incident@cert.example"}
        officer.post(act("incidentduty", rest, "propose-send"), {"answer": "1", "to": "incident@cert.example"})
        last = IncidentDecision.objects.latest("pk")
        assert "Final report" in second.get(act("incidentdecision", last, "answer-decision")).text
        second.post(act("incidentdecision", last, "answer-decision"), {"answer": "1", "decision": "approve"})
        leave(last, at=clock.now())
        final = message_content.text_of(Message.objects.filter(kind=notification_proofs.REPORT).latest("pk")).body
        assert "Symptoms observed:\nsymptoms found" in final
        assert "It adds to our report of 4 Jun 2027, 12:30 IST" in final
        assert "Not known yet" not in final
        rest.refresh_from_db()
        clock_of.refresh_from_db()
        assert (rest.state, clock_of.state, clock_of.late_because) == (DutyState.REPORTED, ClockState.STOPPED, "")

        officer.post(act("incident", incident, "propose-close"), {"answer": "1", "why": "Learnt."})
        end = IncidentDecision.objects.get(step="close")
        second.post(act("incidentdecision", end, "answer-decision"), {"answer": "1", "decision": "approve"})
        incident.refresh_from_db()
        assert incident.closed_at is not None


def test_a_supplementary_report_that_leaves_fields_open_keeps_the_follow_up_with_a_new_date(
    maker: Any, checker: Any
) -> None:
    officer_in_office()
    incident = opened_incident(as_actor(maker), regimes=["EU"])
    owed = duty(incident, "eu_authority")
    left_open(incident, maker, owed, hours=10)
    first = reported(owed, maker, checker)
    assert incident_gaps.report_head(first)[1].startswith("Initial report (GDPR, Art 33(4)): ")
    rest = duty(incident, "eu_authority_follow_up")
    before = Clock.objects.get(owner=rest.owner)
    incidents.tell(incident=incident, words={"nature": "Known."}, actor=as_actor(maker), now=clock.now())
    left_open(incident, maker, rest, hours=40)
    second = reported(rest, maker, checker)
    assert incident_gaps.kind_of_report(second) == "Supplementary report"
    before.refresh_from_db()
    after = Clock.objects.filter(owner=rest.owner).latest("pk")
    rest.refresh_from_db()
    assert (rest.state, before.state, after.state) == (DutyState.OPEN, ClockState.STOPPED, ClockState.RUNNING)
    assert after.due_at - second.done_at > timedelta(hours=39)


def test_the_follow_up_of_a_first_report_to_the_board_is_its_report_within_72_hours(maker: Any, checker: Any) -> None:
    with time_machine.travel(NOTICED, tick=False):
        officer_in_office()
        incident = opened_incident(as_actor(maker), noticed_at=NOTICED, aware_at=NOTICED, is_cyber=False)
        left_open(incident, maker, duty(incident, "board_first"))
        reported(duty(incident, "board_first"), maker, checker)
        assert not incident.duties.filter(code__endswith=rules.FOLLOW_UP).exists()
        details = duty(incident, "board_details")
        assert details.state == DutyState.OPEN
        assert Clock.objects.get(owner=details.owner).due_at == NOTICED + timedelta(hours=72)
        left_open(incident, maker, details, hours=70)
        reported(details, maker, checker)
        rest = duty(incident, "board_details_follow_up")
        assert Clock.objects.get(owner=rest.owner).due_at <= NOTICED + timedelta(hours=70)


def test_a_client_is_told_in_phases_and_each_client_has_its_own_follow_up(maker: Any, checker: Any) -> None:
    officer_in_office()
    shop, bank = (
        fiduciaries.add_client(code=code, name=code.title(), actor=as_actor(maker), now=clock.now())
        for code in ("shop", "bank")
    )
    incident = opened_incident(as_actor(maker), role="processor", clients=[shop, bank], is_cyber=False)
    owed = incident.duties.select_related("incident", "client").get(client=shop)
    left_open(incident, maker, owed)
    reported(owed, maker, checker)
    assert list(incident.duties.filter(code="client_follow_up").values_list("client", flat=True)) == [shop.pk]


def test_a_field_without_an_owner_and_a_date_keeps_the_report_back(maker: Any) -> None:
    officer_in_office()
    incident = opened_incident(as_actor(maker))
    owed = duty(incident, "cert_in")
    now = clock.now()
    given = {"incident": incident, "owner": maker, "due_at": now + timedelta(hours=5), "actor": as_actor(maker)}
    incident_follow_ups.set_pending(codes=["nature", "location", "systems"], now=now, **given)
    with pytest.raises(Refused, match="Symptoms observed") as refused:
        incident_notifications.propose_report(duty=owed, step="file", actor=as_actor(maker), now=now)
    assert "Physical location" not in str(refused.value)
    left_open(incident, maker, owed)
    later = now + timedelta(hours=25)
    with pytest.raises(Refused):
        incident_notifications.propose_report(duty=owed, step="file", actor=as_actor(maker), now=later)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"codes": []}, "FIELDS"),
        ({"codes": ["timing"]}, "FIELDS"),
        ({"codes": ["delay"]}, "FIELDS"),
        ({"codes": ["letter_nature_en"]}, "FIELDS"),
        ({"hours": 0}, "TIMES"),
        ({"hours": 73}, "TIMES"),
        ({"role": "support"}, "OWNER"),
    ],
)
def test_what_is_set_to_not_known_yet_is_an_open_field_with_an_owner_who_can_enter_it_and_a_date_within_the_rule(
    maker: Any, changes: dict[str, Any], code: str
) -> None:
    incident, now = opened_incident(as_actor(maker)), clock.now()
    owner = StaffFactory(roles=[changes.get("role", "grievance_officer")])
    with pytest.raises(Refused) as refused:
        incident_follow_ups.set_pending(
            incident=incident,
            codes=changes.get("codes", ["symptoms"]),
            owner=owner,
            due_at=now + timedelta(hours=changes.get("hours", 24)),
            actor=as_actor(maker),
            now=now,
        )
    assert refused.value.code == code
    assert not incident.pending_facts.exists()


def test_the_owner_of_an_open_field_gets_a_message_and_the_ledger_an_event(maker: Any) -> None:
    incident, now = opened_incident(as_actor(maker)), clock.now()
    owner = StaffFactory(roles=["grievance_officer"])
    incident_follow_ups.set_pending(
        incident=incident,
        codes=["symptoms", "contact"],
        owner=owner,
        due_at=now + timedelta(hours=3),
        actor=as_actor(maker),
        now=now,
    )
    letter = message_content.text_of(
        Message.objects.get(kind="registers.incident_fact_pending", subject_ref=owner.subject.ref)
    )
    assert "What was seen that showed it" in letter.body
    event = AuditEvent.objects.get(kind="registers.incident.fact_pending")
    assert (event.facts["fields"], event.facts["user"]) == ("contact symptoms", owner.pk)


def test_two_people_may_decide_that_the_rest_is_not_reported(maker: Any, checker: Any) -> None:
    officer_in_office()
    incident = opened_incident(as_actor(maker))
    left_open(incident, maker, duty(incident, "cert_in"))
    reported(duty(incident, "cert_in"), maker, checker)
    rest = duty(incident, "cert_in_follow_up")
    none = incident_notifications.propose_none(
        duty=rest, why="It cannot be found.", actor=as_actor(maker), now=clock.now()
    )
    incident_notifications.answer(decision=none, approve=True, reason="", actor=as_actor(checker), now=clock.now())
    incidents.change(incident=incident, risk="high", actor=as_actor(maker), now=clock.now())
    assert duty(incident, "cert_in_follow_up").state == DutyState.DECLINED


def test_a_full_report_that_left_first_is_not_undone_by_an_initial_one_that_leaves_later(
    maker: Any, checker: Any
) -> None:
    officer_in_office()
    incident = opened_incident(as_actor(maker))
    owed, now = duty(incident, "cert_in"), clock.now()
    left_open(incident, maker, owed)
    slow = incident_notifications.propose_report(
        duty=owed, step="send", to="a@cert.example", actor=as_actor(maker), now=now
    )
    incident_notifications.answer(decision=slow, approve=True, reason="", actor=as_actor(checker), now=now)
    told_everything(incident, as_actor(maker))
    reported(duty(incident, "cert_in"), maker, checker, to="b@cert.example")
    leave(slow, at=clock.now())
    assert not incident.duties.filter(code="cert_in_follow_up").exists()


@pytest.mark.parametrize(("confidence", "states_law"), [("R", True), ("R2", False), ("M", False), ("U", False)])
def test_a_source_that_nobody_read_hides_no_duty_is_tagged_and_is_not_stated_as_law(
    maker: Any, checker: Any, confidence: str, states_law: bool
) -> None:
    """Also where its date says that it is not in force: the date comes from the same unread source."""
    officer_in_office()
    known = LegalRule.objects.get(key="IN-CERT-6H")
    fields = {field.name: getattr(known, field.name) for field in LegalRule._meta.fields if field.name != "id"}
    LegalRule.objects.filter(pk=known.pk).delete()
    starts = clock.day(clock.now()) + timedelta(days=0 if states_law else 30)
    LegalRule.objects.create(**{**fields, "confidence": confidence, "effective_from": starts - timedelta(days=1)})
    incident = opened_incident(as_actor(maker))
    owed = duty(incident, "cert_in")
    assert owed.state == DutyState.OPEN
    assert Clock.objects.get(owner=owed.owner).due_at == incident.noticed_at + timedelta(hours=6)
    page = staff_client(maker).get(reverse("admin:registers_incident_change", args=[incident.pk])).text
    rule = LegalRule.objects.get(key="IN-CERT-6H")
    link = (
        f'<a class="tag warn" href="{reverse("admin:law_legalrule_change", args=[rule.pk])}">▲ source to be confirmed'
    )
    assert (link in page) is not states_law
    left_open(incident, maker, owed)
    decision = reported(owed, maker, checker)
    body = message_content.text_of(Message.objects.get(kind=notification_proofs.REPORT)).body
    assert ("CERT-In Directions" in body) is states_law
    assert ("Made as a precaution" in body) is not states_law
    assert incident_pdfs.report_pdf(decision, at=clock.now()).startswith(b"%PDF-")


def test_a_duty_whose_day_is_not_confirmed_says_so_with_the_page_to_read(maker: Any) -> None:
    with time_machine.travel(datetime(2026, 11, 27, 6, 0, tzinfo=UTC), tick=False):
        incident = opened_incident(as_actor(maker))
        assert duty(incident, "board_first").not_due_because == "NOT_IN_FORCE"
        page = staff_client(maker).get(reverse("admin:registers_incident_change", args=[incident.pk])).text
    assert "in force from 13 May 2027: date to be confirmed" in page


def test_no_source_of_a_duty_says_from_where_somebody_knows_it() -> None:
    doubts = ("memory", "commentary", "not read", "unconfirmed")
    assert not [duty.code for duty in rules.duties().values() if any(word in duty.source for word in doubts)]


CODES = sorted({code for duty in rules.duties().values() for code, _says in duty.fields})


@given(st.sampled_from(sorted(rules.duties())), st.frozensets(st.sampled_from(CODES)))
def test_a_follow_up_asks_for_what_its_duty_asks_for(code: str, known: frozenset[str]) -> None:
    first, rest = rules.terms(code), rules.terms(f"{code}{rules.FOLLOW_UP}")
    assert rules.missing(first, known, is_late=False) == rules.missing(rest, known, is_late=False)
    assert (rest.completes, rest.rule, rules.first_code(rest.code)) == (code, rules.FOLLOW_UP_RULE, code)
