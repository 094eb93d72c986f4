from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kyc.base.choices import Turn
from kyc.cases.outstanding_items import needs_of
from kyc.cases.rules import document_checks
from kyc.cases.selectors import sender_state
from kyc.models import Case, Document, Holding
from kyc.outcomes.services import case_status
from kyc.outcomes.services.case_status import settle, settle_changed
from kyc.review.services.document_uploads import open_case
from kyc.review.services.related_parties import add_person
from portal.kernel.core.errors import LostRace
from tests.kyc.factories import CUSTOMER, NOW, checked, firm, paper, party_of, rest_approved, uploaded

pytestmark = pytest.mark.usefixtures("house", "same_process")


def tasks(case, party=None):
    return {task.need.name: task for task in needs_of(case, now=NOW).tasks if task.party == party}


@pytest.mark.parametrize(
    ("states", "target"),
    [
        ([], "open"),
        (["customer"], "open"),
        (["approved", "customer"], "open"),
        (["approved", "with_us"], "in_review"),
        (["approved", "approved"], "approved"),
        (["rejected", "approved", "customer"], "rejected"),
    ],
)
def test_a_case_stands_where_its_needs_put_it(states, target):
    assert document_checks.case_target(states) == target


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ({}, ("", "customer")),
        ({"epic": ("rejected", True), "passport": ("approved", True)}, ("passport", "approved")),
        ({"epic": ("rejected", True), "passport": ("checked", True)}, ("passport", "with_us")),
        ({"epic": ("rejected", True), "passport": ("checked", False)}, ("passport", "customer")),
        ({"epic": ("rejected", True)}, ("epic", "rejected")),
        ({"epic": ("misfit", True)}, ("epic", "customer")),
        ({"epic": ("asked_again", True)}, ("epic", "customer")),
    ],
)
def test_the_best_of_several_papers_counts(documents, said):
    assert document_checks.need_state(documents) == said


def test_a_task_says_whose_turn_it_is_and_by_when(individual):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    assert {task.turn for task in tasks(case).values()} == {Turn.CUSTOMER}
    assert tasks(case)["pan"].due_on == date(2026, 12, 25)
    rest_approved(individual)
    assert tasks(case)["identity"].turn == Turn.NOBODY
    checked(individual)
    sent = tasks(Case.objects.get())["pan"]
    assert (sent.turn, sent.state) == (Turn.US, "with_us")
    assert date(2026, 11, 25) < sent.due_on < date(2026, 12, 3)


def test_a_paper_that_is_taken_and_not_asked_for_keeps_nobody_waiting():
    customer = firm()
    rest_approved(customer, but=())
    uploaded(customer, kind="udyam_certificate", number="UDYAM-MH-26-0012345")
    needs = needs_of(customer.kyc, now=NOW)
    assert document_checks.case_target(needs.states) == "approved"


def test_a_paper_that_nobody_asked_for_takes_no_approval_back():
    customer = firm()
    rest_approved(customer, but=())
    case = customer.kyc
    settle(case, actor=CUSTOMER, now=NOW)
    checked(customer, kind="udyam_certificate", number="UDYAM-MH-26-0012345")
    case.refresh_from_db()
    assert case.state == "approved"
    assert sender_state(subject_ref=customer.subject.ref, on=NOW.date()).is_verified


def test_the_tasks_of_many_papers_take_no_more_queries_than_those_of_one():
    customer = firm()

    def queries():
        with CaptureQueriesContext(connection) as seen:
            needs_of(customer.kyc, now=NOW)
        return len(seen)

    paper(customer.kyc, "pan_card")
    party_of(customer)
    queries()  # rules are read once in a process
    alone = queries()
    for kind in ("gst_certificate", "partnership_deed", "udyam_certificate"):
        paper(customer.kyc, kind)
    party_of(customer)
    assert queries() == alone


def test_only_owners_above_the_share_are_asked_for_papers():
    customer = firm("company")
    holding = party_of(customer, principal=None, name="Holding Ltd", is_signatory=False)
    large, small = (party_of(customer, is_signatory=False) for _ in range(2))
    for owner, held, percent in ((holding, None, 100), (large, holding, 90), (small, holding, 10)):
        Holding.objects.create(owner=owner, held=held, percent=percent, since=NOW)
    needs = needs_of(customer.kyc, now=NOW)
    assert needs.ownership.percents == {large.pk: 90, small.pk: 10}
    assert [task.need.name for task in needs.tasks if task.party == large] == ["identity"]
    assert not [task for task in needs.tasks if task.party in {small, holding}]
    assert {lacking.role for lacking in needs.lacking} == {"signatory", "director"}


def test_shares_that_add_up_to_more_than_all_keep_the_case_open():
    customer = firm()
    rest_approved(customer, but=())
    assert needs_of(customer.kyc, now=NOW).lacking == ()
    Holding.objects.create(owner=party_of(customer, is_signatory=False), percent=1, since=NOW)
    assert [one.role for one in needs_of(customer.kyc, now=NOW).lacking] == ["owner"]


def test_who_signs_and_directs_shows_each_thing_once():
    customer = firm("company")
    party = party_of(customer, is_director=True)
    assert [task.need.name for task in needs_of(customer.kyc, now=NOW).tasks if task.party == party] == [
        "pan",
        "identity",
    ]


