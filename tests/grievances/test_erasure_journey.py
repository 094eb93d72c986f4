"""A person asks for the end of everything: preview, letter and rows agree; after each last day the eraser leaves nothing."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils.formats import date_format

from grievances.base import selectors
from grievances.base.request_choices import Outcome
from grievances.models import RequestProposal, RightsRequest
from grievances.requests.services import data_copies, erasure_requests, request_decisions
from grievances.tickets.services import resolutions, thread_access
from kyc.models import Document, Likeness
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.erasure_api import Record, parts_of
from portal.kernel.core.ids import new_reference
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import Principal, RegimeEvidence, User
from portal.kernel.registers.base.choices import FactKind
from portal.kernel.registers.models import Disclosure, Instruction
from portal.kernel.registers.recipients.services import instruction_status
from portal.kernel.retention import limitation, retention_decisions
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, KeptRecord, RetentionRule
from portal.kernel.retention.services import certificates, claims, nightly_run
from tests.grievances.factories import filed
from tests.law.factories import ProfileFactory
from tests.people.factories import StaffFactory
from tests.registers.factories import order_about, service_in_the_book
from tests.retention.factories import hold
from tests.retention.marks import MAIL, NO, person_everywhere
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NEW = "/privacy/requests/new/"
NIGHTLY = actor.system("tests")
#: What begins the second sentence about a record of which fields go.
HALF = "Of this we erase"
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
    made = request_decisions.propose(
        request=request,
        outcome=Outcome.PARTLY,
        words_to_person="We have looked at everything.",
        actor=actor.staff(officer.pk),
        at=clock.now(),
    )
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())
    return made


def letter_on_page(client: Client, request: RightsRequest) -> set[str]:
    page = html.unescape(client.get(f"/privacy/track/{request.ticket.reference}/").content.decode())
    return {line.strip() for line in re.findall(r"(?:^|>)\s*- (.*?)(?=<|$)", page, re.MULTILINE)}


def test_preview_letter_and_rows_agree_and_each_last_day_leaves_nothing(person: Principal) -> None:
    """Longer than others: every room, and a night after each last day."""
    client: Any = customer_client(person.user)
    preview = preview_of(client)
    assert any("CERT-In Directions 2022" in line for line in preview)
    assert any("Of this we erase, as soon as nothing else keeps it:" in line for line in preview)
    assert not any("Limitation Act 1963 requires" in line for line in preview)
    request = asked_for_everything(client)
    made = decided_by_two(request)
    letter = {line[2:] for line in request_decisions.letter_text(made).splitlines() if line.startswith("- ")}
    assert letter == preview
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    run = ErasureRun.objects.get(because=request.ticket.reference)
    assert run.state == RunState.DONE, [(step.eraser, step.failure) for step in run.steps.all()]
    rows_agree(run, letter)

    (task,) = Instruction.objects.filter(about=f"because:{request.ticket.reference}")
    instruction_status.note(task, FactKind.ACTED, happened_at=None, actor=actor.SYSTEM, now=clock.now())
    assert certificates.confirmations(run)["acted"] == 1

    refs = data_copies.data_refs(request) - {request.ticket.subject_ref}
    for day in sorted(set(KeptRecord.objects.values_list("last_day", flat=True))):
        with time_machine.travel(datetime.combine(day + timedelta(days=1), time(12), clock.IST), tick=True):
            now = clock.now()
            nightly_run.pass_over(now=now, actor=NIGHTLY)
            nightly_run.carry_on(now=now, actor=NIGHTLY)
            left = retention_decisions.decide(refs, now=now, asked_at=request.ticket.received_at)
            assert [(each.eraser.name, each.sentence) for each in left if not each.verdict.is_kept] == []
    last = max(KeptRecord.objects.values_list("last_day", flat=True))
    with time_machine.travel(datetime.combine(last + timedelta(days=1), time(12), clock.IST), tick=True):
        nightly_run.pass_over(now=clock.now(), actor=NIGHTLY)
        nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
        assert [each.what for each in retention_decisions.decide(refs, now=clock.now(), asked_at=DAY)] == []
    assert not ErasureRun.objects.filter(because=request.ticket.reference, state=RunState.PLANNED).exists()


def lines_of(request: RightsRequest) -> list[str]:
    reply_on = selectors.reply_on(request.ticket)
    plan = erasure_requests.plan(request, at=clock.now())
    return erasure_requests.letter_lines(plan, language="en", closes_on=reply_on, at=clock.now())


def rows_agree(run: ErasureRun, letter: set[str]) -> None:
    """Each row that stays is a line of the letter with its provision and day, each such line a row; field by field."""
    erasers = {str(eraser.name): eraser for eraser in ports.erasers}
    said = set()
    for row in KeptRecord.objects.filter(step__run=run).select_related("step"):
        begins = f"{erasers[row.step.eraser].label}: we keep this until {date_format(row.last_day, 'j F Y')}"
        begins += (
            f" for legal claims ({row.citation})" if row.ground == "claim" else f", because {row.citation} requires it"
        )
        lines = {line for line in letter if line.startswith(begins)}
        assert lines, begins
        said |= lines
    (own,) = {line for line in letter if line.startswith("This request and our answer, counted from ")}
    assert {line for line in letter if "we keep this" in line} - {own} == said
    request = RightsRequest.objects.get(ticket__reference=run.because)
    assert request.ticket.entries.exists(), "the request itself stays, as the line says"
    closed = selectors.reply_on(request.ticket)
    assert closed is not None
    assert date_format(closed, "j F Y") in own
    record = Record(uuid4(), datetime.combine(closed, time(12), clock.IST))
    texts = next(each for each in ports.erasers if each.name == "grievances.texts")
    verdict = retention_decisions.decide_record(texts, record, now=clock.now()).verdict
    assert f"until {date_format(verdict.keeper.on, 'j F Y')}" in own, "its reason has a last day"
    for item in ErasureItem.objects.filter(step__run=run).select_related("step"):
        eraser = erasers[item.step.eraser]
        for part in parts_of(eraser, item.fields or ()):
            if not part.rows(item.subject_ref).exists():
                continue
            raise AssertionError(f"{part.label} of {eraser.label} was to go")
    labels = {str(part.label) for eraser in erasers.values() for part in getattr(eraser, "parts", ())}
    named = {
        label
        for label in labels
        for line in letter
        if label in line.partition("Of this we erase, as soon as nothing else keeps it:")[2]
    }
    done = ErasureItem.objects.filter(step__run=run, fields__isnull=False).select_related("step")
    gone = {str(part.label) for item in done for part in parts_of(erasers[item.step.eraser], item.fields)}
    assert named
    assert named <= gone


def page_before_sending(client: Client) -> str:
    """The whole page, but for what is random on it."""
    page = client.get(f"{NEW}check/").content.decode()
    return re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', "", page)


@pytest.mark.parametrize("stop", [order_about, hold])
def test_the_preview_is_the_same_page_with_a_hold_or_a_secret_order_and_without(
    person: Principal, stop: Callable[[UUID], Any]
) -> None:
    client = customer_client(person.user)
    lines = preview_of(client)
    assert any(HALF in line for line in lines)
    before = page_before_sending(client)
    stop(person.subject.ref)
    assert page_before_sending(client) == before
    assert "A duty of law or a legal claim may keep single items for longer" in before
    assert not any("prevents us from erasing" in line for line in lines)


@pytest.mark.parametrize("stop", [order_about, hold])
def test_the_letter_says_the_same_as_the_preview_and_the_rows_with_a_hold_or_a_secret_order_and_without(
    person: Principal, stop: Callable[[UUID], Any]
) -> None:
    """Longer than others: every room, from the preview to the run."""
    client = customer_client(person.user)
    preview = preview_of(client)
    request = asked_for_everything(client)
    without = lines_of(request)
    stop(person.subject.ref)
    assert lines_of(request) == without
    made = decided_by_two(request)
    letter = {line[2:] for line in request_decisions.letter_text(made).splitlines() if line.startswith("- ")}
    assert letter == preview
    assert "A duty of law or a legal claim may keep single items for longer" in request_decisions.letter_text(made)
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    run = ErasureRun.objects.get(because=request.ticket.reference)
    assert run.erased == 0
    kept_by_rule, only_held = set(), set()
    for row in KeptRecord.objects.filter(step__run=run).select_related("step"):
        label = next(str(each.label) for each in ports.erasers if each.name == row.step.eraser)
        if row.ground == "hold":
            only_held.add(label)
            assert (row.citation, row.last_day) == ("", None)
        else:
            kept_by_rule.add(f"{label}: we keep this until {date_format(row.last_day, 'j F Y')}")
    assert all(any(line.startswith(begin) for line in letter) for begin in kept_by_rule)
    erased = {line.removesuffix(", but for what is named below") for line in letter if "we keep this" not in line}
    assert only_held == erased, "what the letter calls erased, and nothing else, stays for the hold alone"
    replies = request.ticket.entries.filter(kind="reply").count()
    assert replies == 0, "no message says what stopped it"


def test_a_letter_loses_no_sentence_because_of_a_secret_order_which_still_keeps_every_field(person: Principal) -> None:
    client = customer_client(person.user)
    preview_of(client)
    request = asked_for_everything(client)

    def lines() -> list[str]:
        return lines_of(request)

    with_none = {line for line in lines() if HALF in line}
    order = order_about(person.subject.ref)
    by_order = lines()
    assert {line for line in by_order if HALF in line} == with_none
    assert with_none
    assert not [line for line in by_order if HALF in line and "prevents us from erasing" in line]
    decided_by_two(request)
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    run = ErasureRun.objects.get(because=request.ticket.reference)
    assert not ErasureItem.objects.filter(step__run=run, fields__isnull=False).exists(), "an order keeps each field"
    assert (run.erased, run.held > 0) == (0, True)
    User.objects.get(pk=person.user.pk, password=person.user.password)
    order.delete()
    hold(person.subject.ref)
    assert lines() == by_order


def test_the_preview_does_not_tell_that_somebody_is_like_an_entry_of_a_sanctions_list(person: Principal) -> None:
    OrganisationProfile.objects.all().delete()  # only CERT-In keeps the documents: the IT Rules would keep every field
    ProfileFactory(**{**dict.fromkeys(NO, "no"), "cloud_provider": "yes"})
    client = customer_client(person.user)
    lines = preview_of(client)
    assert any("document numbers" in line.partition(HALF)[2] for line in lines)
    before = page_before_sending(client)
    case = Document.objects.latest("pk").case
    Likeness.objects.create(
        reference="OS-SC-7K4M-9QX2",
        case=case,
        source="un",
        uid="QDi.001",
        list_version=DAY.date(),
        list_sha256="0" * 64,
        decision="AUTO",
        birth="unknown",
        pair_key=b"key",
        found_at=DAY,
    )
    going = {name for each in erasure_requests.in_short(plan_of(person)) for name in each}
    assert "kyc.Likeness.listed" in going, "it ends all the same"
    assert page_before_sending(client) == before


def plan_of(person: Principal) -> list[retention_decisions.Decided]:
    return erasure_requests.preview(person, reply_on=None, at=clock.now())


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


def kept_on_page(client: Client, request: RightsRequest) -> str:
    """The part of the request's page that says what is kept today."""
    page = html.unescape(client.get(f"/privacy/track/{request.ticket.reference}/").content.decode())
    (section,) = re.findall(r"<h2>What we keep now</h2>(.*?)</ul>", page, re.DOTALL)
    return section


