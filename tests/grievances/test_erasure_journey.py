"""A person asks for the end of everything: preview, letter and rows agree; after each last day the eraser leaves nothing."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils.formats import date_format

from grievances.models import RequestProposal, RightsRequest
from grievances.request_states import Outcome
from grievances.services import bundling, deciding
from portal.core import actor, clock, hooks
from portal.core.erasing import parts_of
from portal.core.ids import new_reference
from portal.law.models import OrganisationProfile
from portal.outbox.models import Message
from portal.outbox.services.reading import text_of
from portal.people.models import Principal, RegimeEvidence
from portal.registers.models import Disclosure, Instruction
from portal.registers.services import instructions
from portal.registers.states import FactKind
from portal.retention import deciding as retention
from portal.retention.models import ErasureItem, ErasureRun, KeptRecord
from portal.retention.services import certifying, nights
from portal.retention.states import RunState
from tests.law.factories import ProfileFactory
from tests.people.factories import StaffFactory
from tests.registers.factories import service_in_the_book
from tests.retention.marks import NO, person_everywhere
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NEW = "/privacy/requests/new/"
NIGHTLY = actor.system("tests")
#: A day on which the IT Rules and CERT-In keep something, and the DPDP Rules are not in force yet.
DAY = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.fixture
def person() -> Iterator[Principal]:
    with time_machine.travel(DAY, tick=True):
        found = person_everywhere()
        OrganisationProfile.objects.all().delete()
        ProfileFactory(**{**dict.fromkeys(NO, "no"), "intermediary": "yes", "cloud_provider": "yes"})
        RegimeEvidence.objects.create(
            subject_ref=found.subject.ref, regime="EU", ground="declared", noted_at=clock.now()
        )
        service_in_the_book("penny-drop")
        Disclosure.objects.create(
            reference=new_reference("DI"),
            recipient_code="penny-drop",
            subject_ref=found.subject.ref,
            fields=["email"],
            purpose="kyc_verification",
            basis="consent",
            about="kyc.check:1",
            disclosed_at=clock.now(),
        )
        yield found


def preview_of(client: Client, language: str = "en") -> set[str]:
    """What the page says before the request is sent."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    client.post(NEW, {"right": "erasure"})
    client.post(f"{NEW}details/", {"capacity": "self"})
    page = client.get(f"{NEW}check/").content.decode()
    (section,) = re.findall(r'<section class="outline">(.*?)</section>', page, re.DOTALL)
    return {html.unescape(each) for each in re.findall(r"<li>(.*?)</li>", section, re.DOTALL)}


def asked_for_everything(client: Client) -> RightsRequest:
    client.post(f"{NEW}check/")
    found = RightsRequest.objects.latest("pk")
    body = text_of(Message.objects.filter(kind="grievances.request_code").latest("pk")).body
    code = re.search(r"\b\d{6}\b", body)
    assert code is not None
    client.post(f"/privacy/requests/{found.ticket.reference}/sent/", {"code": code.group()})
    found.refresh_from_db()
    assert found.state == "shown"
    return found


def decided_by_two(request: RightsRequest) -> RequestProposal:
    officer, second = (StaffFactory(roles=[role]) for role in ("grievance_officer", "data_protection_officer"))
    made = deciding.propose(
        request=request,
        outcome=Outcome.PARTLY,
        words_to_person="We have looked at everything.",
        actor=actor.staff(officer.pk),
        at=clock.now(),
    )
    deciding.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    return made


def letter_on_page(client: Client, request: RightsRequest) -> set[str]:
    page = html.unescape(client.get(f"/privacy/track/{request.ticket.reference}/").content.decode())
    return {line.strip() for line in re.findall(r"(?:^|>)\s*- (.*?)(?=<|$)", page, re.MULTILINE)}


