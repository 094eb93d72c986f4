"""Two at once on one case."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from consent.collection.services import client_consents
from consent.models import ConsentEvent
from kyc.base.choices import RenewalReason
from kyc.models import Case, Document, Renewal, SanctionsList
from kyc.outcomes.services import customer_notifications
from kyc.review.services import document_uploads, kyc_renewals, staff_intake
from kyc.review.services.document_decisions import answer
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Customer
from tests.consent.test_turns import closing, ended_once, while_in_flight
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, NOW, checked, company_pan, firm, gst, proposed, rest_approved, uploaded
from tests.kyc.test_consenting import card, withdrawn
from tests.kyc.test_proving import offline, pinned, read_here, yesterday  # noqa: F401
from tests.kyc.test_reusing import again, approved
from tests.kyc.test_screening import ZORAN, imported
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
    monkeypatch.setattr(customer_notifications, "document_approved", lambda document: both_moved.wait())
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


def test_two_imports_of_one_list_at_once_take_turns():
    later = while_in_flight(lambda: imported(ZORAN, made="2026-11-20"), lambda: imported(ZORAN, made="2026-11-21"))
    assert SanctionsList.objects.get(superseded_at=None) == later


def test_two_who_tell_of_the_same_event_at_once_open_one_renewal(monkeypatch):
    """Both meet where each has found none and is about to make one: without the case's turn both make it (PostgreSQL)."""
    case = firm().kyc
    Case.objects.update(rekyc_on=clock.day(NOW) + timedelta(days=900), verified_at=NOW)
    case.refresh_from_db()
    both_found_none = threading.Barrier(2)
    make, arrived = Renewal.objects.create, []

    def create(**values):
        arrived.append(threading.get_ident())
        with suppress(threading.BrokenBarrierError):  # the other waits for its turn, as it should
            both_found_none.wait(timeout=1)
        return make(**values)

    monkeypatch.setattr(Renewal.objects, "create", create)

    def told():
        with transaction.atomic():
            return kyc_renewals.something_changed(case, RenewalReason.COMPLAINTS, actor=CUSTOMER, now=NOW)

    with ThreadPoolExecutor(max_workers=2) as pool:
        first, second = (pool.submit(closing, told) for _who in range(2))
        assert first.result() == second.result() == Renewal.objects.get()
    assert len(arrived) == 1


def without_a_box(customer: Customer) -> Document:
    """What staff or a program bring: taken under the yes from before."""
    return offline(customer, yes=None, make=uploaded)


@pytest.mark.usefixtures("pinned", "read_here")
def test_no_document_is_taken_under_the_yes_that_is_being_withdrawn(individual, asha):
    card(individual)

    def bring() -> str:
        with pytest.raises(Refused) as refusal:
            without_a_box(individual)
        return refusal.value.code

    assert while_in_flight(lambda: withdrawn(asha), bring) == "CONSENT_MISSING"
    assert Document.objects.count() == 1


@pytest.mark.usefixtures("pinned", "read_here")
def test_a_withdrawal_finds_the_document_that_is_being_taken_under_the_yes(individual, asha):
    card(individual)
    while_in_flight(lambda: without_a_box(individual), lambda: withdrawn(asha))
    assert Document.objects.filter(deletion_asked_at=None).count() == 0


@pytest.mark.usefixtures("pinned", "read_here")
def test_a_tick_that_a_withdrawal_overtook_takes_no_document(individual, asha):
    card(individual)
    ticked_at = clock.now()
    withdrawn(asha)
    with pytest.raises(Refused) as refusal:
        offline(individual, make=uploaded, now=ticked_at)
    assert refusal.value.code == "CONSENT_MISSING"
    assert ConsentEvent.objects.latest("pk").answer == "withdrawn"


FILE = documents.pdf()


def by_page(customer: Customer) -> Document:
    return uploaded(customer, data=FILE)


def by_staff(customer: Customer) -> Document:
    sent = document_uploads.Sent(customer, "pan_card", documents.PAN, "pdf", way="post", reason="By post.")
    clerk = StaffFactory(roles=["kyc_maker"])
    return staff_intake.by_staff(sent, io.BytesIO(FILE), actor=actor.staff(clerk.pk), now=clock.now())


def by_program(customer: Customer) -> Document:
    sent, now = document_uploads.Sent(customer, "pan_card", documents.PAN, "pdf"), clock.now()
    with document_uploads.encrypted(staff_intake.judged_for_program(sent, io.BytesIO(FILE), now=now)) as judged:

        def act() -> client_consents.Json:
            return {"reference": staff_intake.by_program(judged, actor=actor.SYSTEM, now=now).reference}

        answer, _replayed = client_consents.once(asked_by="key:1", request_key="1", body={}, now=now, act=act)
    return Document.objects.get(reference=answer["reference"])


@pytest.mark.parametrize("way", [by_page, by_staff, by_program])
def test_a_document_is_taken_whole_although_the_database_ended_it_once(individual, monkeypatch, way):
    document_uploads.open_case(customer=individual, actor=CUSTOMER, now=clock.now())
    ended_once(monkeypatch, document_uploads, "record")
    assert way(individual).quarantined.size == len(FILE)
    assert Document.objects.count() == 1


def test_a_kept_copy_is_taken_again_whole_although_the_database_ended_it_once(individual, maker, checker, monkeypatch):
    due = approved(individual, maker, checker, data=documents.image(), extension="jpg")
    Case.objects.update(rekyc_on=clock.day(clock.now()))
    Document.objects.update(uploaded_at=clock.now() - timedelta(days=400))
    due.refresh_from_db()
    ended_once(monkeypatch, document_uploads, "record")
    assert again(individual, due).quarantined.sha256 == due.kept.sha256
