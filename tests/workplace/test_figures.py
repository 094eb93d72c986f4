from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from kyc.models import Case, Likeness
from portal.fronts.workplace import charts, figures, queues, worklist
from portal.fronts.workplace.job_types import VERIFY_LEDGER
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import actor, clock, ports
from portal.kernel.jobs import services as jobs
from portal.kernel.law.models import Clock, LegalRule
from portal.kernel.retention.models import ErasureRun
from portal.kernel.vault.models import ShredOrder
from portal.kernel.vault.services import files
from tests.consent.factories import law_is_loaded
from tests.grievances.factories import ticket
from tests.law.factories import ClockFactory, HouseRuleFactory
from tests.people.factories import CustomerFactory
from tests.registers.factories import as_actor, opened_incident
from tests.shipped import every_rule
from tests.vault.factories import stored
from tests.workplace.today import by_label, listed

pytestmark = pytest.mark.django_db


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
    ("left", "says", "tone", "unit"),
    [
        (timedelta(minutes=5), "5 minutes left", "warn", "hour"),
        (timedelta(minutes=-90), "late by 1 hour", "err", "hour"),
        (timedelta(hours=20), "20 hours left", "ok", "hour"),
        (timedelta(days=3), "3 days left", "ok", "calendar_day"),
        (timedelta(hours=9), "today", "warn", "calendar_day"),
        (timedelta(days=-2, minutes=-5), "late by 2 days", "err", "calendar_day"),
        (
            timedelta(days=-2, hours=-12),
            "late by 3 days",
            "err",
            "calendar_day",
        ),  # 23:30 IST of the third day before today
        (timedelta(hours=13), "1 day left", "ok", "calendar_day"),
    ],
)
def test_a_deadline_says_in_words_how_much_is_left(left, says, tone, unit):
    now = datetime(2026, 11, 24, 6, tzinfo=UTC)
    rule = LegalRule(key="IN-IT-RES", law="IT Rules 2021", provision="r.3(2)(a)(i)", unit=unit)
    clock = Clock(
        owner="grievances.ticket:OS-GR-7K4M-9QX2",
        kind="answer",
        legal_rule=rule,
        started_at=now - timedelta(days=9),
        due_at=now + left,
    )
    row = worklist.deadline(clock, now)
    assert (row.says, row.tone, row.reference) == (says, tone, "OS-GR-7K4M-9QX2")
    assert (row.work, row.rule) == ("Answer a grievance", "Resolve a complaint (IT Rules 2021, r.3(2)(a)(i))")


def test_the_owner_of_a_deadline_that_has_no_reference_is_named_with_what_it_is():
    assert worklist.owner_in_words("registers.instruction:12") == "Instruction to a recipient 12"
    assert worklist.owner_in_words("grievances.acknowledgement:OS-GR-7K4M-9QX2") == "OS-GR-7K4M-9QX2"
    assert worklist.owner_in_words("nowhere.nothing:7") == "7"


def test_a_deadline_shows_no_code_of_its_duty_and_leads_to_whose_it_is(staff):
    assert worklist.owner_in_words("registers.incident:OS-BR-7K4M-9QX2/cert_in") == "OS-BR-7K4M-9QX2"
    member = staff("data_protection_officer").member
    for owner, page in (("kyc.deletion", "kyc_deletionrequest"), ("retention.child", "retention_childreport")):
        leads_to = worklist.owner_url(f"{owner}:OS-DL-7K4M-9QX2", member)
        assert leads_to == f"{reverse(f'admin:{page}_changelist')}?q=OS-DL-7K4M-9QX2"


@pytest.mark.parametrize("owner", ["grievances.interim:{}", "grievances.acknowledgement:{}", "grievances.ticket:{}/2"])
def test_every_clock_of_a_grievance_leads_to_the_grievance(staff, owner):
    member = staff("grievance_officer").member
    reference = "OS-GR-7K4M-9QX2"
    assert worklist.owner_url(owner.format(reference), member) == f"/admin/grievances/ticket/?q={reference}"


