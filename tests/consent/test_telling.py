"""Whom a sweep tells, in which order, and whom it leaves out."""

from datetime import timedelta

import pytest
from django.db.models import F

from consent.models import ConsentState
from consent.notices.services import person_notifications
from consent.prompts.services import consent_prompts, visitor_choices
from consent.prompts.services.consent_prompts import Answered
from portal.kernel.core import actor, clock
from tests.consent.factories import person, published_notice, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch):
    monkeypatch.setattr(person_notifications, "PAGE", 1)


def someone(number):
    return person(email=f"person{number}@acme.example", phone=f"+91987654321{number}")


def those_who_wait():
    return list(person_notifications.waiting(ConsentState.objects.filter(answer="given"), first="occurred_at"))


def test_each_person_comes_once_and_who_answered_first_comes_first():
    published_notice()
    first, second, third = (someone(number) for number in range(3))
    for who in (first, second, third):
        said(who, "given")
    said(first, "given", channel="email")
    ConsentState.objects.filter(subject_ref=third.subject.ref).update(occurred_at=F("occurred_at") - timedelta(days=9))
    assert those_who_wait() == [who.subject.ref for who in (third, first, second)]


def test_a_visitor_whom_nobody_knows_is_left_out_until_they_sign_in():
    shown = published_notice().binding.sha256
    visitor = visitor_choices.new_visitor(now=clock.now())
    yes = {"analytics": Answered(is_yes=True)}
    since, asha = clock.now(), someone(1).subject.ref
    consent_prompts.answer(
        subject_ref=visitor, answers=yes, shown={"analytics": shown}, actor=actor.SYSTEM, known=False
    )
    assert those_who_wait() == []
    visitor_choices.join(
        visitor=visitor, since=since, subject_ref=asha, actor=actor.SYSTEM, language="en", now=clock.now()
    )
    assert those_who_wait() == [asha]
