"""The worklist of "Today": which records a login finds there, in which order, and what a row says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from kyc.review import decision_basis
from kyc.review.services import document_decisions
from portal.fronts.workplace import work_items, worklist
from portal.fronts.workplace.countdowns import countdown
from portal.fronts.workplace.job_types import VERIFY_LEDGER
from portal.fronts.workplace.permissions import Permission
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.models import Job
from portal.kernel.law.models import Clock, LegalRule
from tests.grievances.factories import ticket
from tests.kyc.factories import checked, proposed
from tests.law.factories import ClockFactory, HouseRuleFactory
from tests.people.factories import CustomerFactory, StaffFactory
from tests.workplace.today import grouped, listed

pytestmark = pytest.mark.django_db


def running_for(owner, left, *, now, by_law=True):
    due = now + left
    rule = {} if by_law else {"legal_rule": None, "house_rule": HouseRuleFactory(), "rule_key": "ours"}
    return ClockFactory(
        owner=owner, started_at=now - timedelta(days=60), due_at=due, target_at=due, outer_limit_at=due, **rule
    )


@pytest.mark.parametrize(
    ("left", "says", "tone"),
    [
        (timedelta(minutes=5), "5 min left", "warn"),
        (timedelta(hours=2, minutes=4), "2 h 04 min left", "warn"),
        (timedelta(hours=20), "20 h left", "warn"),
        (timedelta(hours=71), "71 h left", "none"),
        (timedelta(days=5), "5 days left", "none"),
        (-timedelta(minutes=90), "1 h 30 min late", "err"),
        (-timedelta(days=8), "8 days late", "err"),
    ],
)
def test_a_deadline_says_in_few_words_how_much_is_left(left, says, tone):
    now = datetime(2026, 11, 24, 6, tzinfo=UTC)
    rule = LegalRule(key="IN-IT-RES", law="IT Rules 2021", provision="r.3(2)(a)(i)", unit="hour")
    one = Clock(owner="grievances.ticket:OS-GR-7K4M-9QX2", legal_rule=rule, started_at=now, due_at=now + left)
    shown = countdown(one, now)
    assert (shown.says, shown.tone) == (says, tone)


def test_a_date_beside_a_deadline_is_short():
    rule = LegalRule(key="IN-IT-RES", unit="hour")
    one = Clock(legal_rule=rule, started_at=clock.now(), due_at=datetime(2026, 12, 5, 12, 52, tzinfo=UTC))
    assert countdown(one, clock.now()).due == "5 Dec 2026, 18:22"


def test_the_owner_of_a_deadline_that_has_no_reference_is_named_with_what_it_is():
    assert work_items.reference_of("registers.instruction:12") == "Instruction to a recipient 12"
    assert work_items.reference_of("grievances.acknowledgement:OS-GR-7K4M-9QX2") == "OS-GR-7K4M-9QX2"
    assert work_items.reference_of("nowhere.nothing:7") == "7"


def test_a_deadline_shows_no_code_of_its_duty_and_leads_to_whose_it_is(staff):
    assert work_items.reference_of("registers.incident:OS-BR-7K4M-9QX2/cert_in") == "OS-BR-7K4M-9QX2"
    member = staff("data_protection_officer").member
    for owner, page in (("kyc.deletion", "kyc_deletionrequest"), ("retention.child", "retention_childreport")):
        leads_to = work_items.url_of(f"{owner}:OS-DL-7K4M-9QX2", member)
        assert leads_to == f"{reverse(f'admin:{page}_changelist')}?q=OS-DL-7K4M-9QX2"


@pytest.mark.parametrize("owner", ["grievances.interim:{}", "grievances.acknowledgement:{}", "grievances.ticket:{}/2"])
def test_every_clock_of_a_grievance_leads_to_the_grievance(staff, owner):
    member = staff("grievance_officer").member
    reference = "OS-GR-7K4M-9QX2"
    assert work_items.url_of(owner.format(reference), member) == f"/admin/grievances/ticket/?q={reference}"
    assert work_items.url_of(owner.format(reference), member, 7) == "/admin/grievances/ticket/7/change/"


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("kyc_checker", {"OS-KY-7K4M-9QX2"}),
        ("support", set()),
        ("grievance_officer", {"OS-GR-7K4M-9QX2"}),
        ("administrator", {"OS-BR-7K4M-9QX2"}),
        ("data_protection_officer", {"OS-KY-7K4M-9QX2", "OS-GR-7K4M-9QX2", "OS-BR-7K4M-9QX2"}),
    ],
)
def test_a_role_finds_the_deadlines_of_its_own_work(staff, role, sees):
    """Support works on callers, an administrator on no grievances; who watches over the law sees all of that."""
    now = clock.now()
    for owner in (
        "kyc.case:OS-KY-7K4M-9QX2",
        "grievances.ticket:OS-GR-7K4M-9QX2",
        "registers.incident:OS-BR-7K4M-9QX2/x",
    ):
        running_for(owner, timedelta(hours=1), now=now)
    assert {row.reference for row in listed(staff(role).get("/admin/"))} == sees


def test_everyones_work_is_shown_to_whom_it_is_open_and_to_nobody_else(staff):
    running_for("grievances.ticket:OS-GR-7K4M-9QX2", timedelta(hours=1), now=clock.now(), by_law=False)
    assert len(listed(staff("administrator").get("/admin/?scope=everyone"))) == 1
    page = staff("kyc_maker").get("/admin/?scope=everyone")
    assert (listed(page), page.context["worklist"].scope) == ([], "mine")


def test_a_role_without_records_is_told_that_nothing_waits(staff):
    running_for("retention.run:OS-RU-1", timedelta(hours=1), now=clock.now())
    assert "Nothing waits for you." in staff("kyc_checker").get("/admin/").text


@pytest.mark.parametrize(("code", "sees"), [(Permission.INCIDENT_VIEW, 1), (Permission.ORDER_VIEW, 0)])
def test_whoever_may_see_an_incident_sees_when_its_reports_are_due(monkeypatch, code, sees):
    running_for("registers.incident:OS-BR-7K4M-9QX2/cert_in", timedelta(hours=1), now=clock.now())
    monkeypatch.setattr(work_items.access, "allowed", lambda user, permission: permission == code)
    assert work_items.running(None, None, with_law=False).count() == sees


def test_the_first_page_takes_few_queries_however_much_there_is(staff, django_assert_max_num_queries):
    client = staff("administrator", "data_protection_officer", "grievance_officer", "kyc_maker")
    now = clock.now()
    for number in range(12):
        running_for(f"grievances.ticket:OS-GR-{number}", timedelta(days=number, hours=1), now=now)
    client.get("/admin/")
    with django_assert_max_num_queries(36):
        assert len(listed(client.get("/admin/"))) == 7


def test_whoever_answers_sees_their_own_and_nobodys_and_who_watches_sees_what_the_law_demands_of_others(staff, house):
    officer, colleague = staff("grievance_officer"), staff("grievance_officer")
    mine, theirs, nobodys = (ticket(email=f"{name}@example.in") for name in ("asha", "ravi", "meera"))
    for one, to in ((mine, officer), (theirs, colleague)):
        one.assigned_to = to.member
        one.save(update_fields=["assigned_to"])
    seen = listed(officer.get("/admin/"))
    assert {(row.reference, row.holder) for row in seen} == {(mine.reference, "you"), (nobodys.reference, "")}
    team = {row.reference: row.holder for row in listed(officer.get("/admin/?scope=team"))}
    assert team[theirs.reference] == colleague.member.full_name
    watched = {row.reference: row.holder for row in listed(staff("data_protection_officer").get("/admin/"))}
    assert watched[theirs.reference] == colleague.member.full_name


def test_what_colleagues_are_late_with_of_our_own_promises_is_one_line(staff, house):
    colleague = staff("grievance_officer").member
    late = ticket(email="ravi@example.in")
    late.assigned_to = colleague
    late.save(update_fields=["assigned_to"])
    Clock.objects.filter(stopped_at=None).update(state="stopped", stopped_at=clock.now(), ended="withdrawn")
    running_for(late.about, -timedelta(days=3), now=clock.now(), by_law=False)
    page = staff("data_protection_officer").get("/admin/")
    assert listed(page) == []
    assert "1 overdue record at 1 colleague" in page.text
    assert [
        row.reference for row in listed(staff("data_protection_officer").get("/admin/?scope=team&group=overdue"))
    ] == [late.reference]


def test_what_can_still_be_met_comes_before_what_is_late_and_law_before_our_own_rules(staff):
    now = clock.now()
    for number in range(9):
        running_for(f"grievances.ticket:OS-GR-L{number}", -timedelta(days=number + 2), now=now)
    running_for("grievances.ticket:OS-GR-OWN", timedelta(minutes=80), now=now, by_law=False)
    running_for("registers.incident:OS-BR-1/cert_in", timedelta(hours=2), now=now)
    running_for("grievances.ticket:OS-GR-WEEK", timedelta(days=3), now=now)
    running_for("grievances.ticket:OS-GR-FAR", timedelta(days=30), now=now)
    client = staff("data_protection_officer")
    page = client.get("/admin/")
    assert grouped(page) == [
        ("next", ["OS-BR-1", "OS-GR-OWN"]),
        ("overdue", [f"OS-GR-L{number}" for number in range(8, 1, -1)]),
        ("week", ["OS-GR-WEEK"]),
    ]
    assert "Show all 9" in page.text
    assert grouped(client.get("/admin/?group=overdue")) == [
        ("overdue", [f"OS-GR-L{number}" for number in range(8, -1, -1)])
    ]
    assert page.text.index("OS-BR-1") < page.text.index('class="figures"')


def test_a_promise_that_is_almost_over_stands_behind_two_deadlines_of_law_at_most(staff):
    now = clock.now()
    for number in range(4):
        running_for(f"grievances.ticket:OS-GR-L{number}", timedelta(hours=number + 2), now=now)
    running_for("grievances.ticket:OS-GR-OWN", timedelta(minutes=20), now=now, by_law=False)
    ((code, shown),) = grouped(staff("data_protection_officer").get("/admin/"))
    assert (code, shown) == ("next", ["OS-GR-L0", "OS-GR-L1", "OS-GR-OWN", "OS-GR-L2", "OS-GR-L3"])


def test_a_page_has_at_most_twenty_five_rows_and_each_group_some_of_them(staff, house):
    now = clock.now()
    for left, name in ((timedelta(hours=1), "N"), (-timedelta(days=2), "L"), (timedelta(days=3), "W")):
        for number in range(9):
            running_for(f"grievances.ticket:OS-GR-{name}{number}", left, now=now)
    client = staff("grievance_officer")
    far = now + timedelta(days=9)
    for number in range(9):
        one = ticket(email=f"asha{number}@example.in")
        Clock.objects.filter(owner__endswith=one.reference).update(target_at=far, due_at=far, outer_limit_at=far)
    found = {code: len(rows) for code, rows in grouped(client.get("/admin/"))}
    assert found == {"next": 7, "overdue": 7, "take": 7, "week": 4}


def test_a_record_is_in_the_worklist_once_with_its_other_deadlines_beside_it(staff):
    now = clock.now()
    owner = "grievances.ticket:OS-GR-1"
    for left in (timedelta(hours=3), -timedelta(days=1), timedelta(days=2)):
        running_for(owner, left, now=now)
    page = staff("grievance_officer").get("/admin/")
    assert grouped(page) == [("next", ["OS-GR-1"])]
    assert listed(page)[0].time.tone == "warn"
    assert len(listed(page)[0].more) == 2
    assert "+2 more" in page.text


def test_where_nothing_is_due_this_week_the_next_deadline_is_shown(staff):
    running_for("grievances.ticket:OS-GR-FAR", timedelta(days=30), now=clock.now())
    assert grouped(staff("data_protection_officer").get("/admin/")) == [("later", ["OS-GR-FAR"])]


def test_a_record_that_a_group_does_not_show_is_in_no_later_group(staff):
    now = clock.now()
    for number in range(8):
        running_for(f"grievances.ticket:OS-GR-N{number}", timedelta(hours=number + 1), now=now)
    running_for("grievances.ticket:OS-GR-N7", timedelta(days=3), now=now)
    (group,) = staff("data_protection_officer").get("/admin/").context["worklist"].groups
    assert (group.code, len(group.rows), group.count) == ("next", 7, 8)


def test_a_grievance_taken_from_the_first_page_stays_with_its_officer_and_the_message_names_it(staff, house):
    nobodys = ticket()
    client = staff("grievance_officer")
    (row,) = [one for one in listed(client.get("/admin/")) if one.reference == nobodys.reference]
    answer = client.post(row.act.url, {"answer": "1"}, follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert nobodys.reference in "".join(str(one) for one in answer.context["messages"])
    nobodys.refresh_from_db()
    assert nobodys.assigned_to == client.member
    assert {(one.reference, one.holder) for one in listed(answer)} == {(nobodys.reference, "you")}
    assert client.post(row.act.url, {"answer": "1"}).status_code == 200, "it is taken: the page of the act says why not"
    assert staff("support").post(row.act.url, {"answer": "1"}).status_code == 403


def test_a_document_is_one_row_with_its_case_and_says_what_to_review(staff, house):
    document = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    Clock.objects.filter(owner=document.case.owner).delete()
    running_for(document.case.owner, timedelta(hours=3), now=clock.now(), by_law=False)
    ((code, shown),) = grouped(staff("kyc_maker").get("/admin/"))
    assert (code, shown) == ("next", [document.reference])
    (row,) = listed(staff("kyc_maker").get("/admin/"))
    assert row.verb == f"Review {document.get_kind_display()}"
    assert row.time is not None


def test_a_checker_finds_what_to_approve_first_and_the_button_hands_out_that_document(staff, house):
    document = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    proposed(document, StaffFactory(roles=["kyc_maker"]))
    client = staff("kyc_checker")
    page = client.get("/admin/")
    assert grouped(page)[0][0] == "approvals"
    following = page.context["next"]
    assert document.reference in following.record.split()
    answer = client.post(following.url, {"record": following.record})
    assert answer.headers["Location"] == reverse("admin:kyc_document_change", args=[document.pk])


def test_a_failed_job_is_work_of_who_may_start_it_again(staff):
    client = staff("administrator")
    job = jobs.start(kind=VERIFY_LEDGER, parameters={}, actor=actor.staff(client.member.pk))
    Job.objects.filter(pk=job.pk).update(state="failed", finished_at=clock.now())
    page = client.get("/admin/")
    assert grouped(page) == [("check", [job.reference])]
    answer = client.post(listed(page)[0].act.url, {"answer": "1"}, follow=True)
    assert job.reference in "".join(str(one) for one in answer.context["messages"])
    assert listed(answer) == []


def test_no_group_and_no_act_is_found_for_a_queue_that_is_none(staff):
    client = staff("grievance_officer")
    assert client.post(reverse("admin:today-act", args=["no-such-queue", "1"]), {"answer": "1"}).status_code == 404
    assert (
        client.post(reverse("admin:today-act", args=["grievances-unassigned", "x"]), {"answer": "1"}).status_code == 404
    )
    assert client.get(reverse("admin:today-act", args=["grievances-unassigned", "1"])).status_code == 405


def test_whose_work_is_shown_may_be_chosen_by_whoever_takes_work(staff):
    assert [code for code, _label in staff("grievance_officer").get("/admin/").context["worklist"].scopes] == [
        worklist.MINE,
        worklist.TEAM,
    ]
    assert staff("support").get("/admin/").context["worklist"].scopes == []


def test_a_row_says_whose_it_is_and_how_a_grievance_begins_to_whom_may_read_that(staff, house):
    """One event says that names were listed; a role that sees no names gets none, and writes none."""
    filed = ticket(email="asha@example.in", what_happened="A firm I do not know has my number 9999900320.")
    client = staff("grievance_officer")
    (row,) = [one for one in listed(client.get("/admin/")) if one.reference == filed.reference]
    assert row.about.startswith("No name, a")
    assert "A firm I do not know has my number" in row.about
    assert "9999900320" not in row.about
    events = AuditEvent.objects.filter(kind=AuditKind.ADMIN_NAMES_LISTED)
    assert [event.about for event in events] == ["list:workplace.today"]
    other = staff("administrator").get("/admin/?scope=everyone")
    (row,) = [one for one in listed(other) if one.reference == filed.reference]
    assert "A firm" not in row.about
    assert "asha" not in other.text
    assert events.count() == 1


def test_a_document_says_whose_it_is(staff, house):
    document = checked(
        CustomerFactory(kind="individual", name="Harsh Deshpande", short_name="Harsh D."), number="ABCPR1234Z"
    )
    (row,) = [one for one in listed(staff("kyc_maker").get("/admin/")) if one.reference == document.reference]
    assert row.about == "Harsh D. · Individual"


def test_a_proposal_that_was_rejected_is_work_of_its_maker_until_somebody_proposes_anew(staff, house):
    document = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    maker, checker = staff("kyc_maker"), StaffFactory(roles=["kyc_checker"])
    decision = proposed(document, maker.member)
    document_decisions.answer(
        decision,
        approve=False,
        reason="The date cannot be read.",
        page_seen=decision_basis.seen(document),
        actor=actor.staff(checker.pk),
        now=clock.now(),
    )
    page = maker.get("/admin/")
    ((code, _shown),) = grouped(page)
    assert (code, listed(page)[0].holder) == ("held", "you")
    assert document.reference in listed(page)[0].keys
    proposed(document, maker.member)
    assert "Revise rejected proposal" not in maker.get("/admin/").text
