"""Every door makes the same grievance: staff after a call or a letter, another system, a message, an answer to one."""

from datetime import timedelta
from uuid import uuid4

import pytest

from grievances import ports
from grievances.base import selectors
from grievances.base.choices import Door, EntryKind, TicketState
from grievances.models import Ticket
from grievances.tickets.services import assisted_intake, conversation, notifications, resolutions, thread_access
from grievances.tickets.services.intake import Reach
from portal.fronts.selfservice.templatetags.text_format import in_groups
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.outbox.models import Message
from tests.grievances.factories import RECEIVED, filed, story
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
NUMBER = "+919876543210"
ENTERED = RECEIVED + timedelta(hours=20)


def by_staff(by, **changes):
    reach = Reach(language="en", email=changes.pop("email", "asha@example.in"), door=changes.pop("door", Door.PHONE))
    given = {
        "filing_key": uuid4(),
        "story": story(),
        "reach": reach,
        "received_at": RECEIVED,
        "actor": actor.staff(by.pk),
        "now": ENTERED,
        **changes,
    }
    return assisted_intake.by_staff(by=by, **given)


def test_a_call_is_a_grievance_whose_clocks_run_from_the_call(supporter) -> None:
    found = by_staff(supporter).ticket
    assert (found.door, found.received_at, found.acknowledged_at) == (Door.PHONE, RECEIVED, None)
    assert {clock.started_at for clock in selectors.answer_clocks(found)} == {RECEIVED}
    assert AuditEvent.objects.get(kind="grievances.ticket.filed").facts["channel"] == "phone"
    line = found.entries.get(kind=EntryKind.FILED)
    assert (line.author, line.written_by) == ("person", supporter)


def test_the_same_call_is_filed_once_and_nobody_files_the_future(supporter) -> None:
    key = uuid4()
    assert by_staff(supporter, filing_key=key).is_new
    assert not by_staff(supporter, filing_key=key).is_new
    for wrong in ({"received_at": ENTERED + timedelta(seconds=1)}, {"door": Door.PAGE}):
        with pytest.raises(Refused):
            by_staff(supporter, **wrong)
    assert Ticket.objects.count() == 1


def test_only_roles_that_may_file_do_it() -> None:
    with pytest.raises(NotAllowed):
        by_staff(StaffFactory(roles=["auditor"]))


def test_a_call_without_a_time_came_in_now_but_the_day_of_a_letter_is_asked(supporter) -> None:
    desk = staff_client(supporter)
    given = {"for_whom": "self", "kind": "billing", "key": str(uuid4()), "what_happened": "Twice.", "language": "en"}
    given |= {"email": "asha@example.in", "received_at": ""}
    asked = desk.post("/admin/grievances/ticket/new/", {**given, "door": "post"})
    assert (asked.status_code, "Enter the day and the time" in asked.text) == (422, True)
    before = clock.now()
    desk.post("/admin/grievances/ticket/new/", {**given, "door": "phone"})
    assert before <= Ticket.objects.get().received_at <= clock.now()


def test_the_desk_files_a_letter_and_tells_the_tracking_key_once(supporter) -> None:
    desk = staff_client(supporter)
    assert "File for a person" in desk.get("/admin/grievances/ticket/").content.decode()
    page = desk.get("/admin/grievances/ticket/new/")
    key = page.context["form"]["key"].value()
    given = {"door": "post", "received_at": "24 11 2026 19:10", "for_whom": "self", "kind": "billing", "key": key}
    given |= {"what_happened": "You billed me twice.", "language": "mr", "phone": "98765 43210"}
    assert desk.post("/admin/grievances/ticket/new/", {**given, "received_at": "31 2 2026"}).status_code == 422
    assert desk.post("/admin/grievances/ticket/new/", {**given, "phone": ""}).status_code == 422
    shown = desk.post("/admin/grievances/ticket/new/", given)
    again = desk.post("/admin/grievances/ticket/new/", given)
    found = Ticket.objects.get()
    assert found.received_at.isoformat() == "2026-11-24T13:40:00+00:00"
    assert (found.door, found.language) == (Door.POST, "mr")
    assert in_groups(shown.context["tracking_key"]) in shown.content.decode()
    assert again.status_code == 302