def test_how_much_was_kept_counts_what_ended_lately_and_warns_of_what_nobody_explained(staff):
    now = clock.now()
    for stopped, late, why in ((1, False, ""), (2, False, ""), (3, True, "many"), (200, True, "")):
        at = now - timedelta(days=stopped)
        due = at - timedelta(days=1) if late else at + timedelta(days=1)
        ClockFactory(
            started_at=at - timedelta(days=9),
            due_at=due,
            state="stopped",
            stopped_at=at,
            ended="done",
            late_because=why,
        )
    client = staff("grievance_officer")
    figure = by_label(client.get("/admin/"))["Deadlines met, last 90 days"]
    assert (figure.number, figure.words, figure.tone) == ("66 %", "1 of 3 deadlines missed", "ok")
    at = now - timedelta(days=3)
    ClockFactory(
        started_at=at - timedelta(days=9), due_at=at - timedelta(days=1), state="stopped", stopped_at=at, ended="done"
    )
    assert by_label(client.get("/admin/"))["Deadlines met, last 90 days"].tone == "err"


def test_a_deadline_that_passed_is_missed_though_its_work_is_not_done(staff):
    """On the page of today, in the list behind its link, and in the chart of the months."""
    now = clock.now()
    rows = [
        ClockFactory(
            owner=f"tests.thing:{number}", started_at=now - timedelta(days=9), due_at=now - timedelta(days=late)
        )
        for number, late in enumerate((1, 2, -3))
    ]
    at = now - timedelta(days=4)
    begun = at - timedelta(days=9)
    ClockFactory(started_at=begun, due_at=at + timedelta(days=1), state="stopped", stopped_at=at, ended="done")
    long_ago = now - timedelta(days=200)
    ClockFactory(
        owner="tests.thing:old",
        started_at=long_ago - timedelta(days=9),
        due_at=long_ago - timedelta(days=1),
        state="stopped",
        stopped_at=long_ago,
        ended="done",
    )
    client = staff("grievance_officer")
    figure = by_label(client.get("/admin/"))["Deadlines met, last 90 days"]
    assert (figure.number, figure.words, figure.tone) == ("33 %", "2 of 3 deadlines missed", "err")
    listed = client.get(figure.url).context["cl"].queryset
    assert set(listed) == set(rows[:2])
    missed_by_month = {label: values[1] for label, values in charts._on_time(now)}
    assert sum(missed_by_month.values()) == 2


def test_support_does_not_see_the_figures_of_other_roles(staff):
    assert by_label(staff("support").get("/admin/")) == {}


def test_work_that_has_ended_is_not_counted(staff):
    client = staff("administrator")
    assert by_label(client.get("/admin/"))["Background jobs"].number == "0"
    acting = actor.staff(client.member.pk)
    job = jobs.start(kind=VERIFY_LEDGER, parameters={}, actor=acting)
    assert by_label(client.get("/admin/"))["Background jobs"].number == "1"
    jobs.cancel(job, acting)
    assert by_label(client.get("/admin/"))["Background jobs"].number == "0"


def test_a_failed_erasure_and_a_key_that_did_not_end_show_today(staff):
    client = staff("data_protection_officer")
    assert by_label(client.get("/admin/"))["Erasure runs"].tone == "warn"
    now = clock.now()
    run = ErasureRun.objects.create(reference="OS-EC-1", started_by="system:x", started_at=now, finished_at=now)
    for state, tone in (("done", "ok"), ("failed", "err")):
        ErasureRun.objects.filter(pk=run.pk).update(state=state)
        assert by_label(client.get("/admin/"))["Erasure runs"].tone == tone
    ErasureRun.objects.update(state="done")
    files.shred(subject_ref=stored().subject_ref, retention_class="kyc")
    assert by_label(client.get("/admin/"))["Erasure runs"].tone == "ok"
    ShredOrder.objects.update(ordered_at=now - 2 * files.LATE)
    figure = by_label(client.get("/admin/"))["Erasure runs"]
    assert (figure.tone, figure.words) == ("err", "1 key should have ended")


