"""A share of the approvals is looked at again: drawn so that anybody can replay it, by somebody who had no part in it."""

from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.cases.selectors import to_review
from kyc.models import Case, Document, Draw, SecondLook
from kyc.qa_reviews import sampling
from kyc.qa_reviews.admin import _not_to_look
from kyc.qa_reviews.services import qa_reviews
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import LostRace, NotAllowed, Refused
from portal.kernel.law.models import HouseRule
from portal.kernel.ledger.models import Checkpoint
from tests.kyc.factories import answered, checked, proposed, rest_approved
from tests.people.factories import CustomerFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

NAMES = st.sets(st.text("ABCDEFGH23456789", min_size=4, max_size=8), max_size=40)
SHARES = st.integers(0, 100).map(Fraction)


@given(NAMES, st.text(max_size=20), SHARES, SHARES)
def test_a_larger_share_draws_the_same_and_more_whatever_the_order(names, seed, one, other):
    few, many = sorted((one, other))
    drawn = sampling.chosen(names, seed=seed, share=few)
    assert len(drawn) == ceil(len(names) * few / 100)
    assert set(drawn) <= set(sampling.chosen(sorted(names), seed=seed, share=many)) <= names
    assert drawn == sampling.chosen(sorted(names, reverse=True), seed=seed, share=few)


def test_another_seed_draws_others():
    names = [f"OS-PR-{number:04d}" for number in range(100)]
    draws = {tuple(sampling.chosen(names, seed=str(seed), share=Fraction(5))) for seed in range(50)}
    assert len(draws) > 45


@pytest.fixture
def approved(house, same_process, maker, checker):
    """Three approvals of today; the person of each is verified."""
    found = []
    for number in range(3):
        customer = CustomerFactory(kind="individual")
        rest_approved(customer)
        found.append(answered(proposed(checked(customer, number=f"ABCPR12{number}4Z"), maker), checker))
    return found


def sealed(complete_to: datetime, *, size: int = 100, root: int = 1) -> Checkpoint:
    return Checkpoint.objects.create(
        size=size, root=bytes([root]) * 32, note=b"", complete_to=complete_to, signed_at=complete_to
    )


@pytest.fixture
def looks(approved):
    """What was drawn of today, tomorrow."""
    tomorrow = clock.now() + timedelta(days=1)
    sealed(tomorrow)
    assert qa_reviews.draw_due(now=tomorrow) == 1
    return list(SecondLook.objects.all())


def found(row, user, **changes):
    qa_reviews.look(row, **{"result": "fine", "actor": actor.staff(user.pk), "now": clock.now(), **changes})


def test_a_day_is_drawn_once_when_the_ledger_holds_all_of_it(approved):
    tomorrow = clock.now() + timedelta(days=1)
    sealed(clock.now() - timedelta(days=2), size=50)
    assert qa_reviews.draw_due(now=tomorrow) == 0
    sealed(tomorrow)
    sealed(tomorrow + timedelta(hours=1), size=200, root=2)
    assert qa_reviews.draw_due(now=tomorrow) == 1
    draw = Draw.objects.get(day=clock.day(clock.now()))
    assert (draw.seed, draw.tree_size, draw.population) == ("01" * 32, 100, 3)
    assert qa_reviews.replayed(draw)
    assert qa_reviews.draw_due(now=tomorrow + timedelta(hours=2)) == 0
    event = AuditEvent.objects.get(kind="kyc.sample.drawn", about=f"kyc.draw:{draw.day}")
    assert (event.facts["count"], event.facts["sha256"]) == (1, draw.seed)


def test_how_late_a_missed_day_is_still_drawn_is_a_house_rule(approved):
    later = clock.now() + timedelta(days=3)
    sealed(later)
    HouseRule.objects.filter(key=qa_reviews.WITHIN).update(amount=2)
    assert qa_reviews.draw_due(now=later) == 0
    HouseRule.objects.filter(key=qa_reviews.WITHIN).update(amount=3)
    assert qa_reviews.draw_due(now=later) == 1


def test_a_draw_that_was_tampered_with_is_not_replayed(looks, approved):
    (row,) = looks
    other = next(one for one in approved if one.pk != row.decision_id)
    SecondLook.objects.update(decision=other)
    assert not qa_reviews.replayed(row.draw)


