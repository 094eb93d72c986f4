from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError
from django.db.models import F
from django.urls import reverse

from kyc import ports
from kyc.base.choices import RenewalReason, Risk
from kyc.cases import renewal_rules
from kyc.cases.outstanding_items import is_due_again, needs_of
from kyc.cases.selectors import sender_state, standing_of
from kyc.models import Case, Document, Renewal, RenewalNotice, RiskProposal
from kyc.outcomes.services import case_status
from kyc.review.services import kyc_renewals
from kyc.review.services.kyc_renewals import ask_again
from kyc.review.services.related_parties import add_person, leave
from kyc.risk.services import risk_ratings
from kyc.tasks import renew
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.law.selectors import NotInForce, house_rule
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.people.models import Membership, User
from portal.kernel.people.services import customers
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, NOW, answered, checked, company_pan, gst, proposed, rest_approved, uploaded
from tests.outbox.factories import MessageFactory
from tests.people.factories import CustomerUserFactory, FiduciaryFactory, StaffFactory
from tests.registers.factories import entity_of
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.usefixtures("same_process")

#: After the papers of the factories were sent.
LATER = NOW + timedelta(days=9)


def at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=clock.IST).astimezone(UTC)


@pytest.fixture
def case(individual, asha, maker, checker) -> Case:
    """An individual who is verified, and whose only paper that a test sends anew is the PAN card."""
    rest_approved(individual)
    answered(proposed(checked(individual), maker), checker)
    found = Case.objects.select_related("customer").get()
    assert found.state == "approved"
    return found


@pytest.fixture
def firm_case(organisation, maker, checker) -> Case:
    CustomerUserFactory(email="asha@acme.example", member_of=organisation)
    rest_approved(organisation, but={"pan_card", "gst_certificate"})
    for make in (company_pan, gst):
        answered(proposed(checked(organisation, make=make), maker), checker)
    return Case.objects.select_related("customer").get()


def decided(document: Document, maker: User, checker: User, now: datetime) -> None:
    answered(proposed(document, maker, now=now), checker, now=now)


def days_told(case: Case) -> list[int]:
    return list(
        RenewalNotice.objects.filter(renewal__case=case).order_by("told_at", "pk").values_list("days", flat=True)
    )


@pytest.mark.parametrize(("risk", "years"), [("", 2), ("high", 2), ("medium", 8), ("low", 10)])
def test_the_next_look_follows_from_the_last_one_and_the_risk(house, risk, years):
    verified_at = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
    assert renewal_rules.period_ends(verified_at, risk, on=verified_at.date()) == date(2026 + years, 11, 25)


def test_the_periods_and_notices_are_house_rules_that_say_they_are_borrowed(house):
    for key in (*renewal_rules.PERIODS.values(), "kyc.rekyc_before", "kyc.rekyc_after"):
        assert "orrowed" in house_rule(key, on=NOW.date()).note


def test_every_reason_has_its_row_and_at_least_three_notices_before_and_after(house):
    for reason in RenewalReason:
        days = renewal_rules.notice_days(reason, on=NOW.date())
        assert len([one for one in days if one < 0]) >= 3
        assert len([one for one in days if one > 0]) >= 3


def test_a_newer_table_asks_for_other_papers_in_renewals_that_begin_then_and_in_no_earlier_one(
    firm_case, maker, monkeypatch
):
    first, begins = renewal_rules.tables()[0], clock.day(LATER) + timedelta(days=1)
    other = replace(first.reasons["gstin_cancelled"], needs=frozenset({"pan"}))
    newer = replace(first, effective_from=begins, reasons={**first.reasons, "gstin_cancelled": other})
    monkeypatch.setattr(renewal_rules, "tables", lambda: (first, newer))
    staff = actor.staff(maker.pk)

    def asked(opened: datetime) -> set[str]:
        Renewal.objects.update(closed_at=F("opened_at"))
        ask_again(firm_case, reason="gstin_cancelled", why="The register says so.", actor=staff, now=opened)
        tasks = needs_of(Case.objects.get(), now=at(begins, 12)).tasks
        return {task.need.name for task in tasks if task.state == "customer" and not task.need.is_optional}

    assert [asked(LATER), asked(at(begins))] == [{"gst"}, {"pan"}]
    with pytest.raises(NotInForce):
        renewal_rules.rule_of("period", on=first.effective_from - timedelta(days=1))