def test_the_failed_end_of_one_person_is_not_hidden_by_the_next_nights_run(staff):
    client, now = staff("data_protection_officer"), clock.now()
    given = {"started_by": "system:x", "started_at": now, "finished_at": now}
    one = {**given, "cause": "child", "because": "OS-CH-7K4M-9QX2", "asked_at": now}
    ErasureRun.objects.create(reference="OS-EC-1", state="failed", **one)
    ErasureRun.objects.create(reference="OS-EC-2", state="done", needs_approval=False, **given)
    assert by_label(client.get("/admin/"))["Erasure runs"].tone == "err"
    ErasureRun.objects.create(reference="OS-EC-3", state="done", **one)
    assert by_label(client.get("/admin/"))["Erasure runs"].tone == "ok"


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
    shown = {row.reference for row in listed(answer)}
    assert shown == (sees if sees is not None else {owner.partition(":")[2] for owner in owners})
    assert "No deadline is running" not in answer.text


def test_a_role_without_records_is_not_told_that_nothing_runs(staff):
    now = clock.now()
    ClockFactory(owner="retention.run:OS-RU-1", started_at=now, due_at=now, target_at=now, outer_limit_at=now)
    assert "No deadline is running for the records that your role may see." in staff("kyc_checker").get("/admin/").text


def test_a_deadline_leads_to_its_owner_only_for_whoever_may_open_it(staff):
    now = clock.now()
    owner = "grievances.ticket:OS-GR-7K4M-9QX2"
    ClockFactory(owner=owner, started_at=now, due_at=now, target_at=now, outer_limit_at=now)
    tickets = reverse("admin:grievances_ticket_changelist")
    assert f"{tickets}?q=" in staff("grievance_officer").get("/admin/").text
    page = staff("administrator").get("/admin/")
    assert listed(page)
    assert f"{tickets}?q=" not in page.text


def test_names_like_those_on_a_list_and_second_looks_show_today(staff):
    case = Case.objects.create(
        reference="OS-KY-0", customer=CustomerFactory(), subject_ref=uuid4(), opened_at=clock.now()
    )
    Likeness.objects.create(
        reference="OS-SC-0", case=case, source="un", uid="1", list_version=clock.day(clock.now()), list_sha256="0",
        decision="AUTO", birth="same", pair_key=b"0", found_at=clock.now(),
    )  # fmt: skip
    client = staff("kyc_maker")
    shown = by_label(client.get("/admin/"))
    assert (shown["Sanctions matches"].number, shown["QA reviews"].number) == ("1", "0")
    assert client.get(shown["Sanctions matches"].url).context["cl"].result_count == 1
    assert client.get(shown["QA reviews"].url).context["cl"].result_count == 0


def test_reports_that_are_owed_under_incidents_show_today_red_once_one_is_late(staff):
    every_rule()
    law_is_loaded()
    client = staff("data_protection_officer")
    figure = by_label(client.get("/admin/"))["Incidents"]
    assert (figure.number, figure.tone) == ("0", "ok")
    incident = opened_incident(as_actor(client.member), has_personal_data=False)
    figure = by_label(client.get("/admin/"))["Incidents"]
    assert (figure.number, figure.tone, figure.words) == ("1", "warn", "notification is due")
    assert client.get(figure.url).context["cl"].result_count == 1
    running = Clock.objects.get(owner__startswith=incident.about)
    over = clock.now() - timedelta(seconds=2)
    Clock.objects.filter(pk=running.pk).update(target_at=running.started_at, due_at=over, outer_limit_at=clock.now())
    assert by_label(client.get("/admin/"))["Incidents"].tone == "err"
    assert "Incidents" not in by_label(staff("support").get("/admin/"))


