from decimal import Decimal

import pytest

from kyc.models import Document, Holding, Party
from kyc.needs import needs_of, ownership_of
from kyc.services import add_organisation, add_person, leave, own, run_plan
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.errors import IllegalMove, Refused
from portal.people.models import Principal
from portal.people.selectors import refs_of
from portal.vault.models import StoredFile
from tests.kyc.factories import CUSTOMER, NOW, firm, rest_approved, uploaded

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


def test_who_leaves_takes_shares_and_unsent_files_along_and_the_case_is_asked_anew():
    customer = firm()
    rest_approved(customer, but=())
    case = customer.kyc
    party = person(case, "Uma Devi")
    document = uploaded(customer, party=party)
    run_plan(document.pk, now=clock.now())
    assert {task.state for task in needs_of(case, now=NOW).tasks if task.party == party} == {"customer"}
    leave(party, actor=CUSTOMER, now=NOW)
    document.refresh_from_db()
    case.refresh_from_db()
    assert (document.state, case.state) == ("replaced", "approved")
    assert (document.kept, document.number_sealed, document.number_display) == (None, None, "")
    assert not StoredFile.objects.filter(subject_ref=party.subject_ref).exists()
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