def test_three_notices_before_and_three_after_each_once_however_often_the_task_runs(case):
    due = case.rekyc_on
    for day in (-91, -90, -89, -31, -30, -29, -8, -7, -6, -1, 0, 1, 2, 14, 15, 16, 29, 30, 31, 59):
        for _twice in range(2):
            kyc_renewals.sweep(now=at(due + timedelta(days=day)))
    assert days_told(case) == [-90, -30, -7, 1, 15, 30]
    before = Message.objects.filter(kind="kyc.renewal_before")
    after = Message.objects.filter(kind="kyc.renewal_after")
    assert (before.count(), after.count()) == (6, 6)  # in the dashboard and by e-mail
    assert AuditEvent.objects.filter(kind="kyc.renewal.told").count() == 6
    assert Renewal.objects.get().due_on == due


def test_the_verification_of_before_stands_until_the_due_day_and_no_longer(case):
    due, ref = case.rekyc_on, case.subject_ref
    kyc_renewals.sweep(now=at(due - timedelta(days=90)))
    case.refresh_from_db()
    assert case.state == "open"
    assert sender_state(subject_ref=ref, on=due).is_verified
    assert standing_of(case, on=due) == "expiring"
    assert not sender_state(subject_ref=ref, on=due + timedelta(days=1)).is_verified
    assert standing_of(case, on=due + timedelta(days=1)) == "expired"


def test_everything_is_shown_anew_and_then_the_time_begins_again(individual, case, maker, checker):
    first_due = case.rekyc_on
    later = first_due - timedelta(days=60)
    kyc_renewals.sweep(now=at(later))
    states = {task.need.name: task.state for task in needs_of(case, now=at(later)).tasks}
    assert states == {"pan": "customer", "identity": "customer"}
    Document.objects.exclude(kind="pan_card").update(sent_at=at(later, 10))  # shown anew
    new = checked(individual, now=at(later, 11))
    Document.objects.filter(pk=new.pk).update(sent_at=at(later, 11))
    decided(new, maker, checker, at(later, 12))
    case.refresh_from_db()
    assert case.state == "approved"
    assert Renewal.objects.get().closed_at is not None
    assert case.rekyc_on == renewal_rules.period_ends(case.verified_at, case.risk, on=later)
    assert kyc_renewals.sweep(now=at(later, 13)).told == 0


def test_nothing_is_told_before_its_time_and_nobody_who_left(case):
    assert kyc_renewals.sweep(now=at(case.rekyc_on - timedelta(days=91))).told == 0
    customers.close(customer=case.customer, actor=actor.SYSTEM)
    assert kyc_renewals.sweep(now=at(case.rekyc_on)).looked_at == 0


def test_a_sweep_that_was_down_for_long_gives_one_notice_and_not_all_of_them_at_once(case):
    kyc_renewals.sweep(now=at(case.rekyc_on + timedelta(days=20)))
    assert days_told(case) == [15]


def test_who_has_sent_everything_is_left_in_peace(individual, case):
    due = case.rekyc_on
    kyc_renewals.sweep(now=at(due - timedelta(days=90)))
    Document.objects.exclude(kind="pan_card").update(sent_at=at(due - timedelta(days=80)))
    checked(individual, now=at(due - timedelta(days=80)))
    case.refresh_from_db()
    case_status.settle(case, actor=CUSTOMER, now=NOW)
    assert case.state == "in_review"
    assert kyc_renewals.sweep(now=at(due - timedelta(days=7))).told == 0


def test_a_notice_that_nobody_could_be_given_is_given_once_somebody_can_read_it(case, maker, checker):
    members = Membership.objects.filter(customer=case.customer)
    members.update(role="member")
    now = at(case.rekyc_on - timedelta(days=90))
    for _twice in range(2):
        assert kyc_renewals.sweep(now=now).told == 0
    assert days_told(case) == []
    told = Message.objects.filter(kind="kyc.staff_nobody_told").values_list("subject_ref", flat=True)
    assert sorted(told) == sorted([maker.subject.ref, checker.subject.ref])  # once each
    members.update(role="owner")
    assert kyc_renewals.sweep(now=now).told == 1
    assert days_told(case) == [-90]