@pytest.mark.parametrize(("code", "sees"), [(Permission.INCIDENT_VIEW, 1), (Permission.ORDER_VIEW, 0)])
def test_whoever_may_see_an_incident_sees_when_its_reports_are_due(monkeypatch, code, sees):
    now = clock.now()
    ClockFactory(owner="registers.incident:OS-BR-7K4M-9QX2/cert_in", started_at=now, due_at=now, rule_key="IN-CERT-6H")
    monkeypatch.setattr(worklist.access, "allowed", lambda user, permission: permission == code)
    monkeypatch.setattr(worklist, "owner_url", lambda owner, user: "")
    assert len(worklist.groups(None, now=now)) == sees


def test_no_figure_and_no_queue_counts_other_rows_than_the_list_behind_it(staff, rf):
    """Every queue of every room, as a login sees it that may see all of them."""
    client = staff("administrator", "data_protection_officer", "grievance_officer", "kyc_maker")
    request = rf.get("/admin/")
    request.user, request.actor = client.member, actor.staff(client.member.pk)
    shown = queues.counted(request, ports.queues)
    assert len(shown) == len(ports.queues) > 20
    for one in shown:
        assert client.get(one.url).context["cl"].result_count == one.count == 0


def test_all_queues_are_counted_in_one_question_however_many_there_are(staff, rf, django_assert_num_queries):
    request = rf.get("/admin/")
    request.user = staff("administrator", "data_protection_officer", "kyc_maker").member
    request.user.has_usable_password()
    queues.of_the_first_page(request)  # the roles are looked up once for a login
    with django_assert_num_queries(1):
        queues.of_the_first_page(request)


def test_the_first_page_takes_few_queries_however_much_there_is(staff, django_assert_max_num_queries):
    client = staff("administrator", "data_protection_officer", "grievance_officer", "kyc_maker")
    now = clock.now()
    for number in range(12):
        ClockFactory(owner=f"grievances.ticket:OS-GR-{number}", started_at=now, due_at=now + timedelta(days=number))
    client.get("/admin/")
    with django_assert_max_num_queries(32):
        assert len(listed(client.get("/admin/"))) == 8


def test_whoever_answers_sees_their_own_and_nobodys_deadlines_and_who_watches_clocks_sees_who_has_what(staff, house):
    officer, colleague = staff("grievance_officer"), staff("grievance_officer")
    mine, theirs, nobodys = (ticket(email=f"{name}@example.in") for name in ("asha", "ravi", "meera"))
    for one, to in ((mine, officer), (theirs, colleague)):
        one.assigned_to = to.member
        one.save(update_fields=["assigned_to"])
    seen = listed(officer.get("/admin/"))
    assert {(row.reference, row.holder) for row in seen} == {(mine.reference, "you"), (nobodys.reference, "")}
    read = {row.reference: row.holder for row in listed(staff("administrator").get("/admin/"))}
    assert read[theirs.reference] == colleague.member.full_name


def running_for(owner, left, *, now, by_law=True):
    due = now + left
    rule = {} if by_law else {"legal_rule": None, "house_rule": HouseRuleFactory(), "rule_key": "ours"}
    return ClockFactory(
        owner=owner, started_at=now - timedelta(days=60), due_at=due, target_at=due, outer_limit_at=due, **rule
    )


