"""Bulk data is made of the rows that the services write: decisions, states and the ledger agree about it."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from consent.models import ConsentEvent, ConsentState
from consent.records.services import projection
from grievances.models import Ticket
from kyc.models import Document
from portal.demo import bulk
from portal.kernel.core.actor import system
from portal.kernel.ledger.services import seal_now, verify
from portal.kernel.people.models import Principal

pytestmark = pytest.mark.django_db(transaction=True)


def load(**numbers):
    out = StringIO()
    given = [part for name, number in numbers.items() for part in (f"--{name}", str(number))]
    call_command("generate_load", *given, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_bulk_answers_are_what_the_projection_would_fold_and_the_ledger_seals(monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 7)
    assert load(principals=10, events=25) == {"principals": 10, "events": 25, "tickets": 0, "documents": 0}
    assert (Principal.objects.count(), ConsentEvent.objects.count(), ConsentState.objects.count()) == (10, 25, 25)
    rebuilt = projection.rebuild(actor=system("tests"))
    assert (rebuilt.checked, rebuilt.mended, rebuilt.removed) == (25, 0, 0)
    seal_now(wait=30)
    assert verify().ok


def test_answers_may_be_added_to_people_of_an_earlier_run():
    load(principals=3)
    assert load(events=2)["events"] == 2


def test_grievances_and_documents_go_through_their_rooms():
    load(tickets=2, documents=1)
    assert list(Ticket.objects.values_list("state", flat=True)) == ["received", "received"]
    assert Document.objects.get().state == "received"


@pytest.mark.parametrize(("numbers", "said"), [({"events": 5}, "principals"), ({"principals": -1}, "negative")])
def test_what_cannot_be_made_is_named_and_nothing_is_written(numbers, said):
    with pytest.raises(CommandError, match=said):
        load(**numbers)
    assert Principal.objects.count() == 0


def test_bulk_data_is_never_made_in_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="PRODUCTION"):
        load(principals=1)
