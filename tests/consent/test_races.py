"""Two people answer at the same instant: nothing is lost and the chain stays one chain."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from consent.base.choices import Way
from consent.collection.services import consent_expiry
from consent.models import ConsentEvent, ConsentState, EndingTold
from consent.prompts.services import consent_renewals
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from consent.records.services.projection import rebuild as rebuild_consent_state
from portal.kernel.core import actor, clock
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said

ANSWERS = ["given", "withdrawn", "given", "denied", "given", "withdrawn"]


@pytest.mark.django_db(transaction=True)
def test_answers_at_the_same_instant_form_one_chain_and_one_state():
    law_is_loaded()
    published_notice()
    people = [person(email=f"p{number}@acme.example") for number in range(len(ANSWERS))]

    def answer(number):
        try:
            return said(people[number], ANSWERS[number], address=ASHA_PHONE).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(ANSWERS)) as pool:
        made = list(pool.map(answer, range(len(ANSWERS))))
    assert sorted(made) == sorted(ConsentEvent.objects.values_list("pk", flat=True))
    chain, event = [], ConsentEvent.objects.get(previous=None)
    while event is not None:
        chain.append(event.pk)
        event = ConsentEvent.objects.filter(previous=event).first()
    assert sorted(chain) == sorted(made)
    assert ConsentState.objects.get().answer in {"withdrawn", "denied"}
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_instant_end_and_tell_of_each_yes_once():
    law_is_loaded()
    notice = published_notice()
    for number in range(4):
        who = person(email=f"p{number}@acme.example", phone=f"+91981111000{number}")
        said(who, "given", address=f"+91981111000{number}")
        soon_over(who, notice, number)

    def sweep(work):
        try:
            return work(now=clock.now() + timedelta(days=3))
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=3) as pool:
        told = sum(pool.map(sweep, [consent_renewals.remind_who_ends_soon] * 3))
    assert told == EndingTold.objects.count() == 4
    with time_machine.travel(clock.now() + timedelta(days=9)), ThreadPoolExecutor(max_workers=3) as pool:
        ended = sum(done.ended for done in pool.map(sweep, [consent_expiry.end_what_is_over] * 3))
    assert ended == ConsentEvent.objects.filter(answer="expired").count() == 4


def soon_over(who, notice, number):
    """A yes of the person by e-mail that ends in five days."""
    place = address_of(subject_ref=who.subject.ref, channel="email", kind="email", text=f"p{number}@acme.example")
    at = clock.now()
    choice = Choice(place, "marketing", "email", "given", notice.binding, ends_at=at + timedelta(days=5))
    record_all(
        subject_ref=who.subject.ref, fiduciary="onesetu", choices=[choice], way=Way.PAGE, occurred_at=at,
        actor=actor.SYSTEM, now=at,
    )  # fmt: skip
