"""Several freezes of one child, by documents and by reports: one rule, whichever ends first and whoever asks."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.urls import reverse

from kyc.models import Case, MinorFound
from kyc.review.services import underage_detections
from kyc.review.services.check_runs import run_plan
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Protection, Rest
from portal.kernel.people.selectors import is_child, protection_of
from portal.kernel.people.services import customers, freeze_release, freezes, guardianships, incapacity, subjects
from portal.kernel.retention.models import ChildReport
from portal.kernel.retention.services import underage_reports
from tests.consent.factories import law_is_loaded
from tests.consent.test_turns import closing
from tests.kyc.factories import CUSTOMER, firm, paper, party_of, uploaded
from tests.kyc.test_minors import child, found  # noqa: F401 - the fixture
from tests.kyc.test_proving import offline, pinned, read_here  # noqa: F401 - a throw-away issuer, read without its child
from tests.people.factories import CustomerUserFactory, MembershipFactory, PrincipalFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.usefixtures("same_process")


@pytest.fixture(autouse=True)
def law(house):
    law_is_loaded()


def frozen_by_report(ref) -> ChildReport:
    row = underage_reports.report(
        relation="teacher",
        address="somebody@school.example",
        words="",
        reporter="",
        language="en",
        actor=actor.stranger(),
        now=clock.now(),
    )
    underage_reports.freeze(row=row, subject_ref=ref, actor=staff("support"), now=clock.now())
    return row


def staff(role: str) -> actor.Actor:
    return actor.staff(StaffFactory(roles=[role]).pk)


def agreed_no_child(report: ChildReport) -> Callable[[], None]:
    """One person proposes that a report meant no child; what is returned is another's yes."""
    one, two = staff("data_protection_officer"), staff("data_protection_officer")
    made = underage_reports.propose(row=report, outcome="adult", why="Seen by both.", actor=one, now=clock.now())
    return lambda: underage_reports.answer(decision=made, approve=True, reason="", actor=two, now=clock.now())


def agreed_to_lift(row: MinorFound) -> Callable[[], None]:
    """The same for what a document froze."""
    one, two = staff("kyc_maker"), staff("kyc_checker")
    made = underage_detections.propose_lift(row, why="The register office was wrong.", actor=one, now=clock.now())
    return lambda: underage_detections.answer_lift(made, approve=True, actor=two, now=clock.now())


def no_child(report: ChildReport) -> None:
    agreed_no_child(report)()


def lifted(row: MinorFound) -> None:
    agreed_to_lift(row)()


def found_again(row: MinorFound, **changes) -> MinorFound:
    """What another document leaves behind."""
    document = paper(changes.get("case") or row.case, "driving_licence", state="refused", party=changes.get("party"))
    given = {name: getattr(row, name) for name in ("case", "party", "found_at", "frozen_at", "stopped_at", "erased_at")}
    counts = {"told_at": row.told_at, "erased": 0, "kept": 0, "messages": 0}
    return MinorFound.objects.create(**{**given, **counts, "document": document, **changes})


def require_closed(customer, ref) -> None:
    customer.refresh_from_db()
    assert customer.state == "closed"
    assert is_child(ref, at=clock.now())


def require_open(customer, ref) -> None:
    customer.refresh_from_db()
    assert customer.state == "active"
    assert not is_child(ref, at=clock.now())
    freezes.require_not_frozen(ref)


def test_a_report_that_still_stands_keeps_closed_what_a_document_closed(found, asha, individual):  # noqa: F811
    ref = asha.principal.subject.ref
    report = frozen_by_report(ref)
    lifted(found)
    require_closed(individual, ref)
    assert Case.objects.get().frozen_at is not None
    assert is_child(ref, at=clock.now() + timedelta(days=3)), "the day that the document showed counts no more"
    no_child(report)
    require_open(individual, ref)
    case = Case.objects.get()
    assert (case.frozen_at, case.state) == (None, "open")


def test_a_document_that_still_stands_keeps_closed_what_a_report_closed(individual, asha):
    ref = asha.principal.subject.ref
    paid = customers.create(kind="individual", name="Asha Rao", owner=asha.principal, actor=CUSTOMER)
    sent = offline(individual, child(), make=uploaded)
    report = frozen_by_report(ref)
    run_plan(sent.pk, now=clock.now())
    found_later = MinorFound.objects.get()
    no_child(report)
    for account in (individual, paid):
        require_closed(account, ref)
    lifted(found_later)
    for account in (individual, paid):
        require_open(account, ref)


def test_of_two_documents_of_one_child_the_last_that_is_lifted_opens_the_account(found, asha, individual):  # noqa: F811
    ref, other = asha.principal.subject.ref, found_again(found)
    lifted(found)
    require_closed(individual, ref)
    assert Case.objects.get().frozen_at is not None
    lifted(other)
    require_open(individual, ref)
    assert Case.objects.get().frozen_at is None


