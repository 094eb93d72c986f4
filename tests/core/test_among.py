"""Looking for many values at once finds what looking for each would."""

import uuid

import pytest
from django.db.models import Q

from portal.kernel.people.models import ContactPoint, Subject
from tests.consent.factories import person

pytestmark = pytest.mark.django_db


def test_hashes_and_references_are_found_among_others():
    held = person()
    person(email="ravi@example.com", phone="+919811111111")
    keys = frozenset(ContactPoint.objects.filter(principal=held).values_list("address_key", flat=True))
    wanted = frozenset(map(bytes, keys)) | {b"\x01" * 33}
    assert set(ContactPoint.objects.filter(address_key__among=wanted)) == set(held.contact_points.all())
    refs = frozenset({held.subject.ref, uuid.uuid4()})
    assert Subject.objects.get(ref__among=refs) == held.subject
    assert Subject.objects.get(Q(ref__among=refs) | Q(ref__among=frozenset({uuid.uuid4()}))) == held.subject
    assert not Subject.objects.filter(ref__among=frozenset()).exists()


def test_it_combines_with_other_conditions_and_negation():
    held = person()
    refs = frozenset({held.subject.ref})
    assert Subject.objects.exclude(ref__among=refs).filter(pk=held.subject.pk).count() == 0
    assert Subject.objects.filter(ref__among=refs, kind="principal").count() == 1


def test_codes_of_ours_stand_in_the_statement_and_nothing_else_does():
    held = person()
    found = Subject.objects.filter(kind__one_of={"principal", "customer"}, pk=held.subject.pk)
    assert found.get() == held.subject
    assert "IN ('customer', 'principal')" in str(found.query)
    assert not Subject.objects.filter(kind__one_of=["customer"], pk=held.subject.pk).exists()
    for wrong in ([], ["x' OR 1=1 --"], ["principal", "Robert'); DROP TABLE students"]):
        with pytest.raises(ValueError, match="codes of ours"):
            Subject.objects.filter(kind__one_of=wrong).exists()
