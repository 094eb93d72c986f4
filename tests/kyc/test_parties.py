from decimal import Decimal

import pytest

from kyc.cases.outstanding_items import needs_of, ownership_of
from kyc.cases.selectors import to_review
from kyc.models import Document, Holding, Party
from kyc.review.services.check_runs import run_plan
from kyc.review.services.related_parties import add_organisation, add_person, leave, own, say_nobody_else, set_shares
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.people.models import Principal
from portal.kernel.people.selectors import refs_of
from portal.kernel.vault.models import StoredFile
from tests.kyc.factories import CUSTOMER, NOW, checked, firm, proposed, rest_approved, uploaded

pytestmark = pytest.mark.usefixtures("house", "same_process")


@pytest.fixture
def case(house):
    return firm("company").kyc


def person(case, name="Ravi Kumar", roles=("signatory",), **changes):
    return add_person(case, full_name=name, roles=roles, **changes, actor=CUSTOMER, now=NOW)


def test_a_person_is_a_principal_with_a_reference_joined_to_their_own_and_no_name_in_evidence(case):
    party = person(case, roles=["signatory", "director"])
    assert (party.is_signatory, party.is_director, party.principal.full_name) == (True, True, "Ravi Kumar")
    assert party.subject_ref in refs_of(party.principal.subject)
    event = AuditEvent.objects.get(kind="kyc.party.changed")
    assert event.subject_ref == party.subject_ref
    assert "Ravi" not in f"{event.about} {event.facts}"


def test_owners_are_followed_through_organisations_to_people(case):
    holding = add_organisation(case, name="Holding Ltd", percent=Decimal(60), actor=CUSTOMER, now=NOW)
    asha = person(case, "Asha Rao", ["owner"], percent=Decimal(50), held=holding)
    uma = person(case, "Uma Devi", ["owner"], percent=Decimal(40))
    assert ownership_of(case, now=NOW).percents == {asha.pk: 30, uma.pk: 40}
    own(asha, percent=Decimal(100), held=holding, actor=CUSTOMER, now=NOW)
    assert ownership_of(case, now=NOW).percents == {asha.pk: 60, uma.pk: 40}
    assert Holding.objects.filter(owner=asha).count() == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "  "}, "NAME"),
        ({"name": "Arjun Verma 2341 2341 2346"}, "NUMBER_IN_NAME"),
        ({"roles": []}, "ROLE"),
        ({"roles": ["king"]}, "ROLE"),
        ({"roles": ["owner"]}, "PERCENT"),
        ({"percent": Decimal(5)}, "PERCENT"),
        ({"roles": ["owner"], "percent": Decimal(0)}, "PERCENT"),
        ({"roles": ["owner"], "percent": Decimal("100.01")}, "PERCENT"),
    ],
)
def test_what_is_not_whole_is_refused_and_nobody_is_made_of_it(case, changes, code):
    before = Principal.objects.count()
    with pytest.raises(Refused) as caught:
        person(case, **changes)
    assert caught.value.code == code
    assert (Principal.objects.count(), Party.objects.count()) == (before, 0)


def test_a_share_in_a_person_or_in_somebody_elses_organisation_is_none(case):
    ravi, other = person(case), firm("company").kyc
    foreign = add_organisation(other, name="Other Ltd", percent=Decimal(10), actor=CUSTOMER, now=NOW)
    for held in (ravi, foreign):
        with pytest.raises(Refused):
            person(case, "Asha Rao", ["owner"], percent=Decimal(10), held=held)
    assert Party.objects.filter(case=case).get() == ravi


def test_the_same_person_stands_on_the_list_once(case):
    party = person(case)
    with pytest.raises(Refused) as caught:
        person(case, principal=party.principal)
    assert caught.value.code == "ALREADY"


def test_a_government_office_has_no_owners():
    with pytest.raises(Refused):
        person(firm("government").kyc, roles=["owner"], percent=Decimal(10))


def test_who_leaves_takes_shares_and_unsent_files_along_and_the_case_is_asked_anew(django_capture_on_commit_callbacks):
    customer = firm()
    rest_approved(customer, but=())
    case = customer.kyc
    party = person(case, "Uma Devi")
    document = uploaded(customer, party=party)
    run_plan(document.pk, now=clock.now())
    assert {task.state for task in needs_of(case, now=NOW).tasks if task.party == party} == {"customer"}
    with django_capture_on_commit_callbacks(execute=True):
        leave(party, actor=CUSTOMER, now=NOW)
    document.refresh_from_db()
    case.refresh_from_db()
    assert (document.state, case.state) == ("removed", "approved")
    assert (document.kept, document.number_sealed, document.number_display) == (None, None, "")
    assert not StoredFile.objects.filter(subject_ref=party.subject_ref, shredded_at=None).exists()
    with pytest.raises(IllegalMove):
        leave(party, actor=CUSTOMER, now=NOW)
    with pytest.raises(Refused):
        uploaded(customer, party=party)