def test_a_sweep_goes_in_rounds_and_on_where_the_last_one_ended(case, monkeypatch):
    monkeypatch.setattr(kyc_renewals, "MOST", 1)
    now = at(case.rekyc_on)
    first = kyc_renewals.sweep(now=now)
    assert (first.looked_at, first.last) == (1, case.pk)
    assert kyc_renewals.sweep(now=now, after=first.last).looked_at == 0


def test_a_case_that_the_database_refuses_stops_no_other(case, monkeypatch):
    def refuses(number, now):
        raise IntegrityError

    monkeypatch.setattr(kyc_renewals, "_look_at", refuses)
    assert kyc_renewals.sweep(now=at(case.rekyc_on)).looked_at == 1


def test_a_full_round_calls_for_the_next_one(case, monkeypatch):
    called = []
    monkeypatch.setattr(kyc_renewals, "MOST", 1)
    monkeypatch.setattr(clock, "now", lambda: at(case.rekyc_on))
    monkeypatch.setattr("kyc.tasks.enqueue", lambda name, *args: called.append((name, args)))
    assert renew() == 1
    assert called == [("kyc.tasks.renew", (case.pk,))]


def test_a_document_that_ends_is_watched_told_of_ended_and_asked_for_again(individual, case):
    pan = Document.objects.get(kind="pan_card")
    ends = NOW.date() + timedelta(days=200)
    Document.objects.filter(pk=pan.pk).update(expires_on=ends)
    kyc_renewals.sweep(now=at(ends - timedelta(days=31)))
    assert not Renewal.objects.exists()
    for day in (-30, -29, -14, -7, -1, 0, 1, 2, 15, 29, 30, 39):
        kyc_renewals.sweep(now=at(ends + timedelta(days=day)))
        pan.refresh_from_db()
        assert (pan.state == "expired") == (day > 0)
    case.refresh_from_db()
    assert days_told(case) == [-30, -14, -7, 1, 15, 30]
    assert (case.state, case.rekyc_on) == ("open", ends)
    assert not sender_state(subject_ref=case.subject_ref, on=ends + timedelta(days=1)).is_verified
    assert uploaded(individual, now=at(ends + timedelta(days=40))).state == "received"


def test_only_the_document_that_ends_is_due_and_the_next_look_at_all_stays(individual, case, maker, checker):
    pan, verified_at, first_due = Document.objects.get(kind="pan_card"), case.verified_at, case.rekyc_on
    ends = NOW.date() + timedelta(days=200)
    Document.objects.filter(pk=pan.pk).update(expires_on=ends)
    now = at(ends - timedelta(days=20))
    kyc_renewals.sweep(now=now)
    pan.refresh_from_db()
    other = Document.objects.exclude(kind="pan_card").get()
    assert (is_due_again(pan, now=now), is_due_again(other, now=now)) == (True, False)
    new = checked(individual, now=now)
    decided(new, maker, checker, now)
    case.refresh_from_db()
    assert (case.state, case.verified_at, case.rekyc_on) == ("approved", verified_at, first_due)


def test_an_approved_case_is_due_when_its_first_document_ends(individual, asha, maker, checker):
    ends = NOW.date() + timedelta(days=100)
    rest_approved(individual)
    Document.objects.update(expires_on=ends)
    answered(proposed(checked(individual), maker), checker)
    assert Case.objects.get().rekyc_on == ends


def test_another_name_makes_the_papers_due_within_a_month(case):
    customers.rename(customer=case.customer, name="Asha Rao", actor=actor.SYSTEM, now=LATER)
    renewal = Renewal.objects.get()
    assert (renewal.reason, renewal.due_on) == ("name_changed", LATER.date() + timedelta(days=30))
    assert RenewalNotice.objects.get().days == -30
    case.refresh_from_db()
    assert (case.state, case.rekyc_on) == ("open", renewal.due_on)
    assert sender_state(subject_ref=case.subject_ref, on=renewal.due_on).is_verified
    assert Message.objects.filter(kind="kyc.renewal_before").count() == 2


def test_a_customer_that_was_never_verified_has_nothing_to_renew(individual, asha):
    checked(individual)
    customers.rename(customer=individual, name="Asha Rao", actor=actor.SYSTEM, now=NOW)
    assert not Renewal.objects.exists()


