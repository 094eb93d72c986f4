"""Points of risk: they add up, they say why, and only two people set a level against them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.base.choices import CustomerType, Relation, Risk
from kyc.cases import check_labels
from kyc.cases.outstanding_items import needs_of
from kyc.cases.rules.ownership import OwnershipFault
from kyc.models import Case, Holding, RiskProposal
from kyc.outcomes.services.case_status import settle
from kyc.risk import scorecard
from kyc.risk.services import risk_ratings
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.rules import LONGEST_FACT
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.law.selectors import NotInForce
from tests.kyc.factories import CUSTOMER, NOW, checked, firm, paper, party_of, rest_approved
from tests.people.factories import CustomerFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

TODAY = clock.day(NOW)
ROWS = scorecard.tables()[-1].points
FACTS = [row.fact for row in ROWS]


@given(st.sets(st.sampled_from(FACTS)), st.sampled_from(FACTS))
def test_each_fact_adds_its_points_once_and_no_fact_lowers_a_level(facts, more):
    few, many = scorecard.rate(facts, on=TODAY), scorecard.rate(facts | {more, "check:NOBODY_KNOWS"}, on=TODAY)
    added = next(row.points for row in ROWS if row.fact == more)
    assert many.points == few.points + (0 if more in facts else added)
    assert Risk.values.index(many.level) >= Risk.values.index(few.level)


def test_each_row_of_the_table_is_about_something_that_is_known():
    known = {
        "type": set(CustomerType),
        "relation": set(Relation),
        "owners": {*OwnershipFault, "through"},
        "check": set(check_labels.REASONS),
        "sanctions": {"open", "same"},
        "history": {"rejected"},
    }
    for row in ROWS:
        kind, _colon, what = row.fact.partition(":")
        assert what in known[kind], row.fact
        assert row.points > 0
        assert row.says.endswith(".")
    assert len(FACTS) == len(set(FACTS))
    assert len(",".join(FACTS)) <= LONGEST_FACT


def test_a_newer_table_counts_from_its_day_and_a_rating_of_before_stays_what_it_was(monkeypatch):
    first, begins = scorecard.tables()[0], date(2027, 4, 1)
    strict = replace(first, version="2027-04-01", effective_from=begins, levels={"medium": 1, "high": 2})
    monkeypatch.setattr(scorecard, "tables", lambda: (first, strict))
    before, after = (scorecard.rate({"type:society"}, on=day) for day in (begins - timedelta(days=1), begins))
    assert (before.level, before.table.version) == (Risk.LOW, first.version)
    assert (after.level, after.table.version) == (Risk.HIGH, "2027-04-01")
    with pytest.raises(NotInForce):
        scorecard.rate(set(), on=first.effective_from - timedelta(days=1))


@pytest.mark.usefixtures("house", "same_process")
def test_points_follow_what_is_known_of_the_customer_its_owners_and_its_papers():
    trust = firm("trust")
    body = party_of(trust, principal=None, name="Holding Ltd", is_signatory=False)
    Holding.objects.create(owner=body, percent=40, since=NOW)
    paper(trust.kyc, "trust_deed", state="rejected")
    found = risk_ratings.rating_of(trust.kyc, needs_of(trust.kyc, now=NOW), now=NOW)
    facts = {line.fact for line in found.lines}
    assert facts == {"type:trust", "owners:NOT_ALL_NAMED", "owners:through", "history:rejected"}
    assert (found.points, found.level) == (65, Risk.HIGH)


@pytest.mark.usefixtures("house", "same_process")
def test_a_shared_number_raises_the_risk_of_a_case_when_it_is_settled():
    checked(CustomerFactory(kind="individual"))
    other = CustomerFactory(kind="individual")
    rest_approved(other)
    checked(other)
    case = Case.objects.get(customer=other)
    assert case.risk == Risk.MEDIUM
    event = AuditEvent.objects.filter(kind="kyc.case.rated", about=f"kyc.case:{case.reference}").latest("pk")
    assert (event.facts["to"], event.facts["count"]) == ("medium", 30)
    again = scorecard.rate(set(event.facts["reasons"].split(",")), on=clock.day(event.at))
    assert (again.table.version, again.level, again.points) == (event.facts["version"], "medium", 30)
    before = AuditEvent.objects.filter(kind="kyc.case.rated").count()
    settle(case, actor=CUSTOMER, now=NOW)
    assert AuditEvent.objects.filter(kind="kyc.case.rated").count() == before


@pytest.fixture
def case(individual):
    return checked(individual).case


def proposed(case, maker, **changes):
    given = {"level": "high", "why": "complaints", "actor": actor.staff(maker.pk), "now": clock.now(), **changes}
    return risk_ratings.propose(case, **given)


def answered(proposal, checker, **changes):
    risk_ratings.answer(proposal, **{"approve": True, "actor": actor.staff(checker.pk), "now": clock.now(), **changes})


@pytest.mark.usefixtures("same_process")
def test_two_people_set_a_risk_against_the_points_and_give_the_word_back(case, maker, checker):
    proposal = proposed(case, maker)
    case.refresh_from_db()
    assert case.risk == Risk.LOW
    with pytest.raises(IllegalMove):
        proposed(case, maker)
    answered(proposal, checker)
    case.refresh_from_db()
    assert case.risk == Risk.HIGH
    settle(case, actor=CUSTOMER, now=clock.now())
    case.refresh_from_db()
    assert case.risk == Risk.HIGH
    answered(proposed(case, maker, level="", why="points_again"), checker, now=clock.now() + timedelta(seconds=1))
    case.refresh_from_db()
    assert case.risk == Risk.LOW


@pytest.mark.usefixtures("same_process")
def test_nobody_sets_a_risk_alone_or_without_a_reason_or_on_other_points(case, maker, checker):
    both = StaffFactory(roles=["kyc_maker", "kyc_checker"])
    for wrong in ({"why": ""}, {"level": "extreme"}):
        with pytest.raises(Refused):
            proposed(case, maker, **wrong)
    for stranger in (["support"], ["auditor"]):
        with pytest.raises(NotAllowed):
            proposed(case, StaffFactory(roles=stranger))
    proposal = proposed(case, both)
    with pytest.raises(NotAllowed):
        answered(proposal, both)
    with pytest.raises(NotAllowed):
        answered(proposal, maker)
    Case.objects.filter(pk=case.pk).update(relation="reseller")
    with pytest.raises(Refused) as refused:
        answered(RiskProposal.objects.get(), checker)
    assert refused.value.code == "SHOWN_CHANGED"
    case.refresh_from_db()
    assert case.risk == Risk.LOW


@pytest.fixture
def newer(monkeypatch):
    """A table of today that counts nothing otherwise but that no sum makes a level higher."""
    first = scorecard.tables()[-1]
    table = replace(first, version="newer", effective_from=TODAY, levels={"medium": 500, "high": 900})

    def begins():
        monkeypatch.setattr(scorecard, "tables", lambda: (first, table))

    return begins


def ratings(case):
    return AuditEvent.objects.filter(kind="kyc.case.rated", about=case.owner).order_by("pk")


@pytest.mark.usefixtures("same_process")
def test_a_newer_table_and_another_reason_are_written_down_although_the_level_stays(case, newer):
    before = ratings(case).count()

    def settled_twice():
        for _again in range(2):
            settle(case, actor=CUSTOMER, now=NOW)
        return [event.facts for event in ratings(case)[before:]]

    newer()
    assert [facts["version"] for facts in settled_twice()] == ["newer"]
    Case.objects.filter(pk=case.pk).update(relation="reseller")
    assert [(facts["from"], facts["to"], facts["reasons"]) for facts in settled_twice()] == [
        ("low", "low", ""),
        ("low", "low", "relation:reseller"),
    ]


@pytest.mark.usefixtures("same_process")
def test_a_rating_says_whether_people_or_points_set_the_level(case, maker, checker):
    before = ratings(case).count()
    answered(proposed(case, maker, level="low"), checker)
    settle(case, actor=CUSTOMER, now=clock.now())
    answered(proposed(case, maker, level="", why="points_again"), checker, now=clock.now() + timedelta(seconds=1))
    assert [(event.facts["to"], event.facts["by"]) for event in ratings(case)[before:]] == [
        ("low", "people"),
        ("low", "points"),
    ]


@pytest.mark.parametrize("change", ["table", "reasons"])
@pytest.mark.usefixtures("same_process")
def test_nobody_agrees_to_a_risk_under_another_table_or_for_other_reasons_of_the_same_sum(
    case, maker, checker, newer, monkeypatch, change
):
    proposal = proposed(case, maker)
    if change == "table":
        newer()
    else:
        found = risk_ratings.rating_of(case, needs_of(case, now=NOW), now=NOW)
        other = replace(found, lines=(scorecard.Points("type:other", 0, "Another one."),))
        monkeypatch.setattr(risk_ratings, "rating_of", lambda *_given, **_when: other)
    with pytest.raises(Refused) as refused:
        answered(RiskProposal.objects.get(pk=proposal.pk), checker)
    assert refused.value.code == "SHOWN_CHANGED"


@pytest.mark.usefixtures("same_process")
def test_the_page_of_a_case_says_what_adds_up_and_takes_the_proposal(case, maker, checker):
    Case.objects.filter(pk=case.pk).update(relation="reseller")
    page = f"/admin/kyc/case/{case.pk}/change/"
    desk = staff_client(maker)
    desk.post(page, {"open_record": "1", "purpose": "kyc_review", "ticket": case.reference})
    shown = desk.get(page).text
    assert "20: A reseller: it sends for others whom we do not know." in shown
    assert "20 points: Medium" in shown
    act = {"_selected_action": case.pk, "answer": "1", "level": "low", "why": "supervised"}
    asked = desk.get(f"/admin/kyc/case/{case.pk}/do/set-risk/").text
    assert "20 points: Medium" in asked
    assert " checked" not in asked
    desk.post(f"/admin/kyc/case/{case.pk}/do/set-risk/", act)
    proposal = RiskProposal.objects.get()
    second = staff_client(checker)
    second.post(f"/admin/kyc/riskproposal/{proposal.pk}/do/approve/", {"_selected_action": proposal.pk, "answer": "1"})
    case.refresh_from_db()
    assert case.risk == Risk.LOW
    assert "Set by two people: It is listed on an exchange" in desk.get(page).text


@pytest.mark.usefixtures("same_process")
def test_the_data_protection_officer_answers_a_risk_on_its_page(case, maker):
    proposal = proposed(case, maker)
    browser = staff_client(StaffFactory(roles=["data_protection_officer"]))
    act = f"/admin/approvals/kyc.RiskProposal/{proposal.pk}/"
    assert act in browser.get(f"/admin/kyc/riskproposal/{proposal.pk}/change/").text
    browser.post(act, {"decision": "approve", "answer": "1"})
    proposal.refresh_from_db()
    assert proposal.answer == "approved"
