"""Who is away names who stands in; nothing else follows from it."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.clock import IST
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people import selectors
from portal.kernel.people.models import Absence
from portal.kernel.people.services import absences
from tests.people.factories import StaffFactory

NOW = datetime(2026, 11, 24, 12, tzinfo=IST)
TODAY = NOW.date()
pytestmark = pytest.mark.django_db


@pytest.fixture
def asha():
    return StaffFactory(full_name="Asha")


@pytest.fixture
def bala():
    return StaffFactory(full_name="Bala")


def away(user, deputy, first=0, last=4, **given):
    return absences.note(
        **{
            "user": user,
            "deputy": deputy,
            "starts_on": TODAY + timedelta(days=first),
            "ends_on": TODAY + timedelta(days=last),
            "actor": actor.staff(user.pk),
            "now": NOW,
            **given,
        }
    )


@pytest.mark.parametrize(("days", "stands_in"), [(-1, False), (0, True), (4, True), (5, False)])
def test_somebody_stands_in_from_the_first_day_through_the_last(asha, bala, days, stands_in):
    away(asha, bala)
    assert selectors.stands_in_for(asha, on=TODAY + timedelta(days=days)) == (bala if stands_in else None)


def test_who_stands_in_and_is_away_too_is_stood_in_for_by_the_next(asha, bala):
    chandra = StaffFactory()
    away(asha, bala)
    away(bala, chandra)
    assert selectors.stands_in_for(asha, on=TODAY) == chandra


def test_two_who_stand_in_for_each_other_leave_nobody(asha, bala):
    away(asha, bala)
    away(bala, asha)
    assert selectors.stands_in_for(asha, on=TODAY) is None


def test_a_deputy_whose_login_ended_stands_in_for_nobody(asha, bala):
    away(asha, bala)
    bala.is_active = False
    bala.save(update_fields=["is_active"])
    assert selectors.stands_in_for(asha, on=TODAY) is None


def test_whoever_is_back_is_not_stood_in_for_from_that_day_on(asha, bala):
    absence = away(asha, bala)
    absences.end(absence=absence, actor=actor.staff(asha.pk), now=NOW + timedelta(days=2))
    assert selectors.stands_in_for(asha, on=TODAY + timedelta(days=1)) == bala
    assert selectors.stands_in_for(asha, on=TODAY + timedelta(days=2)) is None
    with pytest.raises(Refused):
        absences.end(absence=absence, actor=actor.staff(asha.pk), now=NOW + timedelta(days=2))


def test_an_absence_that_never_began_is_taken_back_and_stays_on_record(asha, bala):
    absence = away(asha, bala, first=3, last=6)
    absences.end(absence=absence, actor=actor.staff(asha.pk), now=NOW)
    assert selectors.stands_in_for(asha, on=TODAY + timedelta(days=3)) is None
    assert Absence.objects.get().withdrawn_at == NOW
    away(asha, bala, first=3, last=6)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"starts_on": date(2026, 11, 26), "ends_on": date(2026, 11, 25)}, "ORDER"),
        ({"starts_on": date(2026, 11, 20), "ends_on": date(2026, 11, 23)}, "PAST"),
    ],
)
def test_days_have_an_order_and_are_not_all_past(asha, bala, given, code):
    with pytest.raises(Refused) as refused:
        away(asha, bala, **given)
    assert refused.value.code == code


def test_nobody_stands_in_for_themself_and_nobody_without_a_login_for_anybody(asha, bala):
    gone = StaffFactory(is_active=False)
    for deputy, code in ((asha, "SAME"), (gone, "INACTIVE")):
        with pytest.raises(Refused) as refused:
            away(asha, deputy)
        assert refused.value.code == code
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(user=asha, deputy=asha, starts_on=TODAY, ends_on=TODAY, noted_by=bala, noted_at=NOW)


def test_one_day_has_one_absence(asha, bala):
    away(asha, bala)
    with pytest.raises(Refused) as refused:
        away(asha, bala, first=4, last=8)
    assert refused.value.code == "TWICE"


def test_an_absence_and_its_end_leave_a_trace_without_a_name_or_a_reason(asha, bala):
    absence = away(asha, bala)
    absences.end(absence=absence, actor=actor.staff(asha.pk), now=NOW + timedelta(days=1))
    noted, ended = AuditEvent.objects.filter(kind__startswith="people.absence").order_by("pk")
    assert noted.facts == {
        "user": asha.pk,
        "deputy": bala.pk,
        "starts_on": "2026-11-24",
        "ends_on": "2026-11-28",
    }
    assert ended.facts["ends_on"] == "2026-11-24"


def test_a_task_notes_no_absence(asha, bala):
    with pytest.raises(NotAllowed):
        away(asha, bala, actor=actor.SYSTEM)
