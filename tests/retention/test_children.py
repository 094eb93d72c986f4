"""A report of a child: frozen at once or within the hour, decided by two people, erased but for what a law keeps."""

import re
import sys
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.models import ConsentEvent
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_sweep
from portal.kernel.outbox.models import Message
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import CustomerState
from portal.kernel.people.erasure import Accounts
from portal.kernel.people.models import AgeStatement, OneTimeCode, Principal
from portal.kernel.people.services import age_declarations, codes, freezes, guardianships, subjects
from portal.kernel.retention import selectors
from portal.kernel.retention.choices import Cause, ChildState, RunState
from portal.kernel.retention.models import ChildReport, ErasureRun, Hold
from portal.kernel.retention.services import certificates, erasure_replay, nightly_run, underage_reports
from portal.kernel.retention.tasks import look_at_report, look_at_reports
from portal.kernel.retention.underage_report_erasure import ChildReports
from portal.kernel.vault.models import ErasureMark
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.people.factories import CustomerFactory, MembershipFactory, PrincipalFactory, StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CHILD, PARENT = "kid@acme.example", "parent@home.example"


@pytest.fixture(autouse=True)
def rules_are_loaded(db: Any) -> None:
    every_rule()
    law_is_loaded()
    published_notice()


@pytest.fixture
def maker() -> Any:
    return actor.staff(StaffFactory(roles=["grievance_officer"]).pk)


@pytest.fixture
def checker() -> Any:
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


@pytest.fixture
def kid() -> Principal:
    person: Principal = PrincipalFactory(full_name="Kiran Kid", email=CHILD, phone="+919876543210")
    MembershipFactory(customer=CustomerFactory(kind="individual"), principal=person)
    said(person, "given")
    return person


def reported(**changes: Any) -> ChildReport:
    given = {
        "relation": "parent",
        "address": CHILD,
        "words": "My daughter is fourteen.",
        "reporter": PARENT,
        "language": "mr",
        "actor": actor.stranger(),
        "now": clock.now(),
    }
    return looked_at(underage_reports.report(**{**given, **changes}))


def looked_at(row: ChildReport) -> ChildReport:
    """As the task leaves it."""
    look_at_report(row.pk)
    row.refresh_from_db()
    return row


def decided(row: ChildReport, outcome: str, maker: Any, checker: Any) -> ChildReport:
    decision = underage_reports.propose(row=row, outcome=outcome, why="Seen by both", actor=maker, now=clock.now())
    underage_reports.answer(decision=decision, approve=True, reason="", actor=checker, now=clock.now())
    nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    row.refresh_from_db()
    return row


def test_a_report_about_one_person_freezes_at_once(kid: Principal) -> None:
    row = reported()
    row.refresh_from_db()
    assert (row.state, row.child_ref) == (ChildState.FROZEN, kid.subject.ref)
    assert people.is_child(kid.subject.ref, at=clock.now())
    assert ConsentEvent.objects.latest("pk").way == "protection", "what they agreed to has ended"
    assert kid.memberships.get().customer.state == CustomerState.CLOSED
    assert Clock.objects.get(owner=row.owner).state == ClockState.STOPPED
    assert Message.objects.get(kind="retention.child_report_received").language == "mr"


def test_the_page_of_a_report_says_whose_file_each_link_opens(kid: Principal) -> None:
    row = reported()
    row.refresh_from_db()
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    page = reverse("admin:retention_childreport_change", args=[row.pk])
    client.post(page, {"open_record": "1", "purpose": "support", "ticket": row.reference})
    said = client.get(page).content.decode()
    for whose, ref in (("File of who reported it", row.subject_ref), ("File of the child", kid.subject.ref)):
        url = re.escape(reverse("evidence:person", args=[ref]))
        assert re.search(rf'href="{url}"[^>]*>\s*{whose}', said), whose
    assert "File of this person" not in said


def test_a_report_about_nobody_we_know_looks_the_same_from_outside_and_waits_for_staff() -> None:
    row = reported(address="nobody@acme.example")
    assert (row.state, row.child_ref) == (ChildState.OPEN, None)
    assert Clock.objects.get(owner=row.owner).state == ClockState.RUNNING
    assert Message.objects.filter(kind="retention.child_report_received").exists()


