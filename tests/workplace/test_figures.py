from datetime import UTC, datetime, timedelta

import pytest

from portal.core import actor, clock
from portal.jobs import services as jobs
from portal.law.models import Clock, LegalRule
from portal.retention.models import ErasureRun
from portal.vault.models import ShredOrder
from portal.vault.services import files
from portal.workplace import figures
from portal.workplace.job_kinds import VERIFY_LEDGER
from tests.law.factories import ClockFactory
from tests.vault.factories import stored

pytestmark = pytest.mark.django_db


def by_label(answer):
    return {figure.label: figure for figure in answer.context["figures"]}


def test_a_figure_and_the_list_behind_it_count_the_same_rows(staff):
    now = clock.now()
    for due in (now - timedelta(days=2), now - timedelta(minutes=1), now + timedelta(days=3)):
        ClockFactory(started_at=now - timedelta(days=9), due_at=due, target_at=due, outer_limit_at=due)
    client = staff("grievance_officer")
    late = by_label(client.get("/admin/"))["Overdue"]
    assert late.number == "2"
    assert client.get(late.url).context["cl"].result_count == 2


def test_a_paused_clock_is_not_late(staff):
    now = clock.now()
    ClockFactory(
        started_at=now - timedelta(days=9),
        due_at=now - timedelta(days=1),
        state="paused",
        paused_at=now - timedelta(days=2),
    )
    assert by_label(staff("grievance_officer").get("/admin/"))["Overdue"].number == "0"


def test_the_day_ends_at_midnight_in_india():
    assert figures.end_of_day(datetime(2026, 11, 24, 18, 29, tzinfo=UTC)).date().isoformat() == "2026-11-24"
    assert figures.end_of_day(datetime(2026, 11, 24, 18, 31, tzinfo=UTC)).date().isoformat() == "2026-11-25"


@pytest.mark.parametrize(
    ("left", "says", "tone"),
    [
        (timedelta(days=3), "3 days left", "ok"),
        (timedelta(minutes=5), "5 minutes left", "warn"),
        (timedelta(minutes=-90), "late by 1 hour", "err"),
        (timedelta(days=-2, minutes=-5), "late by 2 days", "err"),
        (timedelta(days=-2, hours=-12), "late by 3 days", "err"),  # 23:30 IST of the third day before today
        (timedelta(hours=13), "1 day left", "ok"),
    ],
)
def test_a_deadline_says_in_words_how_much_is_left(left, says, tone):
    now = datetime(2026, 11, 24, 6, tzinfo=UTC)
    rule = LegalRule(key="IN-IT-RES", law="IT Rules 2021", provision="r.3(2)(a)(i)")
    clock = Clock(owner="grievances.ticket:OS-GR-7K4M-9QX2", kind="answer", legal_rule=rule, due_at=now + left)
    row = figures.deadline(clock, now)
    assert (row.says, row.tone, row.reference) == (says, tone, "OS-GR-7K4M-9QX2")
    assert (row.work, row.rule) == ("Answer a grievance", "Resolve a complaint (IT Rules 2021, r.3(2)(a)(i))")


def test_the_owner_of_a_deadline_that_has_no_reference_is_named_with_what_it_is():
    assert figures.owner_in_words("registers.instruction:12") == "Instruction to a recipient 12"
    assert figures.owner_in_words("grievances.acknowledgement:OS-GR-7K4M-9QX2") == "OS-GR-7K4M-9QX2"
    assert figures.owner_in_words("nowhere.nothing:7") == "7"


def test_support_does_not_see_the_figures_of_other_roles(staff):
    assert set(by_label(staff("support").get("/admin/"))) == {"Waiting for you as second person"}


def test_work_that_has_ended_is_not_counted(staff):
    client = staff("administrator")
    assert by_label(client.get("/admin/"))["Long work"].number == "0"
    acting = actor.staff(client.member.pk)
    job = jobs.start(kind=VERIFY_LEDGER, parameters={}, actor=acting)
    assert by_label(client.get("/admin/"))["Long work"].number == "1"
    jobs.cancel(job, acting)
    assert by_label(client.get("/admin/"))["Long work"].number == "0"


def test_a_failed_erasure_and_a_key_that_did_not_end_show_today(staff):
    client = staff("data_protection_officer")
    assert by_label(client.get("/admin/"))["Erasing"].tone == "warn"
    now = clock.now()
    run = ErasureRun.objects.create(reference="OS-EC-1", started_by="system:x", started_at=now, finished_at=now)
    for state, tone in (("done", "ok"), ("failed", "err")):
        ErasureRun.objects.filter(pk=run.pk).update(state=state)
        assert by_label(client.get("/admin/"))["Erasing"].tone == tone
    ErasureRun.objects.update(state="done")
    files.shred(subject_ref=stored().subject_ref, retention_class="kyc")
    assert by_label(client.get("/admin/"))["Erasing"].tone == "ok"
    ShredOrder.objects.update(ordered_at=now - 2 * files.LATE)
    figure = by_label(client.get("/admin/"))["Erasing"]
    assert (figure.tone, figure.words) == ("err", "1 key should have ended")


@pytest.mark.parametrize(
    ("role", "sees"),
    [("kyc_checker", {"OS-KY-7K4M-9QX2"}), ("support", {"OS-GR-7K4M-9QX2"}), ("grievance_officer", None)],
)
def test_a_role_sees_the_deadlines_of_the_records_it_may_see(staff, role, sees):
    now = clock.now()
    owners = ("kyc.case:OS-KY-7K4M-9QX2", "grievances.ticket:OS-GR-7K4M-9QX2", "retention.run:OS-RU-7K4M-9QX2")
    for owner in owners:
        ClockFactory(owner=owner, started_at=now, due_at=now, target_at=now, outer_limit_at=now)
    answer = staff(role).get("/admin/")
    shown = {row.reference for row in answer.context["deadlines"]}
    assert shown == (sees if sees is not None else {owner.partition(":")[2] for owner in owners})
    assert "No deadline is running" not in answer.text


def test_a_role_without_records_is_not_told_that_nothing_runs(staff):
    now = clock.now()
    ClockFactory(owner="retention.run:OS-RU-1", started_at=now, due_at=now, target_at=now, outer_limit_at=now)
    assert "No deadline is running for the records that your role may see." in staff("kyc_checker").get("/admin/").text