def test_the_last_signatory_who_leaves_gives_the_customer_the_turn():
    customer = firm()
    rest_approved(customer, but=())
    (party,) = customer.kyc.parties.all()
    leave(party, actor=CUSTOMER, now=NOW)
    assert {one.role for one in needs_of(customer.kyc, now=NOW).lacking} == {"signatory", "owner"}
    assert not Holding.objects.filter(ended_at=None).exists()
    assert Document.objects.filter(party=party, state="approved").exists()


def test_who_leaves_takes_papers_along_that_nobody_has_decided_about_and_the_queue_shows_none(maker):
    customer = firm()
    rest_approved(customer, but=())
    party = person(customer.kyc, "Uma Devi")
    waiting = checked(customer, party=party)
    decision = proposed(waiting, maker, outcome="ask_again", reason_code="unreadable", message="Again.", note="Dark.")
    leave(party, actor=CUSTOMER, now=NOW)
    waiting.refresh_from_db()
    decision.refresh_from_db()
    assert (waiting.state, waiting.kept, decision.note_sealed) == ("removed", None, None)
    assert not to_review(at=clock.now()).exists()


def test_a_customer_says_in_so_many_words_that_nobody_else_is_an_owner_and_a_new_share_ends_it(case):
    person(case, "Uma Devi", ["owner"], percent=Decimal(40))
    assert [one.role for one in needs_of(case, now=NOW).lacking if one.leaves_room] == ["owner"]
    say_nobody_else(case, actor=CUSTOMER, now=NOW)
    assert "owner" not in [one.role for one in needs_of(case, now=NOW).lacking]
    assert (
        AuditEvent.objects.filter(kind="kyc.party.changed", facts__type="nobody_else").get().actor_ref == CUSTOMER.ref
    )
    person(case, "Asha Rao", ["owner"], percent=Decimal(20))
    case.refresh_from_db()
    assert "owner" in [one.role for one in needs_of(case, now=NOW).lacking]


def test_nothing_is_said_about_owners_where_the_shares_cannot_be_right_or_none_are_asked_for(case):
    for name in ("Uma Devi", "Asha Rao"):
        person(case, name, ["owner"], percent=Decimal(60))
    for one in (case, firm("government").kyc):
        with pytest.raises(Refused):
            say_nobody_else(one, actor=CUSTOMER, now=NOW)
        one.refresh_from_db()
        assert one.nobody_else_at is None


def test_an_organisation_has_no_number_of_a_paper_in_its_name(case):
    with pytest.raises(Refused) as caught:
        add_organisation(case, name="Holding ABCPR1234K", percent=Decimal(10), actor=CUSTOMER, now=NOW)
    assert (caught.value.code, Party.objects.count()) == ("NUMBER_IN_NAME", 0)


def test_a_share_is_changed_and_its_owner_keeps_their_place_and_papers(case):
    uma = person(case, "Uma Devi", ["owner", "signatory"], percent=Decimal(60))
    holding = add_organisation(case, name="Holding Ltd", percent=Decimal(40), actor=CUSTOMER, now=NOW)
    document = uploaded(case.customer, party=uma)
    say_nobody_else(case, actor=CUSTOMER, now=NOW)
    set_shares(uma, {None: Decimal(20), holding: Decimal(50)}, actor=CUSTOMER, now=NOW)
    assert ownership_of(case, now=NOW).percents == {uma.pk: 40}
    document.refresh_from_db()
    case.refresh_from_db()
    assert (document.state, case.nobody_else_at) == ("received", None)
    set_shares(uma, {None: None, holding: Decimal(50)}, actor=CUSTOMER, now=NOW)
    assert [(one.held, one.percent) for one in uma.holdings.filter(ended_at=None)] == [(holding, Decimal(50))]
    notes = AuditEvent.objects.filter(kind="kyc.party.changed", about=f"kyc.party:{uma.reference}").order_by("pk")
    assert [note.facts["type"] for note in notes] == ["added", "owns", "owns", "owns", "sold"]


@pytest.mark.parametrize(
    ("shares", "code"), [({None: None}, "SHARE"), ({None: Decimal(0)}, "SHARE"), ({None: Decimal(101)}, "PERCENT")]
)
def test_shares_that_cannot_be_are_refused_and_the_old_ones_stay(case, shares, code):
    uma = person(case, "Uma Devi", ["owner"], percent=Decimal(60))
    with pytest.raises(Refused) as caught:
        set_shares(uma, shares, actor=CUSTOMER, now=NOW)
    assert caught.value.code == code
    assert uma.holdings.get(ended_at=None).percent == 60


def test_who_signs_too_may_sell_everything_and_who_left_owns_nothing_new(case):
    ravi = person(case, "Ravi Kumar", ["owner", "signatory"], percent=Decimal(60))
    set_shares(ravi, {None: None}, actor=CUSTOMER, now=NOW)
    assert not ravi.holdings.filter(ended_at=None).exists()
    leave(ravi, actor=CUSTOMER, now=NOW)
    with pytest.raises(IllegalMove):
        set_shares(ravi, {None: Decimal(10)}, actor=CUSTOMER, now=NOW)