def test_a_number_of_a_family_freezes_nobody_by_itself(kid: Principal, maker: Any) -> None:
    PrincipalFactory(phone="+919876543210")
    row = reported(address="98765 43210")
    assert row.state == ChildState.OPEN
    assert len(underage_reports.persons_of(row)) == 2
    underage_reports.freeze(row=row, subject_ref=kid.subject.ref, actor=maker, now=clock.now())
    assert (row.state, row.child_ref) == (ChildState.FROZEN, kid.subject.ref)


def test_who_freezes_after_the_hour_says_why(kid: Principal, maker: Any) -> None:
    PrincipalFactory(phone="+919876543210")
    row = reported(address="98765 43210")
    given = {"row": row, "subject_ref": kid.subject.ref, "actor": maker, "now": clock.now() + timedelta(hours=2)}
    with pytest.raises(Refused) as refused:
        underage_reports.freeze(**given)
    row.refresh_from_db()
    assert (refused.value.code, row.state) == ("LATE_REASON", ChildState.OPEN)
    underage_reports.freeze(**given, late_because="many")
    assert Clock.objects.get(owner=row.owner).late_because == "many"


def test_somebody_known_under_two_references_is_frozen_at_once(kid: Principal) -> None:
    twin = PrincipalFactory(email=CHILD)
    subjects.join(old_ref=twin.subject.ref, new_ref=kid.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert reported().state == ChildState.FROZEN


def test_whoever_a_signed_document_shows_to_be_of_age_is_not_frozen_by_a_letter(
    kid: Principal, monkeypatch: Any
) -> None:
    monkeypatch.setattr(underage_reports.age_declarations, "age_of", lambda ref, at: age_declarations.ADULT)
    assert reported().state == ChildState.OPEN


def test_a_report_of_somebody_who_said_that_they_are_of_age_is_frozen_only_by_a_person(kid: Principal) -> None:
    age_declarations.state_adult(subject_ref=kid.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert reported().state == ChildState.OPEN


def test_the_promise_is_one_hour_and_staff_hear_of_it(kid: Principal) -> None:
    StaffFactory(roles=["support"])
    row = reported(address="nobody@acme.example")
    due = Clock.objects.get(owner=row.owner).due_at
    assert due - row.reported_at == timedelta(hours=1)
    for minutes in (51, 61):
        with time_machine.travel(row.reported_at + timedelta(minutes=minutes), tick=False):
            deadline_sweep.sweep(now=clock.now())
    assert Message.objects.filter(kind="retention.child_freeze_due").count() == 2
    assert Message.objects.filter(kind="retention.child_reported").count() == 1


def test_a_child_is_erased_but_for_what_a_law_keeps_with_law_and_date(
    kid: Principal, maker: Any, checker: Any, monkeypatch: Any
) -> None:
    row = decided(reported(), "child", maker, checker)
    assert row.state == ChildState.ERASED
    assert row.reported_at <= row.frozen_at <= row.decided_at <= row.erased_at
    kept = {what: (law, until) for what, law, until in row.kept}
    assert kept, "the IT Rules keep registration data after the account has ended"
    law, until = kept["people.accounts"]
    assert law
    assert until > clock.day(clock.now()).isoformat()
    event = AuditEvent.objects.get(kind="retention.child.erased")
    assert event.facts["kept_by_law"] == len(row.kept)


def test_where_no_law_keeps_them_names_and_addresses_are_gone(
    kid: Principal, maker: Any, checker: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(selectors, "binding_laws", lambda rule, on: [])
    row = decided(reported(), "child", maker, checker)
    kid.refresh_from_db()
    kid.subject.refresh_from_db()
    assert (row.kept, kid.full_name) == ([], "")
    assert kid.subject.erased_at is not None
    assert not any(contact.address for contact in kid.contact_points.all())
    assert (row.words, row.address, row.reporter) == ("", "", ""), "nor does the report say who it was"


def test_the_decision_gives_a_run_with_a_certificate_and_marks_for_after_a_restore(
    kid: Principal, maker: Any, checker: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(selectors, "binding_laws", lambda rule, on: [])
    row = decided(reported(), "child", maker, checker)
    run = ErasureRun.objects.get(because=row.reference)
    decision = row.decisions.get()
    assert (run.cause, run.state, run.erased) == (Cause.CHILD, RunState.DONE, row.erased)
    assert run.certificate["approval"]["decision"] == f"retention.childdecision:{decision.pk}"
    assert run.certificate["approval"]["shown_sha256"] == decision.shown_sha256
    marked = set(ErasureMark.objects.filter(because=run.reference).values_list("eraser", flat=True))
    assert {"people.accounts", "people.sign_ins"} <= marked
    assert erasure_replay.undone() == 0


def test_the_answer_erases_nothing_itself_and_a_worker_that_died_is_followed_by_the_next(
    kid: Principal, maker: Any, checker: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(selectors, "binding_laws", lambda rule, on: [])
    row = reported()
    decision = underage_reports.propose(row=row, outcome="child", why="Seen", actor=maker, now=clock.now())
    underage_reports.answer(decision=decision, approve=True, reason="", actor=checker, now=clock.now())
    kid.refresh_from_db()
    row.refresh_from_db()
    assert (row.state, row.erased_at, kid.full_name) == (ChildState.ERASING, None, "Kiran Kid")
    with monkeypatch.context() as patched:
        patched.setattr(certificates, "close", lambda *_args, **_words: sys.exit())
        with suppress(SystemExit):
            nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    row.refresh_from_db()
    assert row.state == ChildState.ERASING
    nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    kid.refresh_from_db()
    row.refresh_from_db()
    assert (row.state, kid.full_name) == (ChildState.ERASED, "")


def test_what_broke_keeps_the_report_open_and_ends_the_next_night(
    kid: Principal, maker: Any, checker: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(selectors, "binding_laws", lambda rule, on: [])
    monkeypatch.setattr(Accounts, "_empty_person", lambda *_args: 1 / 0)
    row = decided(reported(), "child", maker, checker)
    assert (row.state, ErasureRun.objects.get(because=row.reference).state) == (ChildState.ERASING, RunState.FAILED)
    monkeypatch.undo()
    monkeypatch.setattr(selectors, "binding_laws", lambda rule, on: [])
    for _step in range(2):
        nightly_run.pass_over(now=clock.now(), actor=actor.system("tests"))
    row.refresh_from_db()
    kid.refresh_from_db()
    assert (row.state, kid.full_name) == (ChildState.ERASED, "")


def test_codes_end_before_the_addresses_by_which_they_are_found(
    kid: Principal, maker: Any, checker: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(selectors, "binding_laws", lambda rule, on: [])
    codes.issue(purpose="sign_in", kind="email", address=CHILD, now=clock.now())
    decided(reported(), "child", maker, checker)
    assert not OneTimeCode.objects.exists()


def test_one_report_that_cannot_be_looked_at_stops_no_other(kid: Principal, monkeypatch: Any) -> None:
    for _each in range(2):
        form = {"relation": "teacher", "address": CHILD, "words": "", "reporter": ""}
        Client().post(reverse("privacy:report-a-child"), form)
    first, second = ChildReport.objects.order_by("pk")
    look = underage_reports.look
    monkeypatch.setattr(
        underage_reports, "look", lambda number, *, now: 1 / 0 if number == first.pk else look(number, now=now)
    )
    assert underage_reports.look_at_all(now=clock.now()) == 1
    second.refresh_from_db()
    assert second.state == ChildState.FROZEN


def test_a_hold_keeps_what_it_holds(kid: Principal, maker: Any, checker: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(selectors, "binding_laws", lambda rule, on: [])
    row = reported()
    Hold.objects.create(
        subject_ref=kid.subject.ref,
        retention_class="account",
        order_reference="WP 12/2026",
        why="Order",
        placed_by_id=maker.user_id,
        placed_at=clock.now(),
    )
    row = decided(row, "child", maker, checker)
    kid.refresh_from_db()
    assert ["people.accounts", "A legal hold or a duty of law", ""] in row.kept
    assert ErasureRun.objects.get(because=row.reference).certificate["v"] == 5
    assert kid.full_name == "Kiran Kid"


def test_a_mistake_gives_back_the_account_and_what_had_been_noted_before_stays(
    kid: Principal, maker: Any, checker: Any
) -> None:
    row = decided(reported(), "adult", maker, checker)
    assert row.state == ChildState.LIFTED
    assert not people.is_child(kid.subject.ref, at=clock.now())
    assert kid.memberships.get().customer.state == CustomerState.ACTIVE
    guardianships.protect(
        subject_ref=kid.subject.ref, kind="child", ground="declared", actor=actor.SYSTEM, now=clock.now()
    )
    decided(reported(), "adult", maker, checker)
    assert people.is_child(kid.subject.ref, at=clock.now()), "their own word is not lifted by a report that was wrong"


def test_while_a_report_freezes_somebody_no_person_alone_lets_them_answer_or_opens_their_account(
    kid: Principal, maker: Any, checker: Any
) -> None:
    looked_at(reported())
    row = ChildReport.objects.get()
    assert row.state == ChildState.FROZEN
    with pytest.raises(Refused) as refusal:
        freezes.require_not_frozen(kid.subject.ref)
    assert refusal.value.code == "TWO_PEOPLE"
    decided(row, "adult", maker, checker)
    freezes.require_not_frozen(kid.subject.ref)


def test_nobody_decides_alone_and_a_decision_fits_what_was_done(kid: Principal, maker: Any, checker: Any) -> None:
    row = reported(address="nobody@acme.example")
    with pytest.raises(IllegalMove):
        underage_reports.propose(row=row, outcome="child", why="Seen", actor=maker, now=clock.now())
    decision = underage_reports.propose(row=row, outcome="nobody", why="Not ours", actor=maker, now=clock.now())
    with pytest.raises(Refused) as refused:
        underage_reports.propose(row=row, outcome="nobody", why="Not ours", actor=checker, now=clock.now())
    assert refused.value.code == "PROPOSAL_WAITS"
    with pytest.raises(NotAllowed):
        underage_reports.answer(decision=decision, approve=True, reason="", actor=maker, now=clock.now())
    underage_reports.answer(decision=decision, approve=True, reason="", actor=checker, now=clock.now())
    row.refresh_from_db()
    assert row.state == ChildState.NOBODY
    stopped = Clock.objects.get(owner=row.owner)
    assert (stopped.state, stopped.ended) == (ClockState.STOPPED, "withdrawn"), "nobody was frozen in time"


def test_a_freeze_between_two_people_needs_a_new_proposal(kid: Principal, maker: Any, checker: Any) -> None:
    row = reported(address="nobody@acme.example")
    decision = underage_reports.propose(row=row, outcome="adult", why="No child", actor=maker, now=clock.now())
    underage_reports.freeze(row=row, subject_ref=kid.subject.ref, actor=maker, now=clock.now())
    with pytest.raises(Refused) as refused:
        underage_reports.answer(decision=decision, approve=True, reason="", actor=checker, now=clock.now())
    assert refused.value.code == "SHOWN_CHANGED"


def test_support_may_freeze_and_auditors_may_not(kid: Principal) -> None:
    row = reported(address="nobody@acme.example")
    given = {"row": row, "subject_ref": kid.subject.ref, "now": clock.now()}
    with pytest.raises(NotAllowed):
        underage_reports.freeze(**given, actor=actor.staff(StaffFactory(roles=["auditor"]).pk))
    underage_reports.freeze(**given, actor=actor.staff(StaffFactory(roles=["support"]).pk))


def test_words_and_addresses_of_a_report_end_when_their_period_is_over(
    kid: Principal, maker: Any, checker: Any
) -> None:
    row = decided(reported(address="nobody@acme.example"), "nobody", maker, checker)
    eraser, later = ChildReports(), clock.now() + timedelta(seconds=1)
    assert [kept.subject_ref for kept in eraser.kept(before=later)] == [row.subject_ref]
    assert eraser.erase(subject_ref=row.subject_ref, before=later) == 1
    assert eraser.erase(subject_ref=row.subject_ref, before=later) == 0
    row.refresh_from_db()
    assert (row.words, row.address, row.reporter) == ("", "", "")


def test_no_word_and_no_address_stands_in_the_evidence(kid: Principal) -> None:
    reported()
    told = "".join(f"{event.about}{event.facts}" for event in AuditEvent.objects.all())
    for secret in (CHILD, PARENT, "fourteen", "Kiran"):
        assert secret not in told


def test_the_page_says_the_same_whether_we_know_the_address(kid: Principal) -> None:
    answers = []
    for address in (CHILD, "nobody@acme.example"):
        browser = Client()
        form = {"relation": "teacher", "address": address, "words": "", "reporter": ""}
        assert browser.post(reverse("privacy:report-a-child"), form).status_code == 302
        page = browser.get(reverse("privacy:child-reported")).text
        page = page.replace(ChildReport.objects.latest("pk").reference, "REFERENCE")
        answers.append(re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("changes", "said_so"),
    [
        ({"address": "nothing"}, "Enter an email address like"),
        ({"relation": ""}, "Choose who you are"),
        ({"reporter": "me"}, "Enter an email address like"),
        ({"words": "Her PAN is ABCPE1234F"}, "number of an identity document"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_kept(changes: dict[str, str], said_so: str) -> None:
    form = {"relation": "parent", "address": CHILD, "words": "", "reporter": "", **changes}
    answer = Client().post(reverse("privacy:report-a-child"), form)
    assert answer.status_code == 422
    assert said_so in answer.text
    assert not ChildReport.objects.exists()


def test_staff_go_from_the_report_to_the_erasure_on_their_pages(kid: Principal) -> None:
    row = reported(address="nobody@acme.example")
    browser = staff_client(StaffFactory(roles=["grievance_officer"]))
    url = reverse("admin:retention_childreport_do_one", args=[row.pk, "freeze-person"])
    customer = kid.memberships.get().customer
    assert "Done" in browser.post(url, {"answer": "1", "subject_ref": customer.reference}).text
    url = reverse("admin:retention_childreport_do_one", args=[row.pk, "propose-decision"])
    browser.post(url, {"answer": "1", "outcome": "child", "why": "The mother wrote."})
    other = staff_client(StaffFactory(roles=["data_protection_officer"]))
    decision = row.decisions.get()
    url = reverse("admin:retention_childdecision_do_one", args=[decision.pk, "answer-decision"])
    assert "Approved" in other.post(url, {"answer": "1", "decision": "approve"}).text
    nightly_run.carry_on(now=clock.now(), actor=actor.system("tests"))
    row.refresh_from_db()
    assert row.state == ChildState.ERASED


def test_a_yes_to_being_of_age_is_kept_once_and_lifts_no_protection(kid: Principal) -> None:
    assert age_declarations.is_to_be_asked(kid.subject.ref, at=clock.now())
    for _twice in range(2):
        age_declarations.state_adult(subject_ref=kid.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert AgeStatement.objects.count() == AuditEvent.objects.filter(kind="people.age.stated").count() == 1
    assert age_declarations.age_of(kid.subject.ref, at=clock.now()) == age_declarations.ADULT
    guardianships.protect(
        subject_ref=kid.subject.ref, kind="child", ground="reported", actor=actor.SYSTEM, now=clock.now()
    )
    assert age_declarations.age_of(kid.subject.ref, at=clock.now()) == age_declarations.CHILD
    assert not age_declarations.is_to_be_asked(kid.subject.ref, at=clock.now())


def test_the_page_looks_nobody_up_so_that_its_time_tells_nothing(kid: Principal) -> None:
    counted = []
    for address in ("nobody@acme.example", CHILD):
        form = {"relation": "teacher", "address": address, "words": "", "reporter": ""}
        with CaptureQueriesContext(connection) as asked:
            Client().post(reverse("privacy:report-a-child"), form)
        counted.append(len(asked))
        assert ChildReport.objects.latest("pk").state == ChildState.OPEN
    assert counted[0] == counted[1]


def test_a_report_whose_task_was_lost_is_looked_at_by_the_next_sweep_and_once(kid: Principal) -> None:
    form = {"relation": "teacher", "address": CHILD, "words": "", "reporter": ""}
    Client().post(reverse("privacy:report-a-child"), form)
    look_at_reports()
    row = ChildReport.objects.get()
    assert row.state == ChildState.FROZEN
    assert underage_reports.look(row.pk, now=clock.now()) is None