def test_a_document_behind_an_organisation_keeps_the_childs_own_account_closed(found, asha, individual, house):  # noqa: F811
    ref = asha.principal.subject.ref
    party = party_of(firm(), principal=asha.principal, ended_at=clock.now())
    behind = found_again(found, case=party.case, party=party)
    lifted(found)
    require_closed(individual, ref)
    lifted(behind)
    require_open(individual, ref)
    assert not Case.objects.exclude(frozen_at=None).exists()


def test_of_two_reports_of_one_child_the_last_that_is_decided_gives_back(individual, asha):
    ref = asha.principal.subject.ref
    first, second = frozen_by_report(ref), frozen_by_report(ref)
    no_child(first)
    require_closed(individual, ref)
    no_child(second)
    require_open(individual, ref)


@pytest.mark.django_db(transaction=True)
def test_two_freezes_that_end_at_once_give_back_what_they_took(individual, asha, monkeypatch):
    """Both meet where each has ended and asks what else stands: without the person's turn each finds the other (PostgreSQL)."""
    ref, end, both_ended = asha.principal.subject.ref, freeze_release.end, threading.Barrier(2)
    offline(individual, child())
    acts = [agreed_to_lift(MinorFound.objects.get()), agreed_no_child(frozen_by_report(ref))]

    def met(**given):
        with suppress(threading.BrokenBarrierError):  # the other waits for its turn, as it should
            both_ended.wait(timeout=2)
        end(**given)

    monkeypatch.setattr(freeze_release, "end", met)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for ended in [pool.submit(closing, act) for act in acts]:
            ended.result()
    require_open(individual, ref)
    assert Case.objects.get().frozen_at is None


def test_a_freeze_that_ends_leaves_the_guardian_whom_a_court_appointed(found, asha):  # noqa: F811
    ref = asha.principal.subject.ref
    guardianships.protect(subject_ref=ref, kind="guarded", ground="order", actor=CUSTOMER, now=clock.now())
    lifted(found)
    assert protection_of(ref, at=clock.now()).kind == "guarded"


def test_an_account_that_was_closed_before_stays_closed_when_the_freeze_ends(individual, asha):
    document = offline(individual, child(), make=uploaded)
    customers.close(customer=individual, actor=CUSTOMER)
    run_plan(document.pk, now=clock.now())
    lifted(MinorFound.objects.get())
    individual.refresh_from_db()
    assert individual.state == "closed"
    assert not is_child(asha.principal.subject.ref, at=clock.now())


def at_rest(ref) -> Rest:
    row = incapacity.note(
        subject_ref=ref, cause="death", because="grievances.ticket:1", actor=actor.SYSTEM, now=clock.now()
    )
    incapacity.put_to_rest(row=row, actor=actor.SYSTEM, now=clock.now())
    return row


def test_a_report_of_a_death_that_was_wrong_opens_no_account_of_a_frozen_child(individual, asha):
    ref = asha.principal.subject.ref
    rest = at_rest(ref)
    report = frozen_by_report(ref)
    incapacity.lift(row=rest, actor=actor.SYSTEM, now=clock.now())
    require_closed(individual, ref)
    no_child(report)
    require_open(individual, ref)


def test_a_freeze_that_ends_opens_no_account_of_somebody_at_rest(individual, asha):
    ref = asha.principal.subject.ref
    report = frozen_by_report(ref)
    rest = at_rest(ref)
    no_child(report)
    individual.refresh_from_db()
    assert individual.state == "closed"
    assert not is_child(ref, at=clock.now())
    incapacity.lift(row=rest, actor=actor.SYSTEM, now=clock.now())
    require_open(individual, ref)


def test_a_report_that_ends_first_leaves_the_day_that_the_document_showed(individual, asha):
    ref = asha.principal.subject.ref
    sent = offline(individual, child(), make=uploaded)
    report = frozen_by_report(ref)
    run_plan(sent.pk, now=clock.now())
    no_child(report)
    note = protection_of(ref, at=clock.now())
    assert (note.ground, note.adult_on) == ("document", clock.day(clock.now()) + timedelta(days=1))


def test_a_day_that_one_person_stated_before_does_not_end_the_protection_of_a_frozen_child(individual, asha):
    ref, later = asha.principal.subject.ref, clock.now() + timedelta(days=3)
    guardianships.protect(
        subject_ref=ref,
        kind="child",
        ground="document",
        born_on=eighteen_tomorrow(),
        actor=CUSTOMER,
        now=clock.now(),
    )
    report = frozen_by_report(ref)
    assert is_child(ref, at=later)
    no_child(report)
    require_open(individual, ref)


def test_the_day_that_a_signed_document_showed_stays_when_a_report_comes_later(found, asha):  # noqa: F811
    ref = asha.principal.subject.ref
    before = Protection.objects.values().get()
    frozen_by_report(ref)
    assert Protection.objects.values().get() == before


