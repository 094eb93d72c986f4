"""One due date: on the page, in the letter, in the queue, on the record, in the book of clocks and over the interface.

Each reader is asked for what a person would read there; what they have to say is worked out beside them, from the rows alone.
"""

import html
import re
from datetime import date, datetime, timedelta
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib import admin
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format

from grievances.base import selectors
from grievances.models import Ticket
from grievances.tickets import grievance_status
from grievances.tickets.services import conversation, deadlines, intake, resolutions
from portal.kernel.core import actor
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import subjects
from tests.grievances.factories import STRANGER, story
from tests.people.factories import CustomerUserFactory, issued_api_key
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
NOW = datetime(2026, 12, 20, 6, 30, tzinfo=ZoneInfo("UTC"))
ZONES = ("Asia/Kolkata", "Asia/Kolkata", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati")
LONG, SHORT, PLAIN = "l j F Y", "D j M Y", "j F Y"
FULL = pytest.param(1000, marks=pytest.mark.full(reason="files a thousand grievances: minutes"))


@pytest.fixture
def officer_by(officer):
    return {"by": officer, "actor": actor.staff(officer.pk)}


def live(chance: Random, officer_by, *, principal=None) -> Ticket:
    """A grievance that came at a random moment of the last forty days, and what happened to it since."""
    at = NOW - timedelta(seconds=chance.randrange(1, 40 * 86_400))
    reach = intake.Reach(language=chance.choice(["en", "hi", "mr"]), email="asha@example.in", zone=chance.choice(ZONES))
    found = intake.file_ticket(
        filing_key=uuid4(),
        subject_ref=subjects.new("stranger", now=at).ref,
        story=story(),
        reach=reach,
        principal=principal,
        actor=STRANGER,
        at=at,
    ).ticket
    later = at + (NOW - at) * chance.random()
    match chance.choice(["waits", "asked", "answered back", "corrected", "opened again"]):
        case "asked":
            conversation.ask(ticket=found, text="Which number?", **officer_by, at=later)
        case "answered back":
            conversation.ask(ticket=found, text="Which number?", **officer_by, at=at + (later - at) / 2)
            conversation.person_writes(ticket=found, text="This one.", actor=STRANGER, at=later)
        case "corrected":
            moved = at - timedelta(hours=chance.randrange(1, 100))
            deadlines.correct_receipt(ticket=found, received_at=moved, reason_code="earlier", **officer_by, at=later)
        case "opened again":
            resolutions.propose(ticket=found, text="Done.", **officer_by, at=later, late_because="many")
            resolutions.decline(ticket=found, why="No.", actor=STRANGER, at=later)
    return Ticket.objects.get(pk=found.pk)


def due_on(found: Ticket) -> date:
    """The date by the rows alone: the first that is late, else the first that runs, else the first that stands still."""
    rows = Clock.objects.filter(owner=selectors.answer_owner(found), stopped_at=None)
    late = [row for row in rows if (row.paused_at or NOW) >= row.due_at + timedelta(seconds=1)]
    runs = [row for row in rows if row.paused_at is None]
    return min(late or runs or rows, key=lambda row: row.due_at).due_at.astimezone(ZoneInfo(found.zone)).date()


def written(day: date, form: str, language: str) -> str:
    with translation.override(language):
        return date_format(day, form)


def readers(found: Ticket, officer) -> dict[str, tuple[str, str]]:
    """What each reader shows, with the form of its dates. Staff read English."""
    queue = admin.site._registry[Ticket]
    with translation.override(found.language):
        shown = {
            "page": (grievance_status.sentence_for_person(found, now=NOW), LONG),
            "list on the page": (" ".join(row.due for row in selectors.deadlines(found, now=NOW)), PLAIN),
        }
    with translation.override("en"):
        return shown | {
            "record of staff": (grievance_status.sentence_for_staff(found, now=NOW), LONG),
            "queue": (str(queue.due(found)), SHORT),
            "deadlines of the record": (
                " ".join(row.due for row in selectors.all_deadlines(found, now=NOW)),
                PLAIN,
            ),
        }


@pytest.mark.parametrize("count", [12, FULL])
@time_machine.travel(NOW, tick=False)
def test_every_reader_names_the_same_date(officer, officer_by, count):
    chance = Random(count)
    wrong = []
    for _number in range(count):
        found = live(chance, officer_by)
        day = due_on(found)
        standing = grievance_status.standing_of(found, now=NOW)
        assert found.due_at == standing.due_at
        says_no_date = standing.situation == "with_you_paused"
        for reader, (text, form) in readers(found, officer).items():
            language = found.language if "page" in reader else "en"
            if written(day, form, language) not in text and not (
                says_no_date and reader in {"page", "record of staff"}
            ):
                wrong.append((reader, found.zone, standing.situation, written(day, form, language), text))
    assert wrong == []


@pytest.mark.parametrize("zone", sorted(set(ZONES)))
@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_the_letter_names_the_date_of_the_persons_zone_in_their_language(zone, language):
    at = datetime(2026, 12, 1, 6, 30, tzinfo=ZoneInfo("UTC"))
    found = intake.file_ticket(
        filing_key=uuid4(),
        subject_ref=subjects.new("stranger", now=at).ref,
        story=story(),
        reach=intake.Reach(language=language, email="asha@example.in", zone=zone),
        actor=STRANGER,
        at=at,
    ).ticket
    day = min(clock.due_at for clock in selectors.answer_clocks(found)).astimezone(ZoneInfo(zone)).date()
    letter = text_of(Message.objects.get(kind="grievances.acknowledged"))
    assert written(day, LONG, language) in letter.body


@pytest.mark.parametrize("count", [3, pytest.param(50, marks=pytest.mark.full(reason="opens two hundred pages"))])
def test_over_http_every_page_and_the_interface_name_the_same_date(officer, officer_by, count):
    chance = Random(count)
    user = CustomerUserFactory()
    key = issued_api_key(Fiduciary.objects.get(code="onesetu"), scopes=["grievances:write"])
    with time_machine.travel(NOW, tick=False):
        person, desk, system = customer_client(user), staff_client(officer), Client()
        for _number in range(count):
            found = live(chance, officer_by, principal=user.principal)
            day = due_on(found)
            pages = {
                "page": person.get(f"/privacy/track/{found.reference}/", headers={"Accept-Language": "en"}),
                "queue": desk.get(f"/admin/grievances/ticket/?q={found.reference}"),
                "record": _opened(desk, found),
                "book of clocks": desk.get(f"/admin/law/clock/?q={found.reference}"),
            }
            for name, answer in pages.items():
                text = re.sub(r"\s+", " ", html.unescape(answer.content.decode()))
                form = SHORT if name == "queue" else PLAIN
                assert written(day, form, "en") in text, (name, found.zone)
            told = system.get(
                f"/api/v1/grievances/{found.reference}", headers={"Authorization": f"Bearer {key}"}
            ).json()
            assert told["due_on"] == day.isoformat()


def _opened(desk, found):
    page = f"/admin/grievances/ticket/{found.pk}/change/"
    desk.post(page, {"open_record": "1", "purpose": "grievance", "ticket": found.reference})
    return desk.get(page)
