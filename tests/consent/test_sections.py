"""What leaves with a person's own data, and what goes when they are erased."""

from datetime import timedelta

import pytest

from consent.erasers import Wishes
from consent.models import ConsentState, Preference
from consent.sections import ConsentSection
from consent.services import preferring
from consent.services.preferring import WishList
from portal.core import actor, clock
from portal.people.services import subjects
from tests.consent.factories import ASHA_PHONE, person, published_notice, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha(law):
    published_notice()
    asha = person()
    said(asha, "withdrawn")
    preferring.change(subject_ref=asha.subject.ref, wishes=WishList(language="mr"), actor=actor.SYSTEM)
    return asha


def test_a_bundle_holds_every_answer_and_wish_of_the_person_and_of_nobody_else(asha):
    ravi = person(email="ravi@acme.example", phone="+919811112222")
    said(ravi, "given")
    records = ConsentSection().collect(subject_refs=[asha.subject.ref])
    assert [record.get("answer") for record in records] == ["Withdrawn", None]
    assert records[1]["language"] == "mr"
    assert ASHA_PHONE not in str(records)


def test_erasing_ends_the_wishes_and_keeps_the_no(asha):
    eraser, later = Wishes(), clock.now() + timedelta(days=9000)
    assert list(eraser.kept(before=later)) == []
    assert eraser.erase(subject_ref=asha.subject.ref, before=later) == 0
    subjects.end(asha.subject, now=clock.now())
    assert [kept.subject_ref for kept in eraser.kept(before=later)] == [asha.subject.ref]
    assert eraser.erase(subject_ref=asha.subject.ref, before=None) == 1
    assert eraser.erase(subject_ref=asha.subject.ref, before=None) == 0
    assert not Preference.objects.exists()
    assert ConsentState.objects.get().answer == "withdrawn"
