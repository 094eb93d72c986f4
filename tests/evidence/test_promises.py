"""The policy map: computed from rows, red where one is missing, and the other way round."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from portal.fronts.evidence import commitment_checks, policy_commitments
from portal.fronts.evidence.commitment_texts import OF_THEIR_OWN, in_words
from portal.fronts.evidence.verdicts import Attested, Evidence, Seen, State, Stated
from portal.fronts.evidence.violations import Found, Window, search
from portal.kernel.core import clock
from portal.kernel.law.models import Purpose
from portal.kernel.people.models import SignIn
from portal.kernel.registers.base.choices import ServiceKind
from portal.kernel.registers.entries.selectors import inventory
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.models import (
    AccessReview,
    AuditFinding,
    AuthorityOrder,
    Contract,
    Disclosure,
    ExternalLink,
    Measure,
    OrderAnswer,
    Recipient,
    RecipientCheck,
)
from tests.consent.factories import law_is_loaded
from tests.evidence.policy import published_policy
from tests.law.factories import ClockFactory, HouseRuleFactory
from tests.people.factories import StaffFactory
from tests.registers.entered import agreed
from tests.registers.factories import papers_for, registered_recipient, service_in_the_book
from tests.signin.people_who_sign_in import staff_client, with_factor

NUMBERS = [str(number) for number in range(1, 16)] + [
    *("2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6"),
    *("6.1", "6.2", "6.3", "6.4", "6.5", "9.7"),
]
#: A feature proves nothing alone.
FEATURES = frozenset({"page", "runs", "no"})
EVERY = policy_commitments.promises()
ASKED = sorted({question for promise in EVERY for question in promise.asks})


def test_every_clause_of_the_policy_has_promises_and_each_promise_its_own_key():
    assert len(EVERY) >= 90
    assert {promise.clause for promise in EVERY} == {"0", *NUMBERS}
    assert len({promise.key for promise in EVERY}) == len(EVERY)


@pytest.mark.parametrize("promise", EVERY, ids=lambda promise: promise.key)
def test_no_promise_rests_on_features_alone(promise):
    assert [question for question in promise.asks if question.split()[0] not in FEATURES]


#: A model, a field, a filter or a task as the program names it.
CODE = re.compile(r"[a-z]_[a-z]|__|[a-z]+\.[A-Za-z]+\b(?!/)|=")
STATED = Stated(frozenset(NUMBERS))
TODAY = date(2026, 11, 20)
JUDGED = Attested(is_kept=True, on=TODAY, until=date(2027, 11, 20), by="Asha", sha256="0" * 64, number=1, counts=True)


def evidence_of(promise, *, population=2, broken=0, judged=JUDGED):
    """What the searches of a promise found, or what a person judged of it."""
    found = Found(population, broken, last=clock.now() if population else None)
    return Evidence(
        dict.fromkeys(promise.broken_by, found), {promise.key: judged} if promise.is_judged and judged else {}
    )


def verdict(promise, answers, stated=STATED, **changes):
    return policy_commitments.shown(promise, answers, stated, evidence_of(promise, **changes))


@pytest.mark.parametrize("promise", EVERY, ids=lambda promise: promise.key)
def test_each_promise_turns_red_when_one_of_its_rows_is_missing(promise):
    """Everything is answered with yes, but one question after another: each of them alone turns the promise red."""
    now = clock.now()
    answers = dict.fromkeys(promise.asks, Seen(is_so=True, at=now))
    whole = verdict(promise, answers)
    assert whole.state == State.KEPT
    for question in promise.asks:
        found = verdict(promise, {**answers, question: Seen(is_so=False)})
        assert (found.state, found.missing) == (State.NOT_SHOWN, [question])
    undated = policy_commitments.shown(
        promise, dict.fromkeys(promise.asks, Seen(is_so=True)), STATED, undated_of(promise)
    )
    assert undated.state == State.NOT_SHOWN  # nothing is kept of which nobody knows when


def undated_of(promise):
    return Evidence(dict.fromkeys(promise.broken_by, Found(2, 0)), {promise.key: JUDGED})


SEARCHED = [promise for promise in EVERY if promise.broken_by]
JUDGED_BY_PEOPLE = [promise for promise in EVERY if promise.is_judged]


@pytest.mark.parametrize("promise", SEARCHED, ids=lambda promise: promise.key)
def test_a_promise_that_something_breaks_is_red_whatever_else_is_there(promise):
    answers = dict.fromkeys(promise.asks, Seen(is_so=True, at=clock.now()))
    assert verdict(promise, answers, broken=1).state == State.NOT_SHOWN
    nothing = verdict(promise, answers, population=0)
    assert (nothing.state, nothing.total.population) == (State.NO_CASE, 0)


def test_where_nothing_happened_a_row_of_what_happens_is_not_wanting_but_a_practice_is():
    promise = next(each for each in EVERY if each.key == "12-2")
    assert "rows kyc.MinorFound found_at" in promise.asks
    answers = {question: Seen(is_so=not question.startswith("rows")) for question in promise.asks}
    assert verdict(promise, answers, population=0).state == State.NO_CASE
    assert verdict(promise, answers).state == State.NOT_SHOWN
    practice = next(each for each in EVERY if each.key == "1-6")
    stopped = dict.fromkeys(practice.asks, Seen(is_so=False))
    assert verdict(practice, stopped, population=0).state == State.NOT_SHOWN


@pytest.mark.parametrize("promise", JUDGED_BY_PEOPLE, ids=lambda promise: promise.key)
def test_what_a_person_judges_is_kept_while_an_attestation_says_so(promise):
    answers = dict.fromkeys(promise.asks, Seen(is_so=True, at=clock.now()))
    assert verdict(promise, answers).state == State.KEPT
    assert verdict(promise, answers, judged=None).why == "A person judges this. No attestation was made."
    old, refused = replace(JUDGED, counts=False), replace(JUDGED, is_kept=False)
    assert [verdict(promise, answers, judged=each).state for each in (None, old, refused)] == [State.NOT_SHOWN] * 3


@pytest.mark.parametrize("question", [each for each in ASKED if "=" in each.partition(" within=")[0]])
def test_each_filter_asks_for_a_value_that_its_field_has(question):
    word, label, *words = question.split()
    assert policy_commitments.filters(policy_commitments._model(label), words if word == "held" else words[1:])


@pytest.mark.parametrize(
    ("label", "word"),
    [("law.Clock", "state=late"), ("consent.NoticeVersion", "notice__kind=policy"), ("registers.Measure", "control=")],
)
def test_a_filter_on_a_value_that_no_row_can_have_is_an_error(label, word):
    with pytest.raises(ValueError, match=word):
        policy_commitments.filters(policy_commitments._model(label), [word])


def test_what_the_policy_leaves_out_is_not_stated_and_never_kept():
    promise = next(each for each in EVERY if each.unless == "EMPTY_LIST" and each.clause == "8")
    answers = dict.fromkeys(promise.asks, Seen(is_so=True, at=clock.now()))
    assert verdict(promise, answers).state == State.KEPT
    assert verdict(promise, answers, Stated(STATED.clauses, (("EMPTY_LIST", "5"),))).state == State.KEPT
    found = verdict(promise, answers, Stated(STATED.clauses, (("EMPTY_LIST", "8"),)))
    assert (found.state, found.why) == (State.NOT_STATED, "The policy in force leaves this out (EMPTY_LIST).")
    assert verdict(promise, answers, Stated(STATED.clauses - {"8"})).state == State.NOT_STATED
    assert verdict(promise, answers, None).state == State.NOT_SHOWN


@pytest.fixture
def policy(db):
    return published_policy(NUMBERS)


@pytest.mark.django_db(databases=["default", "keys"])
def test_with_no_row_no_promise_is_kept_and_every_question_can_be_put():
    found = policy_commitments.policy_map(now=clock.now())
    assert found.unnamed, "no policy is published: nothing that is held is named"
    assert found.counts == {"kept": 0, "not_shown": len(EVERY) + len(found.unnamed), "no_case": 0, "not_stated": 0}
    assert [row.promise.key for row in found.rows if row.state != State.NOT_SHOWN] == []


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_question_without_its_rows_is_answered_with_no():
    """But what an empty book keeps: that no order was answered wrongly, and that the inventory agrees."""
    kept_by_nothing = {"is inventory", "is orders_within", "is orders_verified", "is orders_two_people"}
    asked = [question for question in ASKED if question.split()[0] not in FEATURES]
    seen = {question: policy_commitments.ask(question, now=clock.now()) for question in asked}
    assert {question for question, answer in seen.items() if answer.is_so} == kept_by_nothing
    assert {question for question, answer in seen.items() if answer.at is not None} == {"is inventory"}


@pytest.mark.django_db
def test_a_practice_that_stopped_is_kept_no_longer():
    now = clock.now()
    HouseRuleFactory(key="registers.evidence_lasts", amount=3, unit="month")
    SignIn.objects.create(user=StaffFactory(), outcome="signed_in", at=now - timedelta(days=120))
    question = "rows people.SignIn at within=registers.evidence_lasts"
    assert question in ASKED
    assert not policy_commitments.ask(question, now=now).is_so
    assert policy_commitments.ask(question, now=now - timedelta(days=60)).is_so
    assert policy_commitments.ask("rows people.SignIn at", now=now).is_so


@pytest.mark.django_db(databases=["default", "keys"])
def test_rows_make_it_kept_and_their_end_makes_it_red_again():
    law_is_loaded()
    promise = next(each for each in EVERY if each.says == "We never sell data")

    def state():
        now = clock.now()
        found = Evidence({promise.broken_by[0]: search(promise.broken_by[0], Window(now - timedelta(days=30), now))})
        return policy_commitments.shown(
            promise, {promise.asks[0]: policy_commitments.ask(promise.asks[0], now=now)}, STATED, found
        )

    assert state().state == State.NOT_SHOWN
    registered_recipient()
    kept = state()
    assert kept.state == State.KEPT
    assert kept.last == Contract.objects.get().checked_at
    registered_recipient("dialer-two")
    papers_for("dialer-three")
    RecipientCheck.objects.filter(recipient_code="dialer-two").update(sells_nothing=False)
    assert state().state == State.NOT_SHOWN


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_purpose_a_kind_of_data_and_a_recipient_that_no_notice_names_are_red():
    law_is_loaded()
    Purpose.objects.update(notice_published_at=clock.now() - timedelta(days=1))
    service_in_the_book("penny-drop")
    assert policy_commitments.unnamed_by(STATED.clauses, now=clock.now()) == []
    Purpose.objects.filter(code="billing").update(notice_published_at=None)
    registered_recipient()
    RecipientCheck.objects.filter(recipient_code="penny-drop").update(service="payment")
    RecipientCheck.objects.filter(recipient_code="dialer-one").delete()
    found = policy_commitments.unnamed_by(STATED.clauses - {"2.4", "6.3"}, now=clock.now())
    assert [each.code for each in found] == ["billing", "device", "location", "dialer-one", "penny-drop"]
    assert Recipient.objects.count() == 2


def test_each_kind_of_data_and_of_service_has_a_clause_that_names_it():
    held = set(inventory.DataCategory) - {inventory.DataCategory.NONE}
    assert set(policy_commitments.shipped()["categories"]) == {str(each) for each in held}
    assert set(policy_commitments.shipped()["services"]) == set(ServiceKind.values)
    assert {
        *policy_commitments.shipped()["categories"].values(),
        *policy_commitments.shipped()["services"].values(),
    } <= set(NUMBERS)


@pytest.mark.parametrize("question", ASKED)
def test_each_question_is_said_in_words(question):
    said = in_words(question)
    assert not CODE.search(said), said
    assert "%" not in said


def test_each_question_of_its_own_is_asked_by_a_promise():
    asked = {question.split()[1] for question in ASKED if question.startswith("is ")}
    assert asked == set(commitment_checks.QUESTIONS) == set(OF_THEIR_OWN)


@pytest.mark.django_db(databases=["default", "keys"])
def test_an_auditor_reads_the_map_and_the_inventory_and_support_does_not(policy):
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    page = auditor.get(reverse("evidence:promises")).text
    assert "We never sell data" in page
    found = policy_commitments.policy_map(now=clock.now())
    counts = found.counts
    assert sum(counts.values()) == len(EVERY) + len(found.unnamed)
    assert f"{counts[State.NOT_SHOWN]} not shown" in page
    shown = page.replace("&quot;", '"')
    assert not [question for question in ASKED if f">{question}<" in shown]
    assert "<code>" not in page, "an auditor reads words"
    listed = auditor.get(reverse("evidence:inventory")).text
    assert "No difference." in listed
    assert "people_contactpoint.address" in listed.replace("<wbr>", "")
    taken = auditor.post(reverse("evidence:inventory"))
    assert taken["content-type"] == "text/csv; charset=utf-8"
    assert taken.content.count(b"\n") > 500
    shut = staff_client(StaffFactory(roles=["support"]))
    assert shut.get(reverse("evidence:promises")).status_code == 403
    assert shut.post(reverse("evidence:inventory")).status_code == 403


def clock_of(now, *, due, stopped=None, **changes):
    """A clock for the answer to a grievance; ``due`` and ``stopped`` in days from ``now``."""
    at = None if stopped is None else now + timedelta(days=stopped)
    state = {"state": "stopped", "stopped_at": at, "ended": "done"} if at is not None else {}
    begun = now - timedelta(days=30)
    return ClockFactory(started_at=begun, due_at=now + timedelta(days=due), **{**state, **changes})


def is_kept(now, kind="answer"):
    return policy_commitments.ask(f"is kept_in_time {kind}", now=now)


@pytest.mark.django_db
def test_an_answer_in_time_keeps_the_promise_and_a_late_one_breaks_it():
    now = clock.now()
    assert not is_kept(now).is_so
    kept = clock_of(now, due=-1, stopped=-2)
    clock_of(now, due=1)
    assert is_kept(now) == Seen(is_so=True, at=kept.stopped_at)
    assert not is_kept(now, "acknowledge").is_so
    late = clock_of(now, due=-3, stopped=-1)
    assert not is_kept(now).is_so
    late.ended = "corrected"
    late.save()
    assert is_kept(now).is_so


@pytest.mark.django_db
def test_a_grievance_that_waits_past_its_day_breaks_the_promise_also_when_it_is_answered_later():
    now = clock.now()
    clock_of(now, due=-9, stopped=-10)
    running = clock_of(now, due=-1)
    assert not is_kept(now).is_so
    assert is_kept(now - timedelta(days=2)).is_so
    running.state, running.stopped_at, running.ended = "stopped", now + timedelta(days=1), "done"
    running.save()
    assert not is_kept(now).is_so


@pytest.mark.django_db
def test_a_promise_of_ours_that_is_stricter_than_the_law_is_not_the_legal_time():
    now = clock.now()
    clock_of(now, due=5, stopped=-1)
    rule = HouseRuleFactory()
    clock_of(now, due=-3, stopped=-1, legal_rule=None, house_rule=rule, rule_key=rule.key)
    assert is_kept(now).is_so


def asked(name, now):
    return commitment_checks.QUESTIONS[name]([], now)


@pytest.mark.django_db
def test_a_question_about_a_day_that_is_over_knows_nothing_of_what_came_later():
    finding = agreed(AuditFinding)
    agreed(AccessReview)
    today = clock.now()
    before = today - timedelta(days=1)
    assert asked("findings_in_time", today) == (True, finding.checked_at)
    assert asked("findings_in_time", before) == (False, None)
    assert asked("access_reviewed", today)[0]
    assert asked("access_reviewed", before) == (False, None)


@pytest.mark.django_db
def test_a_finding_that_was_closed_after_its_day_was_open_on_the_days_between():
    today = clock.now()
    finding = agreed(AuditFinding)
    early = {"checked_at": today - timedelta(days=30), "starts_at": today - timedelta(days=30)}
    due = clock.day(today) - timedelta(days=9)
    closed = {"ends_at": today - timedelta(days=1), "ended_by": finding.made_by}
    AuditFinding.objects.filter(pk=finding.pk).update(due_on=due, **early, **closed)
    assert asked("findings_in_time", today)[0]
    assert not asked("findings_in_time", today - timedelta(days=3))[0]


def order_answered(at, **changes):
    order = AuthorityOrder.objects.create(
        reference=f"OS-AO-{AuthorityOrder.objects.count()}",
        kind="court",
        order_number=str(at),
        received_at=at - timedelta(days=1),
        answered_at=at,
        state="given",
        **changes,
    )
    maker, checker = StaffFactory(), StaffFactory()
    answer = OrderAnswer.objects.create(
        order=order,
        decision="give",
        given_categories=["name"],
        act="registers.order.answer",
        made_by=maker,
        made_at=at,
        checked_by=checker,
        checked_at=at,
        answer="approved",
    )
    return order, answer


@pytest.mark.django_db
def test_orders_are_asked_about_as_they_stood_on_the_day():
    today = clock.now()
    order_answered(today - timedelta(hours=1))
    for name in ("orders_within", "orders_verified"):
        assert not asked(name, today)[0]
        assert asked(name, today - timedelta(days=1)) == (True, None)


def disclosed(at, **changes):
    given = {"reference": f"OS-DI-{Disclosure.objects.count()}", "subject_ref": "0" * 32, "fields": ["name"]}
    return Disclosure.objects.create(**given, purpose="kyc", basis="consent", disclosed_at=at, **changes)


@pytest.mark.django_db
def test_a_disclosure_to_an_authority_needs_an_answer_that_was_there_on_the_day():
    today = clock.now()
    order, _answer = order_answered(today)
    disclosed(today - timedelta(days=2), recipient_code="authority-1", about=order.owner)
    assert asked("orders_two_people", today)[0]
    assert not asked("orders_two_people", today - timedelta(days=1))[0]
    assert asked("orders_two_people", today - timedelta(days=3)) == (True, None)


@pytest.mark.django_db
def test_whoever_got_data_is_bound_by_a_contract_in_force_not_by_one_that_ended():
    law_is_loaded()
    registered_recipient()
    today = clock.now()
    disclosed(today, recipient_code="dialer-one", about="kyc.case:OS-KY-0")
    assert asked("disclosures_have_papers", today) == (True, today)
    assert asked("disclosures_have_papers", today - timedelta(days=1)) == (False, None)
    contract = Contract.objects.get()
    Contract.objects.update(ends_at=today, ended_by=contract.made_by)
    assert not asked("disclosures_have_papers", today)[0]


@pytest.mark.django_db(databases=["default", "keys"])
def test_the_inventory_is_dated_by_the_clock_whichever_day_is_asked_about():
    begun = clock.now()
    assert asked("inventory", begun - timedelta(days=40))[1] >= begun


@pytest.mark.django_db
def test_codes_for_a_lost_app_are_no_second_factor():
    one = StaffFactory()
    Authenticator.objects.create(user=one, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert asked("staff_second_factor", clock.now()) == (False, None)
    factor = with_factor(one)
    assert asked("staff_second_factor", clock.now()) == (True, factor.created_at)


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_pack_gives_no_date_of_what_is_looked_at_on_the_day_it_is_made(policy):
    found = policy_commitments.as_plain(policy_commitments.policy_map(now=clock.now()))
    rows = [each for each in found["promises"] if "is inventory" in each["asked"]]
    assert [row["last_evidence"] for row in rows] == [None] * 3
    assert policy_commitments.is_of_today("is inventory")
    assert not policy_commitments.is_of_today("is no_sale")
    assert set(commitment_checks.OF_TODAY) < set(commitment_checks.QUESTIONS)


@pytest.mark.django_db
def test_how_long_a_link_may_go_without_a_try_is_a_rule_of_the_house():
    agreed(ExternalLink)
    now = clock.now()
    ExternalLink.objects.update(looked_at=now - timedelta(days=2))
    assert asked("links_tried", now)[0]
    HouseRuleFactory(key="registers.links_tried", kind="threshold", amount=2, unit="none", counting="none")
    assert not asked("links_tried", now)[0]


@pytest.mark.django_db
def test_how_long_evidence_lasts_is_one_rule_for_the_map_and_the_books():
    measure = agreed(Measure, evidence_on=clock.day(clock.now()) - timedelta(days=40))
    now = clock.now()
    assert (asked("measures_fresh", now)[0], register_tasks.evidence_until(measure, now=now) > clock.day(now)) == (
        True,
        True,
    )
    HouseRuleFactory(key=register_tasks.EVIDENCE, amount=1, unit="month", counting="interval")
    assert (asked("measures_fresh", now)[0], register_tasks.evidence_until(measure, now=now) > clock.day(now)) == (
        False,
        False,
    )
