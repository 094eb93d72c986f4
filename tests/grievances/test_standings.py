"""Where several grievances stand, asked at once: what each says alone, in as many queries for twenty as for one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grievances.tickets import grievance_status
from tests.grievances.factories import RECEIVED, filed

pytestmark = pytest.mark.django_db
LATER = RECEIVED + timedelta(days=40)


def test_each_of_a_page_stands_where_it_stands_alone(house):
    found = [filed(at=RECEIVED + timedelta(days=days)).ticket for days in (0, 10, 39)]
    together = grievance_status.standings_of(found, now=LATER)
    assert together == {ticket.pk: grievance_status.standing_of(ticket, now=LATER) for ticket in found}
    assert len({stand.situation for stand in together.values()}) > 1
    said = grievance_status.sentences_for_person(found, now=LATER)
    assert said == {ticket.pk: grievance_status.sentence_for_person(ticket, now=LATER) for ticket in found}


def test_a_page_of_grievances_asks_as_often_as_one(house):
    found = [filed(at=RECEIVED).ticket for _each in range(4)]
    asked = []
    for many in (found[:1], found):
        with CaptureQueriesContext(connection) as seen:
            grievance_status.sentences_for_person(many, now=LATER)
        asked.append(len(seen.captured_queries))
    assert asked[0] == asked[1]