def test_another_signatory_makes_the_authorisation_due_again(firm_case):
    person = add_person(firm_case, full_name="Meena Iyer", roles=["signatory"], actor=CUSTOMER, now=LATER)
    renewal = Renewal.objects.get()
    assert renewal.reason == "signatory_changed"
    due = {
        task.need.name
        for task in needs_of(firm_case, now=NOW).tasks
        if task.state == "customer" and not task.need.is_optional
    }
    assert due == {"authorisation", "pan", "identity"}  # the new person's own papers too
    leave(person, actor=CUSTOMER, now=LATER)
    assert Renewal.objects.count() == 1


def test_another_pan_is_seen_when_it_is_approved_and_its_companions_are_not_asked_for_twice(
    organisation, firm_case, maker, checker
):
    later = at(firm_case.rekyc_on)
    pan = checked(organisation, make=company_pan, number=documents.NEW_PAN, now=later)
    certificate = checked(organisation, make=gst, number=documents.NEW_GSTIN, now=later)
    Document.objects.filter(pk__in=(pan.pk, certificate.pk)).update(sent_at=later)
    decided(Document.objects.get(pk=pan.pk), maker, checker, later)
    assert set(Renewal.objects.values_list("reason", flat=True)) == {"period", "pan_changed"}
    assert not is_due_again(certificate, now=later)


def test_the_same_pan_again_is_no_change(individual, case, maker, checker):
    later = at(case.rekyc_on)
    new = checked(individual, now=later)
    decided(new, maker, checker, later)
    assert set(Renewal.objects.values_list("reason", flat=True)) == {"period"}


def test_many_complaints_about_one_sender_in_a_week_are_looked_at(firm_case):
    fiduciary = FiduciaryFactory()
    entity_of(fiduciary, customer=firm_case.customer)
    code = fiduciary.code
    now = clock.now()
    for number in range(11):
        message = MessageFactory(fiduciary=code)
        Delivery.objects.create(
            message=message, attempt=1, outcome="complained", happened_at=now - timedelta(hours=number)
        )
        ports.complained(fiduciary=code, at=now, subject_ref=message.subject_ref)
        assert Renewal.objects.exists() == (number == 10)
    assert Renewal.objects.get().reason == "complaints"
    Renewal.objects.update(closed_at=now)
    again = MessageFactory(fiduciary=code)
    Delivery.objects.create(message=again, attempt=1, outcome="complained", happened_at=now + timedelta(hours=1))
    ports.complained(fiduciary=code, at=now + timedelta(hours=1), subject_ref=again.subject_ref)
    assert Renewal.objects.count() == 1  # what we looked at counts no more


def test_staff_name_what_has_happened_from_a_closed_list_and_say_why(case, maker):
    staff, someone = actor.staff(maker.pk), actor.staff(StaffFactory(roles=["support"]).pk)
    with pytest.raises(Refused) as caught:
        ask_again(case, reason="period", why="I think so", actor=staff, now=NOW)
    assert caught.value.code == "EVENT"
    with pytest.raises(Refused) as caught:
        ask_again(case, reason="gstin_cancelled", why=" ", actor=staff, now=NOW)
    assert caught.value.code == "REASON"
    with pytest.raises(NotAllowed):
        ask_again(case, reason="gstin_cancelled", why="The portal says so.", actor=someone, now=NOW)
    ask_again(case, reason="gstin_cancelled", why="The portal says so.", actor=staff, now=LATER)
    renewal = Renewal.objects.get()
    assert renewal.due_on == LATER.date() + timedelta(days=14)
    event = AuditEvent.objects.get(kind="kyc.renewal.opened")
    assert event.facts["reason_code"] == "gstin_cancelled"
    assert "portal" not in str(event.facts)


def test_a_case_rated_low_is_looked_at_in_ten_years(individual, asha, maker, checker):
    rest_approved(individual)
    document = checked(individual)
    Case.objects.update(risk=Risk.LOW)
    answered(proposed(document, maker), checker)
    assert Case.objects.get().rekyc_on.year == clock.now().year + 10


def test_staff_read_what_is_still_to_come_and_what_waits_stands_first(case, maker):
    ask_again(case, reason="complaints", why="Many complaints.", actor=actor.staff(maker.pk), now=clock.now())
    desk, listed = staff_client(maker), reverse("admin:kyc_renewal_changelist")
    (row,) = Renewal.objects.all()
    page = desk.get(listed)
    assert "Waits for the customer" in page.text
    assert "Not empty" not in page.text
    assert list(desk.get(f"{listed}?closed_at__isempty=1").context["cl"].result_list) == [row]
    url = reverse("admin:kyc_renewal_change", args=[row.pk])
    desk.post(url, {"open_record": "1", "purpose": "kyc_review", "ticket": case.reference})
    shown = desk.get(url).text
    assert "PAN card: Approved (the customer&#x27;s turn" in shown
    assert "14 days before: 2 messages" in shown