def replies(request: RightsRequest) -> list[str]:
    lines = thread_access.thread(request.ticket, internal=False)
    return [line.texts["text"] for line in lines if line.entry.kind == "reply"]


def test_a_decided_question_of_the_profile_ends_what_it_kept_and_the_person_reads_what_keeps_the_rest(
    person: Principal,
) -> None:
    OrganisationProfile.objects.all().delete()
    ProfileFactory(**{**dict.fromkeys(NO, "no"), "intermediary": "yes", "cloud_provider": "undecided"})
    client = customer_client(person.user)
    assert any("If not, it is kept for this: IT (Intermediary Guidelines) Rules" in line for line in preview_of(client))
    request = asked_for_everything(client)
    made = decided_by_two(request)
    assert "If so, we keep this until 24 November 2031. If not, it is kept for this:" in request_decisions.letter_text(
        made
    )
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    assert "will decide this by" in kept_on_page(client, request)
    assert "CERT-In" in kept_on_page(client, request)
    ProfileFactory(
        **{**dict.fromkeys(NO, "no"), "intermediary": "yes", "cloud_provider": "no"},
        effective_from=DAY.date() + timedelta(days=1),
    )
    with time_machine.travel(DAY + timedelta(days=1), tick=True):
        (again,) = nightly_run.pass_over(now=clock.now(), actor=NIGHTLY).again
        assert again.state == RunState.APPROVED, "two people have decided the request and the question; nobody is asked"
        nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
        (news,) = replies(request)
        assert "We have decided what our answer left open. This we still keep:" in news
        assert "IT (Intermediary Guidelines) Rules 2021" in news
        assert "CERT-In" not in news
        request.refresh_from_db()
        shown = "\n".join(erasure_requests.kept_now(request, at=clock.now()))
        assert "decide" not in shown
        assert "we keep this until 23 May 2027, because IT (Intermediary" in shown
        assert Message.objects.filter(kind="grievances.request_replied").count() == 1
        rows = KeptRecord.objects.filter(step__run=again)
        assert {row.ground for row in rows} == {"law", "claim"}, "nothing waits for a decision any more"
        last_day = max(row.last_day for row in rows)
        assert nightly_run.pass_over(now=clock.now(), actor=NIGHTLY).again == [], "told once"
    with time_machine.travel(DAY + timedelta(days=2), tick=True):
        assert nightly_run.pass_over(now=clock.now(), actor=NIGHTLY).again == []
        assert len(replies(request)) == 1
    with time_machine.travel(datetime.combine(last_day + timedelta(days=1), time(12), clock.IST)):
        nightly_run.pass_over(now=clock.now(), actor=NIGHTLY)
        nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
        person.refresh_from_db()
        assert person.full_name == "", "the last day of the last rule has passed"
        assert replies(request)[-1].startswith("Erased by now:")