def test_the_papers_of_one_place_do_not_stand_for_another():
    customer = firm()
    party = party_of(customer)
    paper(customer.kyc, "pan_card", party=party)
    assert tasks(customer.kyc, party)["pan"].state == "approved"
    assert tasks(customer.kyc)["pan"].state == "customer"


@pytest.mark.parametrize("percent", [0, 101])
def test_the_database_holds_no_share_of_nothing_or_of_more_than_all(percent):
    with pytest.raises(IntegrityError), transaction.atomic():
        Holding.objects.create(owner=party_of(firm()), percent=percent, since=NOW)


def test_a_rejected_paper_that_nobody_asked_for_rejects_no_customer():
    customer = firm()
    rest_approved(customer, but=())
    paper(customer.kyc, "udyam_certificate", state="rejected")
    settle(customer.kyc, actor=CUSTOMER, now=NOW)
    assert customer.kyc.state == "approved"
    Document.objects.filter(case=customer.kyc, kind="partnership_deed").update(state="rejected")
    settle(customer.kyc, actor=CUSTOMER, now=NOW)
    assert customer.kyc.state == "rejected"


@pytest.mark.parametrize(("percent", "is_enough"), [(1, False), (89, False), (90, True), (100, True)])
def test_owners_are_asked_for_until_what_is_not_named_is_too_small_for_one(percent, is_enough):
    customer = firm("company")
    Holding.objects.create(owner=party_of(customer), percent=percent, since=NOW)
    lacking = [one.role for one in needs_of(customer.kyc, now=NOW).lacking]
    assert ("owner" not in lacking) == is_enough


def test_of_a_trust_the_share_itself_is_large_enough_for_an_owner():
    customer = firm("trust")
    Holding.objects.create(owner=party_of(customer), percent=90, since=NOW)
    assert "owner" in [one.role for one in needs_of(customer.kyc, now=NOW).lacking]


def approved_firm(customer_type="partnership"):
    customer = firm(customer_type)
    rest_approved(customer, but=())
    settle(customer.kyc, actor=CUSTOMER, now=NOW)
    assert customer.kyc.state == "approved"
    return customer


def test_somebody_new_does_not_take_the_approval_back_at_once_but_does_when_their_days_are_over():
    customer = approved_firm("company")
    later = NOW + timedelta(days=100)
    add_person(customer.kyc, full_name="Uma Devi", roles=["director"], actor=CUSTOMER, now=later)
    customer.kyc.refresh_from_db()
    assert customer.kyc.state == "approved"
    asked = [task for task in needs_of(customer.kyc, now=later).tasks if task.is_new]
    assert {task.due_on for task in asked} == {date(2027, 4, 4)}
    settle_changed(now=later + timedelta(days=30))
    customer.kyc.refresh_from_db()
    assert customer.kyc.state == "approved"
    settle_changed(now=later + timedelta(days=31))
    customer.kyc.refresh_from_db()
    assert customer.kyc.state == "open"


def test_a_case_that_fails_keeps_the_others_of_the_day_s_run_waiting_for_nothing(monkeypatch):
    later, cases = NOW + timedelta(days=100), [approved_firm("company").kyc for _each in range(2)]
    for case in cases:
        add_person(case, full_name="Uma Devi", roles=["director"], actor=CUSTOMER, now=later)
    plain = case_status.settle

    def loses(case, **given):
        if case.pk == cases[0].pk:
            raise LostRace("Somebody was quicker.")
        plain(case, **given)

    monkeypatch.setattr(case_status, "settle", loses)
    monkeypatch.setattr(case_status, "MOST", 1, raising=False)
    settle_changed(now=later + timedelta(days=31))
    assert [Case.objects.get(pk=case.pk).state for case in cases] == ["approved", "open"]


def test_a_rejected_paper_of_somebody_new_does_not_wait_for_their_days():
    customer = approved_firm()
    party = add_person(
        customer.kyc, full_name="Uma Devi", roles=["signatory"], actor=CUSTOMER, now=NOW + timedelta(days=1)
    )
    paper(customer.kyc, "pan_card", party=party, state="rejected")
    settle(customer.kyc, actor=CUSTOMER, now=NOW + timedelta(days=2))
    assert customer.kyc.state == "rejected"


def test_an_approval_in_between_leaves_the_day_of_the_next_full_look_where_it_was():
    customer = approved_firm()
    case = customer.kyc
    first = case.rekyc_on
    Document.objects.filter(case=case, kind="partnership_deed").update(state="asked_again")
    settle(case, actor=CUSTOMER, now=NOW + timedelta(days=50))
    assert case.state == "open"
    Document.objects.filter(case=case, kind="partnership_deed").update(state="approved")
    settle(case, actor=CUSTOMER, now=NOW + timedelta(days=60))
    assert (case.state, case.rekyc_on) == ("approved", first)
    Document.objects.filter(case=case, kind="partnership_deed").update(state="asked_again")
    over = NOW + (first - NOW.date()) + timedelta(days=1)
    settle(case, actor=CUSTOMER, now=over)
    Document.objects.filter(case=case, kind="partnership_deed").update(state="approved")
    settle(case, actor=CUSTOMER, now=over + timedelta(days=10))
    assert case.state == "open"  # everything is to be shown anew by now
    Document.objects.filter(case=case).update(sent_at=over + timedelta(days=5))
    settle(case, actor=CUSTOMER, now=over + timedelta(days=10))
    assert (case.state, case.rekyc_on > first) == ("approved", True)