def rated(case: Case, level: str, maker: User, checker: User, now: datetime) -> None:
    """Two people set the risk."""
    made = risk_ratings.propose(case, level=level, why="explained", actor=actor.staff(maker.pk), now=now)
    risk_ratings.answer(made, approve=True, actor=actor.staff(checker.pk), now=now)
    case.refresh_from_db()


def test_a_raised_risk_brings_the_next_look_forward_and_the_customer_is_told_first(case, maker, checker):
    far, now = case.rekyc_on, at(NOW.date() + timedelta(days=5 * 365))
    rated(case, Risk.HIGH, maker, checker, now)
    assert clock.day(now) < case.rekyc_on < far
    assert standing_of(case, on=clock.day(now)) == "verified"
    kyc_renewals.sweep(now=now)
    case.refresh_from_db()
    renewal = Renewal.objects.get(case=case)
    assert (renewal.reason, renewal.due_on, case.rekyc_on) == ("period", case.rekyc_on, renewal.due_on)
    assert days_told(case) == [-30]
    assert standing_of(case, on=clock.day(now)) == "expiring"


def test_a_lowered_risk_puts_the_next_look_off_and_nothing_lapses_unsaid(case, maker, checker):
    far = case.rekyc_on
    rated(case, Risk.HIGH, maker, checker, LATER)
    near = case.rekyc_on
    assert near < far
    rated(case, Risk.LOW, maker, checker, LATER + timedelta(days=1))
    assert case.rekyc_on == far
    assert standing_of(case, on=near + timedelta(days=1)) == "verified"


def test_a_risk_agreed_to_on_an_old_page_puts_no_look_off_that_came_nearer_meanwhile(case, maker, checker):
    made = risk_ratings.propose(case, level=Risk.MEDIUM, why="news", actor=actor.staff(maker.pk), now=LATER)
    opened_before = RiskProposal.objects.select_related("case").get(pk=made.pk)
    renewal = ask_again(
        Case.objects.get(), reason="complaints", why="Many wrote.", actor=actor.staff(maker.pk), now=LATER
    )
    risk_ratings.answer(opened_before, approve=True, actor=actor.staff(checker.pk), now=LATER)
    case.refresh_from_db()
    assert (case.risk, case.rekyc_on) == (Risk.MEDIUM, renewal.due_on)


def account(customer, kind, number, now):
    return checked(
        customer,
        kind=kind,
        number=number,
        data=documents.pdf(number),
        declared={"name": customer.name, "ifsc": "HDFC0000001"},
        now=now,
    )


@pytest.mark.parametrize(("number", "reasons"), [("50100012345678", []), ("50100087654321", ["bank_changed"])])
def test_another_account_is_seen_on_whichever_paper_shows_it(organisation, firm_case, maker, checker, number, reasons):
    for kind, shown, now in (("cancelled_cheque", "50100012345678", NOW), ("bank_statement", number, LATER)):
        Document.objects.filter(case=firm_case, kind=kind).update(state="replaced")
        decided(account(organisation, kind, shown, now), maker, checker, now)
    assert list(Renewal.objects.values_list("reason", flat=True)) == reasons


def test_under_insolvency_whoever_signs_now_shows_that_they_may(firm_case, same_process):
    ports.insolvent(customer=firm_case.customer_id, actor=actor.SYSTEM, at=LATER)
    renewal = Renewal.objects.get(case=firm_case, closed_at=None)
    assert renewal.reason == RenewalReason.SIGNATORY_CHANGED
    assert sender_state(subject_ref=firm_case.subject_ref, on=renewal.due_on).is_verified
    assert not sender_state(subject_ref=firm_case.subject_ref, on=renewal.due_on + timedelta(days=1)).is_verified


def test_nobody_is_asked_to_sign_for_an_organisation_that_was_dissolved(firm_case, same_process):
    customers.close(customer=firm_case.customer, actor=actor.SYSTEM, now=LATER)
    ports.insolvent(customer=firm_case.customer_id, actor=actor.SYSTEM, at=LATER)
    assert not Renewal.objects.filter(case=firm_case).exists()
