"""One letter a day with numbers and links: to who works, about what waits, with nothing about anybody."""

from datetime import datetime, timedelta

import pytest

from portal.fronts.workplace import digests, tasks
from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import Absence
from tests.grievances.factories import ticket
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
#: A Wednesday, and no holiday.
DAY = datetime(2026, 11, 25, 9, 0, tzinfo=clock.IST)


def letters():
    return Message.objects.filter(kind=digests.KIND)


def test_who_has_work_gets_one_letter_a_day_with_numbers_and_links_and_nothing_about_anybody(settings):
    one = ticket()
    officer = StaffFactory(roles=["grievance_officer"])
    assert digests.send(now=DAY) == 1
    digests.send(now=DAY + timedelta(hours=1))
    letter = letters().get()
    assert (letter.subject_ref, letter.channel, letter.purpose) == (officer.subject.ref, "email", "policy_and_security")
    body = text_of(letter).body
    assert f": 1\n{settings.SITE_URL}/admin/grievances/ticket/?" in body
    assert one.reference not in body
    digests.send(now=DAY + timedelta(days=1))
    assert letters().count() == 2


def test_nobody_is_written_to_about_nothing_or_who_only_reads_or_is_away_or_left():
    officer = StaffFactory(roles=["grievance_officer"])
    assert digests.send(now=DAY) == 0
    ticket()
    StaffFactory(roles=["auditor"])
    StaffFactory(roles=["grievance_officer"], is_active=False)
    Absence.objects.create(
        user=officer, deputy=StaffFactory(), starts_on=DAY.date(), ends_on=DAY.date(), noted_by=officer, noted_at=DAY
    )
    assert digests.send(now=DAY) == 0
    assert digests.send(now=DAY + timedelta(days=1)) == 1


def test_a_day_off_has_no_letters(monkeypatch):
    ticket()
    StaffFactory(roles=["grievance_officer"])
    monkeypatch.setattr(law, "is_day_off", lambda on: True)
    assert tasks.send_digests() == 0
    assert not letters().exists()


def test_every_role_can_be_written_to():
    ticket()
    for role in (
        "administrator",
        "data_protection_officer",
        "grievance_officer",
        "kyc_checker",
        "kyc_maker",
        "support",
    ):
        StaffFactory(roles=[role])
    assert digests.send(now=DAY) == letters().count() > 1
