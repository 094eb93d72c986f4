"""Merging two persons: both histories stay, the stricter word counts; a number that belongs to somebody else starts anew."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent
from consent.records.services.projection import rebuild
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people import selectors as people
from portal.kernel.people.models import MergeProposal, Principal
from portal.kernel.people.services import person_merge
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
OTHER = "+919811112222"


@pytest.fixture(autouse=True)
def notice(law: Any) -> None:
    published_notice()


@pytest.fixture
def maker() -> Any:
    return actor.staff(StaffFactory(roles=["support"]).pk)


@pytest.fixture
def checker() -> Any:
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


def merged(old: Principal, new: Principal, maker: Any, checker: Any) -> MergeProposal:
    proposal = person_merge.propose(old=old, new=new, why="Both letters came together", actor=maker, now=clock.now())
    person_merge.answer(proposal=proposal, approve=True, reason="", actor=checker, now=clock.now())
    return proposal


def may(address: str = ASHA_PHONE) -> bool:
    return bool(may_contact(address=address, purpose="marketing", channel="sms", at=at_hour(12)).allowed)


@pytest.mark.parametrize("no", ["denied", "withdrawn"])
def test_an_older_no_of_the_one_ends_a_later_yes_of_the_other_at_another_address(
    no: str, maker: Any, checker: Any
) -> None:
    refuses, agrees = person(email="before@acme.example", phone=OTHER), person()
    if no == "withdrawn":
        said(refuses, "given", occurred_at=clock.now() - timedelta(days=2))
    said(refuses, no, occurred_at=clock.now() - timedelta(days=1))
    said(agrees, "given")
    assert may()
    before = set(ConsentEvent.objects.values_list("pk", flat=True))
    merged(refuses, agrees, maker, checker)
    assert not may()
    assert not may(OTHER)
    new = ConsentEvent.objects.exclude(pk__in=before).get()
    assert (new.answer, new.way, new.subject_ref) == ("expired", "merged", agrees.subject.ref)
    assert before < set(ConsentEvent.objects.values_list("pk", flat=True)), "no history is lost"
    assert rebuild(actor=actor.SYSTEM).mended == 0


def test_it_does_not_matter_which_record_is_merged_into_which(maker: Any, checker: Any) -> None:
    refuses, agrees = person(email="before@acme.example", phone=OTHER), person()
    said(refuses, "denied", occurred_at=clock.now() - timedelta(days=1))
    said(agrees, "given")
    merged(agrees, refuses, maker, checker)
    assert not may()


def test_where_nobody_said_no_a_yes_stays(maker: Any, checker: Any) -> None:
    silent, agrees = person(email="before@acme.example", phone=OTHER), person()
    said(agrees, "given")
    merged(silent, agrees, maker, checker)
    assert may()
    assert people.refs_of(agrees.subject.ref) == {agrees.subject.ref, silent.subject.ref}
    assert set(Principal.objects.values_list("pk", flat=True)) >= {silent.pk, agrees.pk}, "both records stay"


def test_nothing_is_merged_before_another_person_agrees(maker: Any, checker: Any) -> None:
    one, two = person(email="before@acme.example", phone=OTHER), person()
    proposal = person_merge.propose(old=one, new=two, why="Same person", actor=maker, now=clock.now())
    assert two.subject.ref not in people.refs_of(one.subject.ref)
    with pytest.raises(NotAllowed):
        person_merge.answer(proposal=proposal, approve=True, reason="", actor=maker, now=clock.now())
    person_merge.answer(proposal=proposal, approve=True, reason="", actor=checker, now=clock.now())
    assert two.subject.ref in people.refs_of(one.subject.ref)
    assert AuditEvent.objects.filter(kind="people.merge.answered").count() == 1
    with pytest.raises(Refused) as refused:
        person_merge.propose(old=two, new=one, why="Same person", actor=maker, now=clock.now())
    assert refused.value.code == "JOINED_ALREADY"


@pytest.mark.parametrize(("why", "code"), [(" ", "REASON_MISSING"), ("asha@acme.example wrote", "NUMBER_IN_WORDS")])
def test_a_merging_says_how_it_is_known_and_names_nobody(why: str, code: str, maker: Any) -> None:
    with pytest.raises(Refused) as refused:
        person_merge.propose(old=PrincipalFactory(), new=PrincipalFactory(), why=why, actor=maker, now=clock.now())
    assert refused.value.code == code


def test_a_number_that_belongs_to_somebody_else_starts_without_a_yes(maker: Any) -> None:
    asha = person()
    said(asha, "given")
    assert may()
    assert reassigned(asha, "98765 43210", maker) == 1
    assert not may()
    stranger = PrincipalFactory(phone=ASHA_PHONE)
    assert not may(), "the new person starts at no"
    said(stranger, "given")
    assert may(), "and may say yes"
    assert asha.contact_points.get(kind="email").left_at is None


def reassigned(holder: Any, address: str, maker: Any, why: str = "The operator gave it out again") -> int:
    return person_merge.reassign(holder=holder, kind="phone", address=address, why=why, actor=maker, now=clock.now())


@pytest.mark.parametrize(
    ("why", "code"),
    [("Given out again", "NOT_THEIRS"), (" ", "REASON_MISSING"), ("call 9876543210", "NUMBER_IN_WORDS")],
)
def test_only_an_address_of_this_very_person_is_reassigned_and_with_a_reason(maker: Any, why: str, code: str) -> None:
    asha, ravi = person(), person(email="ravi@acme.example", phone=OTHER)
    said(ravi, "given", address=OTHER)
    with pytest.raises(Refused) as refused:
        reassigned(asha, OTHER, maker, why)
    assert refused.value.code == code
    assert ravi.contact_points.get(kind="phone").left_at is None


def test_staff_merge_and_reassign_on_the_pages_of_a_person() -> None:
    one, two = person(email="before@acme.example", phone=OTHER), person()
    browser = staff_client(StaffFactory(roles=["support"]))
    url = reverse("admin:people_principal_do_one", args=[two.pk, "propose-merge"])
    browser.post(url, {"answer": "1", "other": one.pk, "why": "Both letters came together"})
    other = staff_client(StaffFactory(roles=["grievance_officer"]))
    url = reverse("admin:people_mergeproposal_do_one", args=[MergeProposal.objects.get().pk, "answer-merge"])
    assert "Approved" in other.post(url, {"answer": "1", "decision": "approve"}).text
    assert two.subject.ref in people.refs_of(one.subject.ref)
    url = reverse("admin:people_principal_do_one", args=[two.pk, "reassign-address"])
    assert (
        "so many people: 1" in browser.post(url, {"answer": "1", "address": ASHA_PHONE, "why": "Given out again"}).text
    )
