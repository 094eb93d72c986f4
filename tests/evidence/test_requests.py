"""Information requests: asked by an auditor, answered by staff, accepted or sent back; each step by the right person."""

from datetime import date, datetime, timedelta

import pytest

from portal.fronts.evidence import requests
from portal.fronts.evidence.choices import RequestState
from portal.fronts.evidence.models import InformationRequest, RequestEntry
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from tests.people.factories import RoleGrantFactory, StaffFactory, shipped_role
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=clock.IST)
LATER = date(2026, 11, 27)
PAGE = "/admin/evidence/requests/"


@pytest.fixture
def auditor():
    every_rule()
    return StaffFactory(roles=["auditor"])


@pytest.fixture
def officer():
    return StaffFactory(roles=["data_protection_officer"])


def as_staff(user):
    return actor.staff(user.pk)


def asked(user, **changes):
    given = {"text": "Show me the review of roles of this quarter.", "control": "2-1", "due_on": LATER, **changes}
    return requests.ask(**given, actor=as_staff(user), now=NOW)


def answered(user, officer, **changes):
    row = asked(user)
    given = {"text": "It stands here.", "link": "/admin/registers/accessreview/", **changes}
    requests.answer(row=row, **given, actor=as_staff(officer), now=NOW)
    return row


def kinds():
    return list(
        AuditEvent.objects.filter(kind__startswith="evidence.request.").order_by("pk").values_list("kind", flat=True)
    )


def test_an_auditor_asks_is_answered_sends_back_and_accepts(auditor, officer):
    row = answered(auditor, officer)
    requests.flag(
        row=row, text="The quarter before, please.", due_on=LATER + timedelta(days=3), actor=as_staff(auditor), now=NOW
    )
    assert (row.state, row.due_on) == (RequestState.FLAGGED, LATER + timedelta(days=3))
    requests.answer(row=row, text="Here.", actor=as_staff(officer), now=NOW)
    requests.accept(row=row, actor=as_staff(auditor), now=NOW)
    assert (row.state, row.accepted_at) == (RequestState.ACCEPTED, NOW)
    assert [str(entry.state) for entry in row.entries.all()] == ["asked", "answered", "flagged", "answered", "accepted"]
    assert kinds() == [
        AuditKind.EVIDENCE_REQUEST_ASKED,
        AuditKind.EVIDENCE_REQUEST_ANSWERED,
        AuditKind.EVIDENCE_REQUEST_FLAGGED,
        AuditKind.EVIDENCE_REQUEST_ANSWERED,
        AuditKind.EVIDENCE_REQUEST_ACCEPTED,
    ]


def test_no_word_of_either_side_stands_in_an_audit_event(auditor, officer):
    row = answered(auditor, officer)
    facts = [event.facts for event in AuditEvent.objects.filter(about__endswith=row.reference).order_by("pk")]
    common = {"reference": row.reference, "control": "2-1", "due_on": "2026-11-27"}
    assert facts == [common, {**common, "is_late": False}]


def test_a_late_answer_says_so(auditor, officer):
    row = asked(auditor)
    requests.answer(row=row, text="Here.", actor=as_staff(officer), now=NOW + timedelta(days=8))
    assert AuditEvent.objects.get(kind=AuditKind.EVIDENCE_REQUEST_ANSWERED).facts["is_late"] is True


def test_each_step_is_done_by_the_right_person_alone(auditor, officer):
    row = answered(auditor, officer)
    stranger, other = StaffFactory(roles=["support"]), StaffFactory(roles=["auditor"])
    steps = [
        lambda: asked(officer),
        lambda: requests.answer(row=asked(auditor), text="Here.", actor=as_staff(stranger), now=NOW),
        lambda: requests.answer(row=asked(auditor), text="Here.", actor=as_staff(auditor), now=NOW),
        lambda: requests.accept(row=row, actor=as_staff(officer), now=NOW),
        lambda: requests.accept(row=row, actor=as_staff(other), now=NOW),
        lambda: requests.flag(row=row, text="No.", due_on=LATER, actor=as_staff(other), now=NOW),
    ]
    for step in steps:
        with pytest.raises(NotAllowed):
            step()
    assert InformationRequest.objects.get(pk=row.pk).state == RequestState.ANSWERED