def test_a_question_decided_with_yes_is_told_as_the_duty_it_is_now(person: Principal) -> None:
    OrganisationProfile.objects.all().delete()
    ProfileFactory(**{**dict.fromkeys(NO, "no"), "intermediary": "yes", "cloud_provider": "undecided"})
    client = customer_client(person.user)
    preview_of(client)
    request = asked_for_everything(client)
    decided_by_two(request)
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    ProfileFactory(
        **{**dict.fromkeys(NO, "no"), "intermediary": "yes", "cloud_provider": "yes"},
        effective_from=DAY.date() + timedelta(days=1),
    )
    with time_machine.travel(DAY + timedelta(days=1), tick=True):
        nightly_run.pass_over(now=clock.now(), actor=NIGHTLY)
        nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
        (news,) = replies(request)
        assert "we keep this until 24 November 2031, because CERT-In Directions 2022" in news


def test_the_page_of_a_request_does_not_show_when_an_order_comes(person: Principal) -> None:
    client = customer_client(person.user)
    preview_of(client)
    request = asked_for_everything(client)
    decided_by_two(request)
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    before = kept_on_page(client, request)
    order_about(person.subject.ref)
    assert kept_on_page(client, request) == before


def test_a_claim_on_one_of_two_complaints_keeps_that_one_and_preview_letter_and_rows_say_so(person: Principal) -> None:
    """No limitation keeps whole classes any more; the claim names one complaint. Longer than others: every room, and nights."""
    RetentionRule.objects.filter(retention_class__in=limitation.classes_to_change()).update(legal_rules=[])
    first, other = (
        filed(email=MAIL, principal=person, what_happened=words).ticket for words in ("The first.", "Another.")
    )
    for each in (first, other):
        resolutions.withdraw(ticket=each, actor=actor.stranger(), at=clock.now())
    client = customer_client(person.user)
    label = "Words, addresses and files of grievances"
    assert not any(line.startswith(f"{label}:") for line in preview_of(client)), "without a claim all of them go"
    officer, second = (StaffFactory(roles=[role]) for role in ("data_protection_officer", "administrator"))
    claim = claims.propose(
        subject_ref=person.subject.ref,
        dispute="Suit 12/2026",
        disputed_on=DAY.date() - timedelta(days=30),
        rule_key="IN-LIM",
        records=[first.about],
        retention_classes=[],
        last_day=None,
        why="The first complaint is the evidence.",
        actor=actor.staff(officer.pk),
        now=clock.now(),
    )
    assert not any(line.startswith(f"{label}:") for line in preview_of(client)), "one person alone keeps nothing"
    claims.answer(claim=claim, approve=True, reason="Seen.", actor=actor.staff(second.pk), now=clock.now())
    preview = preview_of(client)
    (said,) = (line for line in preview if line.startswith(f"{label}:"))
    last = date_format(claim.last_day, "j F Y")
    assert said == (
        f"{label}: we keep this until {last} for legal claims (Limitation Act 1963). No law requires it. "
        "We have not checked the official text and dates yet: Limitation Act 1963. Until we have, we keep to it as we know it."
    )
    assert not any("Suit" in line or first.reference in line for line in preview)
    request = asked_for_everything(client)
    made = decided_by_two(request)
    letter = {line[2:] for line in request_decisions.letter_text(made).splitlines() if line.startswith("- ")}
    assert letter == preview
    nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
    run = ErasureRun.objects.get(because=request.ticket.reference)
    assert run.state == RunState.DONE, [(step.eraser, step.failure) for step in run.steps.all()]
    rows_agree(run, letter)
    (row,) = KeptRecord.objects.filter(step__run=run, step__eraser="grievances.texts")
    assert (row.about, row.rule_key, row.last_day) == (first.about, "IN-LIM", claim.last_day)
    assert (first.contacts.exists(), other.contacts.exists()) == (True, False)
    for days, is_here in ((0, True), (1, False)):
        with time_machine.travel(datetime.combine(claim.last_day + timedelta(days=days), time(12), clock.IST)):
            nightly_run.pass_over(now=clock.now(), actor=NIGHTLY)
            nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
            assert first.contacts.exists() is is_here
