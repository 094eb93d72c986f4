from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kyc.models import Case, Likeness
from portal.fronts.workplace import charts, figures, pages, queues
from portal.fronts.workplace.job_types import VERIFY_LEDGER
from portal.kernel.core import actor, clock, ports
from portal.kernel.jobs import services as jobs
from portal.kernel.law.models import Clock
from portal.kernel.retention.models import ErasureRun
from portal.kernel.vault.models import ShredOrder
from portal.kernel.vault.services import files
from tests.consent.factories import law_is_loaded
from tests.grievances.factories import ticket
from tests.kyc.factories import checked
from tests.law.factories import ClockFactory
from tests.people.factories import CustomerFactory
from tests.registers.factories import as_actor, opened_incident
from tests.shipped import every_rule
from tests.vault.factories import stored
from tests.workplace.today import by_label

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
    missed_by_month = {row.label: row.values[1] for row in charts._on_time(now)}
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


def test_at_most_six_figures_are_large_and_those_without_rows_are_one_sentence(staff):
    figure = figures.Figure("Some", "1", "things", "/admin/", "")
    late, waits = replace(figure, tone="err"), replace(figure, tone="warn")
    none, fine = replace(figure, number="0"), replace(figure, number="Clean", tone="ok", is_words=True)
    bands = figures.bands([*[figure] * 4, none, fine, waits, late, waits])
    assert ([one.tone for one in bands.large], len(bands.rest)) == (["err", "warn", "warn", "", "", ""], 1)
    assert (bands.nothing, bands.in_order) == ([none], [fine])
    page = staff("administrator", "data_protection_officer", "grievance_officer", "kyc_maker").get("/admin/")
    assert len(page.context["bands"].large) <= 6
    assert "Nothing in:" in page.text


#: A number that is a share or a count of something else than the rows of its list: what its link shows is named in its words.
NOT_A_COUNT = {"Deadlines met, last 90 days", "Company profile"}


@pytest.mark.parametrize("role", pages.FIRST_PAGES)
def test_every_figure_of_a_role_leads_to_as_many_rows_as_it_says(staff, house, role):
    """With something in many queues: grievances, documents, sanctions matches, jobs, deadlines, incidents."""
    document = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    Likeness.objects.create(
        reference="OS-SC-0", case=document.case, source="un", uid="1", list_version=clock.day(clock.now()),
        list_sha256="0", decision="AUTO", birth="same", pair_key=b"0", found_at=clock.now(),
    )  # fmt: skip
    ticket()
    client = staff(role)
    jobs.start(kind=VERIFY_LEDGER, parameters={}, actor=actor.staff(client.member.pk))
    opened_incident(as_actor(staff("data_protection_officer").member), has_personal_data=False)
    shown = by_label(client.get("/admin/"))
    counted = [one for one in shown.values() if one.label not in NOT_A_COUNT and not one.is_words]
    for one in counted:
        assert client.get(one.url).context["cl"].result_count == int(one.number), one.label
    assert not shown or any(one.number != "0" for one in counted)