def test_nothing_is_accepted_before_it_is_answered_nor_twice(auditor, officer):
    row = asked(auditor)
    with pytest.raises(IllegalMove):
        requests.accept(row=row, actor=as_staff(auditor), now=NOW)
    row = answered(auditor, officer)
    requests.accept(row=row, actor=as_staff(auditor), now=NOW)
    with pytest.raises(IllegalMove):
        requests.answer(row=row, text="More.", actor=as_staff(officer), now=NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": "  "}, "TEXT_MISSING"),
        ({"text": "Show me PAN ABCPR1234K."}, "NUMBER_IN_WORDS"),
        ({"due_on": date(2026, 11, 19)}, "DAY_PASSED"),
        ({"control": "nonsense"}, "CONTROL"),
    ],
)
def test_a_request_without_words_with_a_number_or_for_yesterday_is_refused_whole(auditor, changes, code):
    with pytest.raises(Refused) as refusal:
        asked(auditor, **changes)
    assert refusal.value.code == code
    assert not InformationRequest.objects.exists()
    assert not RequestEntry.objects.exists()


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/",
        "javascript:alert(1)",
        "/privacy/",
        "/admin/ x",
        "/admin/nonsense/",
        "/admin/kyc/nonsense/",
        "/admin/registers/accessreview/999999/change/",
        "/admin/registers/accessreview/x/change/",
    ],
)
def test_an_answer_leads_to_a_page_of_the_workplace_only(auditor, officer, link):
    with pytest.raises(Refused) as refusal:
        answered(auditor, officer, link=link)
    assert refusal.value.code == "LINK"
    assert InformationRequest.objects.get().state == RequestState.ASKED


@pytest.mark.parametrize("link", ["/admin/kyc/case/?state=open", "/admin/evidence/promises/", "/admin/system/"])
def test_lists_with_filters_and_pages_may_show_it(auditor, officer, link):
    assert answered(auditor, officer, link=link).entries.last().link == link


@pytest.mark.parametrize("control", ["2-1", "IN-SPDI-GRV", " 2-1 "])
def test_a_promise_and_a_duty_of_law_are_controls(auditor, control):
    assert asked(auditor, control=control).control == control.strip()


def test_refusals_stand_at_their_fields(auditor, officer):
    typed = {"text": "Show me.", "control": "nonsense", "due_on": clock.day(clock.now()).isoformat()}
    assert list(staff_client(auditor).post(PAGE, typed).context["form"].errors) == ["control"]
    row = asked(auditor)
    sent = {"act": "answer", "text": "Here.", "link": "/admin/nonsense/"}
    assert list(staff_client(officer).post(f"{PAGE}{row.reference}/", sent).context["form"].errors) == ["link"]


def test_an_answer_that_comes_second_is_told_that_there_is_one(auditor, officer):
    row = answered(auditor, officer)
    page, second = f"{PAGE}{row.reference}/", staff_client(StaffFactory(roles=["data_protection_officer"]))
    shown = second.post(page, {"act": "answer", "text": "Mine."}, follow=True)
    assert (shown.status_code, "was answered already" in shown.text) == (200, True)
    theirs = staff_client(auditor)
    for _twice in range(2):
        shown = theirs.post(page, {"act": "accept"}, follow=True)
    assert "was accepted or sent back already" in shown.text
    assert row.entries.count() == 3


def test_both_sides_do_it_on_their_pages(auditor, officer):
    theirs, ours = staff_client(auditor), staff_client(officer)
    due = clock.day(clock.now()) + timedelta(days=2)
    assert theirs.post(PAGE, {"text": "Show me the reviews.", "due_on": due.isoformat()}).status_code == 302
    row = InformationRequest.objects.get()
    page = f"{PAGE}{row.reference}/"
    assert "Answer it" in ours.get(page).text
    assert "Answer it" not in theirs.get(page).text
    ours.post(page, {"act": "answer", "text": "Here.", "link": "/admin/registers/accessreview/"})
    shown = theirs.get(page).text
    assert 'href="/admin/registers/accessreview/"' in shown
    assert "Accept the answer" in shown
    assert theirs.post(page, {"act": "flag", "text": "Which one?", "due_on": due.isoformat()}).status_code == 302
    assert ours.post(page, {"act": "accept"}).status_code == 403
    ours.post(page, {"act": "answer", "text": "The last one."})
    assert theirs.post(page, {"act": "accept"}).status_code == 302
    row.refresh_from_db()
    assert row.state == RequestState.ACCEPTED
    theirs.post(page, {"act": "flag", "text": "No.", "due_on": due.isoformat()})
    assert row.entries.count() == 5, "what is accepted stays so"


def test_an_auditor_sees_their_own_requests_and_staff_see_all(auditor, officer):
    mine, theirs = asked(auditor), asked(StaffFactory(roles=["auditor"]))
    page = staff_client(auditor).get(PAGE).text
    assert mine.reference in page
    assert theirs.reference not in page
    assert staff_client(auditor).get(f"{PAGE}{theirs.reference}/").status_code == 404
    assert theirs.reference in staff_client(officer).get(PAGE).text
    assert staff_client(StaffFactory(roles=["support"])).get(PAGE).status_code == 403


def test_an_auditor_of_one_area_asks_too():
    user = StaffFactory()
    RoleGrantFactory(user=user, role=shipped_role("auditor"), areas=["kyc"])
    assert asked(user).state == RequestState.ASKED


def test_what_was_entered_stays_where_it_is_refused(auditor):
    answer = staff_client(auditor).post(PAGE, {"text": "Show me the reviews.", "due_on": "2020-01-01"})
    assert answer.status_code == 422
    assert "Show me the reviews." in answer.text
    assert "This day has passed." in answer.text
