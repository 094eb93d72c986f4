"""A grievance about unwanted messages ends with a suppression, where the messages came, for whoever sent them."""

from datetime import timedelta

import pytest

from consent.decisions.services.contact_decisions import may_contact
from consent.models import Suppression
from grievances.base.choices import EntryKind
from grievances.tickets.services import opt_outs, resolutions, thread_access
from portal.kernel.core import actor, addresses
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.outbox.models import Message
from tests.grievances.factories import RECEIVED, ticket
from tests.grievances.test_admin import LIST, opened
from tests.registers.factories import registered_sender
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
NUMBER = "+919876543210"
AT = RECEIVED + timedelta(hours=2)


@pytest.fixture
def stop(officer):
    def stopped(found):
        return opt_outs.stop_messages(ticket=found, by=officer, actor=actor.staff(officer.pk), at=AT)

    return stopped


def suppressions(address: str) -> list[str]:
    keys = addresses.address_keys(address)
    return [row.fiduciary.code for row in Suppression.objects.filter(address_key__in=keys).select_related("fiduciary")]


def decision(address: str, fiduciary: str = "onesetu"):
    return may_contact(
        address=address, purpose="marketing", channel="sms", at=AT + timedelta(hours=1), fiduciary=fiduciary
    )


def test_promotion_stops_at_the_number_that_got_it_and_the_person_is_told(stop) -> None:
    found = ticket(received_at_number=NUMBER)
    (receipt,) = stop(found)
    assert suppressions(NUMBER) == ["onesetu"]
    assert not decision(NUMBER).allowed
    line = thread_access.thread(found, internal=False)[-1]
    assert line.entry.kind == EntryKind.STOPPED
    assert receipt in line.texts["text"]
    assert NUMBER not in line.texts["text"]
    assert Message.objects.filter(kind="grievances.replied", subject_ref=found.subject_ref).count() == 1


def test_the_line_is_in_the_persons_language(stop) -> None:
    found = ticket(received_at_number=NUMBER, language="hi")
    stop(found)
    assert "प्रचार संदेश बंद" in thread_access.thread(found, internal=False)[-1].texts["text"]


def test_without_a_number_it_stops_where_the_person_can_be_reached(stop) -> None:
    found = ticket(email="asha@example.in", phone=NUMBER)
    assert len(stop(found)) == 2
    assert suppressions("asha@example.in") == suppressions(NUMBER) == ["onesetu"]


def test_it_stops_the_fiduciary_whose_registered_sender_the_person_names(stop) -> None:
    sender = registered_sender("SHOUTY")
    found = ticket(received_at_number=NUMBER, sender="AD-SHOUTY-P")
    stop(found)
    assert suppressions(NUMBER) == [sender.fiduciary.code]


def test_stopping_twice_is_one_stop_and_one_line(stop) -> None:
    found = ticket(received_at_number=NUMBER)
    stop(found)
    assert stop(found) == []
    assert found.entries.filter(kind=EntryKind.STOPPED).count() == 1
    assert len(suppressions(NUMBER)) == 1


def test_a_grievance_about_a_bill_stops_nothing_and_support_may_not(stop, supporter) -> None:
    with pytest.raises(Refused):
        stop(ticket(kind="billing"))
    with pytest.raises(NotAllowed):
        opt_outs.stop_messages(
            ticket=ticket(received_at_number=NUMBER), by=supporter, actor=actor.staff(supporter.pk), at=AT
        )
    assert suppressions(NUMBER) == []


def test_the_desk_stops_the_messages_by_one_act(officer) -> None:
    found = ticket(received_at_number=NUMBER)
    desk = staff_client(officer)
    assert "Stop the messages" in opened(desk, found)
    page = desk.post(f"{LIST}{found.pk}/do/stop-messages/", {"answer": "1"}).content.decode()
    assert suppressions(NUMBER) == ["onesetu"]
    assert "OS-CR-" in page
    resolutions.withdraw(ticket=found, actor=actor.stranger(via="page"), at=AT)
    assert "Stop the messages" not in opened(desk, found)