def test_a_role_that_may_not_file_sees_no_door(officer) -> None:
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    assert "File for a person" not in auditor.get("/admin/grievances/ticket/").content.decode()
    assert auditor.get("/admin/grievances/ticket/new/").status_code == 403


def came_in(text: str, *, channel: str = "whatsapp", address: str = NUMBER, at=RECEIVED, key: str = "") -> str:
    return ports.message_came_in(
        key=key or uuid4().hex,
        fiduciary="onesetu",
        channel=channel,
        address=address,
        sender="",
        text=text,
        language="en",
        principal=None,
        actor=actor.system("test"),
        at=at,
    )


def test_the_same_message_about_a_grievance_told_twice_makes_no_other_one() -> None:
    reference = came_in("They call me every night.")
    assert [came_in(f"About {reference}: again today.", key="one") for _twice in range(2)] == [reference, reference]
    assert Ticket.objects.count() == 1


@pytest.fixture
def way_out(monkeypatch):
    monkeypatch.setattr(notifications, "can_send", lambda channel: channel in {"sms", "whatsapp"})


@pytest.mark.parametrize(("channel", "answered_by"), [("whatsapp", "whatsapp"), ("sms", "sms"), ("rcs", "sms")])
def test_who_wrote_by_message_hears_of_the_answer_on_the_same_channel(way_out, officer, channel, answered_by) -> None:
    found = Ticket.objects.get(reference=came_in("You sent me spam.", channel=channel))
    assert found.door == channel
    conversation.reply(ticket=found, text="We look.", by=officer, actor=actor.staff(officer.pk), at=ENTERED)
    assert Message.objects.get(kind="grievances.news_short").channel == answered_by


def test_a_message_that_names_a_grievance_of_the_number_goes_into_it() -> None:
    reference = came_in("You sent me spam.")
    said = f"About {reference.lower().replace('-', ' ')}: it goes on"
    assert came_in(said, at=ENTERED) == reference
    found = Ticket.objects.get()
    assert thread_access.thread(found, internal=False)[-1].texts["text"] == said


def test_naming_the_grievance_of_somebody_else_files_a_new_one() -> None:
    reference = came_in("You sent me spam.")
    assert came_in(f"About {reference}", address="+919876500000") != reference
    assert came_in(f"About {new_reference('GR')}") != reference


def test_a_message_answers_the_question_we_asked(officer) -> None:
    reference = came_in("You sent me spam.")
    found = Ticket.objects.get()
    conversation.ask(ticket=found, text="Which sender?", by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    assert came_in("AD-SHOUTY", at=ENTERED) == reference
    found.refresh_from_db()
    assert found.state == TicketState.WITH_US


def test_a_message_about_an_answered_grievance_opens_it_again(officer) -> None:
    reference = came_in("You sent me spam.")
    found = Ticket.objects.get()
    resolutions.propose(ticket=found, text="Stopped.", by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    came_in(f"{reference} it goes on", at=ENTERED)
    found.refresh_from_db()
    assert (found.state, found.round) == (TicketState.WITH_US, 2)
    assert thread_access.thread(found, internal=False)[-1].texts["text"].endswith("it goes on")


def test_after_the_time_to_open_it_again_a_message_is_a_new_grievance() -> None:
    reference = came_in("You sent me spam.")
    resolutions.withdraw(ticket=Ticket.objects.get(), actor=actor.stranger(via="page"), at=RECEIVED)
    late = Ticket.objects.get().reopen_until + timedelta(days=1)
    assert came_in(f"{reference} again", at=late) != reference


def test_a_grievance_of_a_signed_in_person_says_so() -> None:
    assert filed().ticket.door == Door.PAGE
    assert clock.now() > RECEIVED