def test_preview_letter_and_rows_agree_and_each_last_day_leaves_nothing(person: Principal) -> None:
    """Longer than others: every room, and a night after each last day."""
    client: Any = customer_client(person.user)
    preview = preview_of(client)
    assert any("CERT-In Directions 2022" in line for line in preview)
    assert any("Of this we erase now:" in line for line in preview)
    assert not any("Limitation Act 1963 requires" in line for line in preview)
    request = asked_for_everything(client)
    made = decided_by_two(request)
    letter = {line[2:] for line in deciding.letter_text(made).splitlines() if line.startswith("- ")}
    assert letter == preview
    nights.carry_on(now=clock.now(), actor=NIGHTLY)
    run = ErasureRun.objects.get(because=request.ticket.reference)
    assert run.state == RunState.DONE, [(step.eraser, step.failure) for step in run.steps.all()]
    rows_agree(run, letter)

    (task,) = Instruction.objects.filter(about=f"because:{request.ticket.reference}")
    instructions.note(task, FactKind.ACTED, happened_at=None, actor=actor.SYSTEM, now=clock.now())
    assert certifying.confirmations(run)["acted"] == 1

    refs = bundling.data_refs(request) - {request.ticket.subject_ref}
    for day in sorted(set(KeptRecord.objects.values_list("last_day", flat=True))):
        with time_machine.travel(datetime.combine(day + timedelta(days=1), time(12), clock.IST), tick=True):
            now = clock.now()
            nights.pass_over(now=now, actor=NIGHTLY)
            nights.carry_on(now=now, actor=NIGHTLY)
            left = retention.decide(refs, now=now, asked_at=request.ticket.received_at)
            assert [(each.eraser.name, each.sentence) for each in left if not each.verdict.is_kept] == []
    last = max(KeptRecord.objects.values_list("last_day", flat=True))
    with time_machine.travel(datetime.combine(last + timedelta(days=1), time(12), clock.IST), tick=True):
        nights.pass_over(now=clock.now(), actor=NIGHTLY)
        nights.carry_on(now=clock.now(), actor=NIGHTLY)
        assert [each.what for each in retention.decide(refs, now=clock.now(), asked_at=DAY)] == []
    assert not ErasureRun.objects.filter(because=request.ticket.reference, state=RunState.PLANNED).exists()


def rows_agree(run: ErasureRun, letter: set[str]) -> None:
    """Each row that stays is a line of the letter with its provision and day, each such line a row; field by field."""
    erasers = {str(eraser.name): eraser for eraser in hooks.erasers}
    said = set()
    for row in KeptRecord.objects.filter(step__run=run).select_related("step"):
        begins = f"{erasers[row.step.eraser].label}: we keep this until {date_format(row.last_day, 'j F Y')}"
        begins += (
            f" for legal claims ({row.citation})" if row.ground == "claim" else f", because {row.citation} requires it"
        )
        lines = {line for line in letter if line.startswith(begins)}
        assert lines, begins
        said |= lines
    assert {line for line in letter if "we keep this" in line} == said
    for item in ErasureItem.objects.filter(step__run=run).select_related("step"):
        eraser = erasers[item.step.eraser]
        for part in parts_of(eraser, item.fields or ()):
            if not part.rows(item.subject_ref).exists():
                continue
            raise AssertionError(f"{part.label} of {eraser.label} was to go")
    labels = {str(part.label) for eraser in erasers.values() for part in getattr(eraser, "parts", ())}
    named = {label for label in labels for line in letter if label in line.partition("Of this we erase now:")[2]}
    done = ErasureItem.objects.filter(step__run=run, fields__isnull=False).select_related("step")
    gone = {str(part.label) for item in done for part in parts_of(erasers[item.step.eraser], item.fields)}
    assert named
    assert named <= gone


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_the_preview_reads_in_the_persons_language(person: Principal, language: str) -> None:
    lines = preview_of(customer_client(person.user), language)
    assert lines
    assert all(re.search(r"[\u0900-\u097f]", line) for line in lines)


def test_who_is_not_signed_in_reads_what_happens_to_each_kind_and_nothing_of_a_person(person: Principal) -> None:
    client = Client()
    client.post(NEW, {"right": "erasure"})
    client.post(f"{NEW}details/", {"capacity": "self"})
    client.post(f"{NEW}contact/", {"email": "stranger@example.in", "phone": "", "language": "en"})
    page = client.get(f"{NEW}check/").content.decode()
    assert "We do not know yet who asks" in page
    assert "IT (Intermediary Guidelines) Rules 2021" in page or "CERT-In Directions 2022" in page
    assert "until 24 November 2031" in page