def test_what_can_still_be_met_comes_before_what_is_late_and_law_before_our_own_rules(staff):
    now = clock.now()
    for number in range(9):
        running_for(f"grievances.ticket:OS-GR-L{number}", -timedelta(days=number + 2), now=now)
    running_for("grievances.ticket:OS-GR-OWN", timedelta(minutes=20), now=now, by_law=False)
    running_for("registers.incident:OS-BR-1/cert_in", timedelta(hours=2), now=now)
    running_for("grievances.ticket:OS-GR-WEEK", timedelta(days=3), now=now)
    running_for("grievances.ticket:OS-GR-FAR", timedelta(days=30), now=now)
    page = staff("data_protection_officer").get("/admin/")
    shown = [(str(one.name), [row.lead.reference for row in one.rows]) for one in page.context["worklist"]]
    assert shown == [
        ("Next 24 hours", ["OS-BR-1", "OS-GR-OWN"]),
        ("Overdue", [f"OS-GR-L{number}" for number in range(8, 1, -1)]),
        ("Next 7 days", ["OS-GR-WEEK"]),
    ]
    assert "Overdue: show all 9" in page.text
    (late,) = staff("data_protection_officer").get("/admin/?group=overdue").context["worklist"]
    assert [row.lead.reference for row in late.rows] == [f"OS-GR-L{number}" for number in range(8, -1, -1)]
    assert page.text.index("OS-BR-1") < page.text.index('class="figures"')


def test_a_record_is_in_the_worklist_once_with_its_other_deadlines_beside_it(staff):
    now = clock.now()
    owner = "grievances.ticket:OS-GR-1"
    for left in (timedelta(hours=3), -timedelta(days=1), timedelta(days=2)):
        running_for(owner, left, now=now)
    page = staff("grievance_officer").get("/admin/")
    (group,) = page.context["worklist"]
    assert (str(group.name), group.rows[0].lead.says) == ("Next 24 hours", group.rows[0].lead.says)
    assert [one.tone for one in group.rows[0].more] == ["err", "ok"]
    assert "2 more deadlines" in page.text


def test_where_nothing_is_due_this_week_the_next_deadline_is_shown(staff):
    now = clock.now()
    running_for("grievances.ticket:OS-GR-FAR", timedelta(days=30), now=now)
    (group,) = staff("data_protection_officer").get("/admin/").context["worklist"]
    assert (str(group.name), [row.lead.reference for row in group.rows]) == ("Later", ["OS-GR-FAR"])


def test_a_deadline_of_later_is_shown_where_only_colleagues_have_something_sooner(staff, house):
    officer, colleague = staff("grievance_officer"), staff("grievance_officer")
    mine, theirs = (ticket(email=f"{name}@example.in") for name in ("asha", "ravi"))
    for one, to in ((mine, officer), (theirs, colleague)):
        one.assigned_to = to.member
        one.save(update_fields=["assigned_to"])
    far = clock.now() + timedelta(days=30)
    Clock.objects.filter(owner__endswith=mine.reference).update(target_at=far, due_at=far, outer_limit_at=far)
    (group,) = officer.get("/admin/").context["worklist"]
    assert (group.code, {row.lead.reference for row in group.rows}) == ("later", {mine.reference})


def test_a_record_that_a_group_does_not_show_is_in_no_later_group(staff):
    now = clock.now()
    for number in range(8):
        running_for(f"grievances.ticket:OS-GR-N{number}", timedelta(hours=number + 1), now=now)
    running_for("grievances.ticket:OS-GR-N7", timedelta(days=3), now=now)
    (group,) = staff("data_protection_officer").get("/admin/").context["worklist"]
    assert (group.code, len(group.rows), group.hidden) == ("next", 7, 1)


def test_at_most_six_figures_are_large_and_those_without_rows_are_one_sentence(staff):
    figure = figures.Figure("Some", "1", "things", "/admin/", "")
    late, waits = replace(figure, tone="err"), replace(figure, tone="warn")
    none, fine = replace(figure, number="0"), replace(figure, number="Clean", tone="ok", is_words=True)
    bands = figures.bands([*[figure] * 4, none, fine, waits, late, waits])
    assert ([one.tone for one in bands.large], len(bands.small)) == (["err", "warn", "warn", "", "", ""], 1)
    assert (bands.nothing, bands.in_order) == ([none], [fine])
    page = staff("administrator", "data_protection_officer", "grievance_officer", "kyc_maker").get("/admin/")
    assert len(page.context["bands"].large) <= 6
    assert "Nothing in:" in page.text
