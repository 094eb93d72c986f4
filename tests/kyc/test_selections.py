"""The query by which an incident finds the people whose documents we had."""

from datetime import timedelta

import pytest

from kyc.incident_queries import WithDocuments
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Membership
from tests.kyc.factories import checked
from tests.people.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("asked", ["PAN card", "pan card", "pan_card", "PAN_CARD", " PAN  card "])
def test_a_kind_is_known_by_its_name_and_its_code(asked):
    assert WithDocuments().known(asked) == "pan_card"


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(Refused, match="PAN card"):
        WithDocuments().known("library card")


def test_who_left_the_customer_after_the_span_is_found(individual):
    document = checked(individual)
    member = MembershipFactory(
        customer=document.case.customer,
        joined_at=document.uploaded_at - timedelta(days=900),
        ended_at=document.uploaded_at + timedelta(days=1),
    )
    since, until = document.uploaded_at - timedelta(days=1), document.uploaded_at + timedelta(days=1)
    assert Membership.objects.filter(pk=member.pk, ended_at=None).count() == 0
    found = set(WithDocuments().refs(since=since, until=until, of="pan_card"))
    assert member.principal.subject.ref in found
    assert member.principal.subject.ref not in set(WithDocuments().refs(since=None, until=None, of="pan_card"))
