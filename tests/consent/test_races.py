"""Two people answer at the same instant: nothing is lost and the chain stays one chain."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from consent.models import ConsentEvent, ConsentState
from consent.services import rebuild_consent_state
from portal.core import actor
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
