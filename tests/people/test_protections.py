"""Who cannot answer alone: children until their birthday, others until it is ended."""

from datetime import date, timedelta

import pytest

from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import personal_of
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.ledger.services import payload_of
from portal.kernel.people import selectors
from portal.kernel.people.data_copy_sections import PeopleSection
from portal.kernel.people.erasure import Accounts
from portal.kernel.people.models import Protection
from portal.kernel.people.services import guardianships, subjects
from tests.consent.factories import law_is_loaded
from tests.people.factories import PrincipalFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


def ref():
    return PrincipalFactory().subject.ref


def protect(subject_ref, kind="child", **changes):
    usual = {"ground": "declared", "actor": actor.SYSTEM, "now": clock.now()}
    return guardianships.protect(subject_ref=subject_ref, kind=kind, **{**usual, **changes})


def birthday(years):
    today = clock.day(clock.now())
    return date(today.year - years, 1, 15)


def test_a_person_of_whom_nothing_is_known_answers_alone():
    subject_ref = ref()
    assert not selectors.is_child(subject_ref, at=clock.now())
    assert selectors.protection_of(subject_ref, at=clock.now()) is None


def test_a_child_is_one_until_the_birthday_that_makes_of_age_and_the_day_of_birth_is_not_kept():
    subject_ref, born = ref(), birthday(17)
    row = protect(subject_ref, born_on=born)
    assert row.adult_on == date(born.year + 18, 1, 15)
    assert selectors.is_child(subject_ref, at=clock.now())
    of_age = clock.now().replace(year=row.adult_on.year, month=1, day=16)
    assert not selectors.is_child(subject_ref, at=of_age)
    assert born not in Protection.objects.values_list("adult_on", flat=True)


def test_who_is_of_age_is_not_noted_as_a_child():
    with pytest.raises(Refused) as refusal:
        protect(ref(), born_on=birthday(19))
    assert refusal.value.code == "OF_AGE"
    assert not Protection.objects.exists()


def test_it_holds_from_when_it_was_noted_and_ends_when_it_was_ended():
    subject_ref, now = ref(), clock.now()
    row = protect(subject_ref, now=now - timedelta(days=2))
    guardianships.end(protection=row, actor=actor.SYSTEM, now=now - timedelta(days=1))
    asked = [selectors.is_child(subject_ref, at=now - timedelta(hours=hours)) for hours in (60, 36, 12)]
    assert asked == [False, True, False]
    with pytest.raises(IllegalMove):
        guardianships.end(protection=row, actor=actor.SYSTEM, now=now)


def test_noting_it_again_adds_what_is_learnt_and_no_second_row():
    subject_ref = ref()
    protect(subject_ref)
    protect(subject_ref)
    row = protect(subject_ref, ground="document", born_on=birthday(12))
    assert Protection.objects.get() == row
    assert (row.ground, row.adult_on.year) == ("document", birthday(12).year + 18)
    assert AuditEvent.objects.filter(kind="people.protection.noted").count() == 2


def test_a_guardian_is_no_childhood_and_a_child_comes_first():
    subject_ref = ref()
    protect(subject_ref, kind="guarded", ground="order")
    assert not selectors.is_child(subject_ref, at=clock.now())
    protect(subject_ref)
    assert selectors.protection_of(subject_ref, at=clock.now()).kind == "child"


def test_a_child_known_by_two_references_is_one_under_both():
    one, other = ref(), ref()
    protect(one)
    subjects.join(old_ref=one, new_ref=other, actor=actor.SYSTEM, now=clock.now())
    assert selectors.is_child(other, at=clock.now())


def test_why_stands_in_the_erasable_part_of_the_audit_event_only():
    protect(ref(), kind="guarded", ground="order")
    event = AuditEvent.objects.get(kind="people.protection.noted")
    assert personal_of(event)["values"]["kind"] == "guarded"
    assert "guarded" not in str(payload_of(event.entry)) + str(event.facts)


def test_erasing_the_person_erases_it_and_before_that_they_are_told():
    principal = PrincipalFactory()
    protect(principal.subject.ref)
    told = PeopleSection().collect(subject_refs=[principal.subject.ref])
    assert told[0]["somebody_else_answers"][0]["why"] == "Under 18"
    Accounts().erase(subject_ref=principal.subject.ref, before=None)
    assert not Protection.objects.exists()


def test_a_word_never_takes_the_place_of_what_a_document_shows():
    subject_ref = ref()
    row = protect(subject_ref, ground="document", born_on=birthday(12))
    for ground in ("declared", "reported"):
        protect(subject_ref, ground=ground, born_on=birthday(17))
    protect(subject_ref, ground="document", born_on=birthday(14))
    assert Protection.objects.get() == row
    row.refresh_from_db()
    assert (row.ground, row.adult_on.year) == ("document", birthday(12).year + 18)
    protect(subject_ref, ground="document", born_on=birthday(11))
    row.refresh_from_db()
    assert row.adult_on.year == birthday(11).year + 18


@pytest.mark.parametrize("born_on", [birthday(17), None])
def test_a_document_takes_the_place_of_a_word_with_the_day_that_it_shows_or_without_one(born_on):
    subject_ref = ref()
    row = protect(subject_ref, born_on=birthday(17))
    protect(subject_ref, ground="document", born_on=born_on)
    row.refresh_from_db()
    assert row.ground == "document", "else the word for it outlives what the document froze"
    assert (row.adult_on is None) == (born_on is None), "a year alone: nobody showed the day on which it would end"


def test_a_child_of_whom_a_wrong_day_was_noted_is_one_again_when_it_is_noted_anew():
    subject_ref, now = ref(), clock.now()
    old = protect(subject_ref, born_on=birthday(17), now=now - timedelta(days=30))
    Protection.objects.update(adult_on=clock.day(now - timedelta(days=10)))
    assert not selectors.is_child(subject_ref, at=now)
    new = protect(subject_ref, ground="reported", now=now)
    old.refresh_from_db()
    assert selectors.is_child(subject_ref, at=now)
    assert (old.ended_at, new.ended_at) == (now, None)
    assert not selectors.is_child(subject_ref, at=now - timedelta(days=5)), "what held then is not written anew"