@pytest.fixture(params=["document", "report"])
def frozen(request, individual, asha):
    """Asha, frozen by either."""
    if request.param == "document":
        request.getfixturevalue("found")
    else:
        frozen_by_report(asha.principal.subject.ref)
    individual.refresh_from_db()
    return asha


def eighteen_tomorrow():
    today = clock.day(clock.now()) + timedelta(days=1)
    return today.replace(year=today.year - 18)


def test_the_services_do_nothing_by_one_person_while_a_freeze_stands(frozen, individual):
    ref = frozen.principal.subject.ref
    note, by = protection_of(ref, at=clock.now()), {"actor": CUSTOMER, "now": clock.now()}
    for act in (
        lambda: guardianships.end(protection=note, **by),
        lambda: guardianships.end_all(subject_ref=ref, **by),
        lambda: customers.reopen(customer=individual, **by),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "TWO_PEOPLE"
    require_closed(individual, ref)


@pytest.mark.parametrize("ground", ["declared", "reported", "document"])
def test_nobody_alone_says_when_a_frozen_child_comes_of_age(frozen, ground):
    ref, now = frozen.principal.subject.ref, clock.now()
    said = {"kind": "child", "ground": ground, "born_on": eighteen_tomorrow(), "actor": CUSTOMER, "now": now}
    before = Protection.objects.values().get()
    with pytest.raises(Refused) as refusal:
        guardianships.protect(subject_ref=ref, **said)
    assert refusal.value.code == "TWO_PEOPLE"
    assert Protection.objects.values().get() == before


def test_a_child_under_another_reference_is_frozen_as_well(frozen, individual):
    twin = PrincipalFactory()
    subjects.join(old_ref=twin.subject.ref, new_ref=frozen.principal.subject.ref, actor=actor.SYSTEM, now=clock.now())
    born = eighteen_tomorrow()
    with pytest.raises(Refused) as refusal:
        guardianships.protect(
            subject_ref=twin.subject.ref,
            kind="child",
            ground="declared",
            born_on=born,
            actor=CUSTOMER,
            now=clock.now(),
        )
    assert refusal.value.code == "TWO_PEOPLE"


def test_a_frozen_child_may_say_itself_that_it_is_one_and_gets_a_guardian(frozen):
    ref, before = frozen.principal.subject.ref, Protection.objects.values().get()
    by = {"actor": CUSTOMER, "now": clock.now()}
    guardianships.protect(subject_ref=ref, kind="child", ground="declared", **by)
    assert Protection.objects.values().get() == before
    assert guardianships.protect(subject_ref=ref, kind="guarded", ground="order", **by).ended_at is None


def test_the_pages_of_staff_change_nothing_of_a_frozen_child(frozen, individual):
    desk = staff_client(StaffFactory(roles=["data_protection_officer", "support", "administrator"]))
    before = Protection.objects.values().get()
    person, born = frozen.principal_id, eighteen_tomorrow().isoformat()
    protect = reverse("admin:people_principal_do_one", args=[person, "protect"])
    page = desk.post(protect, {"answer": "1", "kind": "child", "ground": "declared", "born_on": born})
    assert "two people end that freeze" in page.text
    for act in (
        reverse("admin:people_principal_do_one", args=[person, "unprotect"]),
        reverse("admin:people_customer_do_one", args=[individual.pk, "reopen"]),
    ):
        assert "two people end that freeze" in desk.post(act, {"answer": "1"}).text
    assert Protection.objects.values().get() == before
    individual.refresh_from_db()
    assert individual.state == "closed"


def test_no_person_alone_opens_the_shop_of_a_frozen_child_whatever_kind_of_account_it_is(house):
    shop = firm("proprietor")
    owner = CustomerUserFactory(email="boss@acme.example", member_of=shop)
    offline(shop, child())
    shop.refresh_from_db()
    assert (shop.kind, shop.state) == ("organisation", "closed")
    with pytest.raises(Refused) as refusal:
        customers.reopen(customer=shop, actor=CUSTOMER)
    assert refusal.value.code == "TWO_PEOPLE"
    desk = staff_client(StaffFactory(roles=["data_protection_officer", "support", "administrator"]))
    desk.post(reverse("admin:people_customer_do_one", args=[shop.pk, "reopen"]), {"answer": "1"})
    shop.refresh_from_db()
    assert shop.state == "closed"
    report = frozen_by_report(owner.principal.subject.ref)
    lifted(MinorFound.objects.get())
    with pytest.raises(Refused):
        customers.reopen(customer=shop, actor=CUSTOMER)
    no_child(report)
    require_open(shop, owner.principal.subject.ref)


def test_an_organisation_opens_again_without_asking_who_of_its_people_is_frozen(frozen):
    company = firm()
    MembershipFactory(customer=company, principal=frozen.principal)
    customers.close(customer=company, actor=CUSTOMER)
    customers.reopen(customer=company, actor=CUSTOMER)
    assert company.state == "active"
