"""Two at once on one case."""

import threading

import pytest
from django.db import connection, connections

from kyc.models import Case
from kyc.services import telling
from kyc.services.deciding import answer
from portal.core import actor, clock
from tests.kyc.factories import checked, company_pan, firm, gst, proposed, rest_approved
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("house", "same_process")]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
def test_the_last_two_documents_approved_at_once_approve_the_case(monkeypatch):
    customer = firm()
    rest_approved(customer, but=("pan_card", "gst_certificate"))
    maker = StaffFactory(roles=["kyc_maker"])
    checkers = [StaffFactory(roles=["kyc_checker"]) for _ in range(2)]
    documents = [checked(customer, make=make) for make in (company_pan, gst)]
    decisions = [proposed(document, maker) for document in documents]
    both_moved = threading.Barrier(2, timeout=20)
    monkeypatch.setattr(telling, "document_approved", lambda document: both_moved.wait())
    failed = []

    def decide(place):
        try:
            answer(decisions[place], approve=True, actor=actor.staff(checkers[place].pk), now=clock.now())
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Case.objects.get().state == "approved"
