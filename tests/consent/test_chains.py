"""Which answer the next one follows: found by its address, whatever the planner has been told of the table."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.base.choices import Answer
from consent.models import ConsentEvent
from consent.records.selectors import event_chains
from portal.kernel.people.models import Fiduciary
from tests.consent.test_bringing import brought, record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


def ours():
    return Fiduciary.objects.get(code="onesetu")


def test_the_end_of_each_chain_is_found_by_purpose_and_channel():
    first, other = brought(1), brought(2, channel="voice")
    record(first, other)
    record(brought(1, ref=first.subject_ref, answer=Answer.DENIED), brought(1, channel="voice"))
    found = event_chains.ends(ours(), {first.place[0], other.place[0]})
    assert {(bytes(event.address_key), event.channel, event.answer) for event in found} == {
        (first.place[0], "sms", "denied"),
        (first.place[0], "voice", "given"),
        (other.place[0], "voice", "given"),
    }


def test_what_was_said_to_somebody_else_is_no_end_of_ours():
    record(brought(1))
    client = Fiduciary.objects.create(code="acme", name="Acme", is_self=False, created_at=ours().created_at)
    assert not event_chains.ends(client, {brought(1).place[0]}).exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts what is NULL apart")
def test_no_table_is_walked_through_after_many_first_answers_were_counted():
    answers = [brought(number) for number in range(200)]
    record(*answers)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    asked = event_chains.ends(ours(), {answer.place[0] for answer in answers[:4]}).select_related("entry")
    assert "SCAN consent" not in asked.explain()
    assert "SCAN ledger" not in asked.explain()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts what is NULL apart")
def test_no_statement_of_a_later_answer_walks_through_the_events():
    answers = [brought(number) for number in range(200)]
    record(*answers)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as seen:
        record(brought(1, ref=answers[1].subject_ref, answer=Answer.DENIED))
    assert ConsentEvent.objects.count() == 201
    asked = [
        query["sql"] for query in seen if query["sql"].startswith("SELECT") and "consent_consentevent" in query["sql"]
    ]
    assert asked
    for statement in asked:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + statement)
            walks = [step[-1] for step in cursor.fetchall() if step[-1].startswith("SCAN consent")]
        assert walks == [], statement