def test_nobody_with_a_part_in_it_looks_and_nobody_without_the_permission(looks, maker, checker):
    (row,) = looks
    for person in (maker, checker, StaffFactory(roles=["support"]), StaffFactory(roles=["auditor"])):
        with pytest.raises(NotAllowed):
            found(row, person)
    for wrong in (
        {"result": "open"},
        {"result": "fault"},
        {"reason_code": "altered"},
        {"result": "fault", "reason_code": "appeal"},
    ):
        with pytest.raises(Refused):
            found(row, StaffFactory(roles=["kyc_checker"]), **wrong)
    row.refresh_from_db()
    assert (row.result, row.looked_by) == ("open", None)


def test_who_brought_the_paper_in_looks_at_it_no_second_time(looks):
    (row,) = looks
    bringer = StaffFactory(roles=["kyc_maker"])
    Document.objects.filter(pk=row.decision.document_id).update(brought_by=bringer)
    row = SecondLook.objects.get(pk=row.pk)
    with pytest.raises(NotAllowed):
        found(row, bringer)
    assert "you had a part" in _not_to_look(row, bringer)


def test_what_is_right_stays_as_it_is_and_is_looked_at_once(looks):
    (row,) = looks
    person = StaffFactory(roles=["kyc_checker"])
    found(row, person)
    row.refresh_from_db()
    assert (row.result, row.looked_by, row.decision.document.state) == ("fine", person, "approved")
    with pytest.raises(LostRace):
        found(row, StaffFactory(roles=["kyc_maker"]), result="fault", reason_code="altered")


def test_a_fault_puts_the_document_back_and_two_people_decide_anew(looks, maker, checker):
    (row,) = looks
    found(row, StaffFactory(roles=["kyc_checker"]), result="fault", reason_code="altered")
    document = row.decision.document
    document.refresh_from_db()
    case = Case.objects.get(pk=document.case_id)
    assert (document.state, case.state, list(to_review(at=clock.now()))) == ("checked", "in_review", [document])
    answered(proposed(document, maker, outcome="reject", reason_code="altered", message="Write to us."), checker)
    case.refresh_from_db()
    assert case.state == "rejected"


def test_a_fault_in_what_was_replaced_since_moves_nothing(looks):
    (row,) = looks
    type(row.decision.document).objects.filter(pk=row.decision.document_id).update(state="replaced")
    found(row, StaffFactory(roles=["kyc_checker"]), result="fault", reason_code="altered")
    row.decision.document.refresh_from_db()
    assert row.decision.document.state == "replaced"


def test_the_pages_show_the_queue_the_draw_and_that_it_can_be_replayed(looks, maker):
    (row,) = looks
    desk = staff_client(StaffFactory(roles=["kyc_checker"]))
    assert row.decision.document.reference in desk.get("/admin/kyc/secondlook/?result__exact=open").text
    draw = desk.get(f"/admin/kyc/draw/{row.draw_id}/change/").text
    assert "✓ The same approvals are drawn" in draw
    assert f">{row.decision.reference}</a>: Not reviewed yet" in draw
    listed = desk.get("/admin/kyc/draw/").context["cl"].result_list
    assert [(one.looks_count, one.open_count) for one in listed if one.pk == row.draw_id] == [(1, 1)]
    said = {"_selected_action": row.pk, "answer": "1", "result": "fine", "reason_code": ""}
    staff_client(maker).post(f"/admin/kyc/secondlook/{row.pk}/do/say/", said)
    row.refresh_from_db()
    assert row.result == "open"
    desk.post(f"/admin/kyc/secondlook/{row.pk}/do/say/", said)
    row.refresh_from_db()
    assert row.result == "fine"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"result": "fault", "reason_code": ""}, "Choose what is wrong."),
        ({"result": "fine", "reason_code": "altered"}, "You found it right"),
    ],
)
def test_a_fault_without_a_reason_is_asked_about_on_the_page(looks, said, error):
    (row,) = looks
    desk = staff_client(StaffFactory(roles=["kyc_checker"]))
    answer = desk.post(f"/admin/kyc/secondlook/{row.pk}/do/say/", {"_selected_action": row.pk, "answer": "1", **said})
    assert (answer.status_code, error in answer.text) == (422, True)
    row.refresh_from_db()
    assert row.result == "open"
