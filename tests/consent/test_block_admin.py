"""The staff's list of what people told us to block: found by reference or address, opened with a reason, no number."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.base.choices import Way
from consent.collection.services import dnd_preferences
from consent.models import ConsentReceipt, PreferenceChange
from consent.preferences.services import preferences
from consent.preferences.services.preferences import WishList
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA_PHONE, person
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
LIST = reverse("admin:consent_preferencechange_changelist")


@pytest.fixture
def asha(law):
    return person()


@pytest.fixture
def support():
    return staff_client(StaffFactory(roles=["support"]))


def tells(who, **lists) -> ConsentReceipt:
    receipt = dnd_preferences.block(
        subject_ref=who.subject.ref, lists=lists, way=Way.PAGE, actor=actor.customer(1, via="page"), now=clock.now()
    )
    assert receipt is not None
    return receipt


def rows(answer):
    return [row.receipt.reference for row in answer.context["cl"].result_list]


def test_each_telling_says_what_who_and_when_and_the_latest_stands_first(asha, support):
    first = tells(asha, modes=["sms"])
    last = tells(asha, modes=["sms", "voice"], days=["sun"])
    preferences.change(
        subject_ref=asha.subject.ref, wishes=WishList(pace="weekly"), actor=actor.customer(1, via="page")
    )
    answer = support.get(LIST)
    assert rows(answer) == [last.reference, first.reference]
    assert "Nothing by: SMS, " in answer.text
    assert "Privacy page" in answer.text
    assert ASHA_PHONE not in answer.text
    assert rows(support.get(f"{LIST}?standing=now")) == [last.reference]
    assert rows(support.get(f"{LIST}?standing=before")) == [first.reference]
    assert rows(support.get(f"{LIST}?blocked=days")) == [last.reference]


def test_what_a_person_tells_under_another_reference_of_theirs_replaces_what_they_told_before(asha, support):
    again, before, other = (
        person(email="asha@home.example", phone="+919876500012"),
        person(email=None),
        person(email=None),
    )
    told = [tells(before, modes=["sms"]), tells(asha, modes=["voice"]), tells(again, days=["sun"])]
    alone = tells(other, modes=["sms"])
    for who in (before, asha):
        subjects.join(old_ref=who.subject.ref, new_ref=again.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert rows(support.get(f"{LIST}?standing=now")) == [alone.reference, told[2].reference]
    assert rows(support.get(f"{LIST}?standing=before")) == [told[1].reference, told[0].reference]


def test_a_person_is_found_by_receipt_reference_or_number_that_stands_in_no_address(asha, support):
    told = tells(asha, modes=["sms"])
    tells(person(email="other@acme.example", phone="+919876500011"), modes=["voice"])
    for term in (told.reference, str(asha.subject.ref), ASHA_PHONE):
        answer = support.post(LIST, {"find": term})
        assert ASHA_PHONE.removeprefix("+") not in answer.url
        assert rows(support.get(LIST + answer.url)) == [told.reference]
    assert rows(support.get(LIST + support.post(LIST, {"find": "nobody"}).url)) == []


def test_a_telling_is_opened_with_a_reason_that_stays(asha, support):
    tells(asha, categories=["finance"])
    row = PreferenceChange.objects.get()
    page = reverse("admin:consent_preferencechange_change", args=[row.pk])
    assert "Why do you open this record?" in support.get(page).text
    support.post(page, {"open_record": "1", "purpose": "support", "ticket": "review queue"})
    shown = support.get(page).text
    assert "Banking, insurance and finance" in shown
    assert ASHA_PHONE not in shown
    event = AuditEvent.objects.get(kind="admin.record.opened")
    assert event.subject_ref == asha.subject.ref


def test_who_may_not_see_answers_sees_no_blocks(asha):
    assert staff_client(StaffFactory(roles=["kyc_maker"])).get(LIST).status_code == 403


def test_the_list_costs_the_same_for_many(asha, support):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            support.get(LIST)
        return len(seen)

    tells(asha, modes=["sms"])
    support.get(LIST)
    few = queries()
    for modes in (["voice"], ["sms", "voice"], []):
        tells(asha, modes=modes)
    assert queries() == few
