"""Seven recipients of people's data, told of withdrawals: most have confirmed, one is late."""

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from consent.base.choices import Answer
from consent.records.models.state import ConsentState
from consent.suppressions.services.withdrawals import stop_all_promotional
from grievances.base.models.ticket import Ticket
from portal.demo.story import register_entries
from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.demo.story.timeline import Timeline
from portal.kernel.core.actor import Actor, system
from portal.kernel.law.services import deadline_sweep
from portal.kernel.people.models import Fiduciary, Principal, SubjectAlias, User
from portal.kernel.people.services import fiduciaries
from portal.kernel.registers.base.choices import FactKind
from portal.kernel.registers.recipients.models.instructions import Instruction
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.services import instruction_status, recipients, staff_instructions
from portal.kernel.registers.senders.services import sender_entries

#: When they began to get data, as a part of the time since the opening.
HELD_SINCE = 0.4
#: How many people stop everything after the recipients were registered.
WITHDRAWALS = 6
#: These have never confirmed anything.
SILENT = frozenset({"campaign-desk", "voice-loom"})
#: These confirm, and say when they have acted.
THOROUGH = frozenset({"sms-yard", "letter-box", "chat-lane"})
MESSAGES = ("sms", "whatsapp", "rcs", "email", "voice", "push", "dashboard")


@dataclass(frozen=True)
class Company:
    """One recipient of the story; all of them are invented."""

    code: str
    name: str
    kind: str
    channels: tuple[str, ...]
    country: str = "IN"
    purposes: tuple[str, ...] = ("marketing", "product_updates")
    used_categories: tuple[str, ...] = ("contact",)
    address_form: str = "plain"
    service: str = "telecom"


COMPANIES = (
    Company("sms-yard", "SMS Yard Private Limited", "sender", ("sms", "rcs")),
    Company("chat-lane", "Chat Lane LLP", "sender", ("whatsapp",)),
    Company("letter-box", "Letter Box GmbH", "sender", ("email",), "DE"),
    Company("voice-loom", "Voice Loom Private Limited", "sender", ("voice",)),
    Company("campaign-desk", "Campaign Desk Private Limited", "processor", MESSAGES, used_categories=("contact", "name"),
            service="desk"),
    Company("reach-count", "Reach Count Pte Ltd", "processor", MESSAGES, "SG", address_form="keyed", service="desk"),
    Company("page-gauge", "Page Gauge Inc", "processor", (*MESSAGES, "none"), "US",
            ("marketing", "analytics"), ("device",), "keyed", "analytics"),
)  # fmt: skip


def plan(past: Timeline, cast: Cast, team: Mapping[str, User], *, actor: Actor) -> None:
    """In spring they are registered, with contract and check, and begin to get data."""
    maker, checker = by(team["administrator"]), by(team["data.protection"])

    def register(company: Company) -> None:
        own = fiduciaries.ensure_own(actor=actor, now=cast.start)
        _register(cast, company, own, maker, checker)

    for number, company in enumerate(COMPANIES):
        past.plan(past.share(HELD_SINCE + number / 100), functools.partial(register, company))
    past.plan(past.share(HELD_SINCE + len(COMPANIES) / 100), lambda: register_entries.connect(cast, team))


def build(cast: Cast, people: People, team: Mapping[str, User]) -> None:
    """Let some people withdraw, and let most recipients confirm; one was told two days ago and is late."""
    actor, checker = system("load_demo"), by(team["data.protection"])
    confirm_since(cast.start.replace(day=1))
    registered = list(Recipient.objects.filter(code__in=[company.code for company in COMPANIES]).order_by("pk"))
    with piece():
        for person in _who_said_yes(people)[:WITHDRAWALS]:
            stop_all_promotional(subject_ref=person.subject.ref, actor=actor)
        confirm(Instruction.objects.filter(given_at__gte=cast.start).select_related("recipient", "fiduciary"))
    with piece():
        late = next(recipient for recipient in registered if recipient.code in SILENT)
        customer_of = dict(SubjectAlias.objects.values_list("old_ref", "new_ref"))
        asked = Ticket.objects.filter(subject_ref__in=customer_of).latest("received_at")
        staff_instructions.by_staff(
            recipient=late,
            do="correct",
            subject_ref=customer_of[asked.subject_ref],
            because=asked.reference,
            actor=checker,
            now=cast.ago(days=2),
        )
    deadline_sweep.sweep(now=cast.start)


def _register(cast: Cast, company: Company, own: Fiduciary, maker: Actor, checker: Actor) -> Recipient:
    register_entries.papers_of(
        cast,
        company.code,
        name=company.name,
        service=company.service,
        country=company.country,
        categories=company.used_categories,
        maker=maker,
        checker=checker,
    )
    recipient = recipients.propose(
        fiduciary=own,
        code=company.code,
        name=company.name,
        kind=company.kind,
        purposes=company.purposes,
        channels=company.channels,
        used_categories=company.used_categories,
        country=company.country,
        contact=f"privacy@{company.code}.example",
        url=f"https://{company.code}.example/webhooks/onesetu",
        address_form=company.address_form,
        starts_at=cast.start,
        actor=maker,
        now=cast.start,
    )
    sender_entries.answer(recipient, approve=True, reason="", actor=checker, now=cast.start)
    recipients.new_secret(recipient, actor=maker, now=cast.start)
    return recipient


def _who_said_yes(people: People) -> list[Principal]:
    """Owners with a yes about offers, those first who said it where each recipient works: all seven have to stop then."""
    given = ConsentState.objects.filter(purpose="marketing", answer=Answer.GIVEN)
    said = Counter(given.filter(channel__in=("whatsapp", "email")).values_list("subject_ref", flat=True))
    found = [person for person in people.owners.values() if said[person.subject.ref]]
    return sorted(found, key=lambda person: -said[person.subject.ref])


def confirm_since(first: datetime) -> None:
    """Everyone confirms what they were told from that instant on: nobody was late until today. One transaction."""
    given = Instruction.objects.filter(given_at__gte=first).select_related("recipient", "fiduciary").order_by("pk")
    with piece():
        for instruction in given:
            _note(instruction, FactKind.ACTED)


def confirm(given: Iterable[Instruction]) -> None:
    """Answer instructions as each recipient of the story does: thoroughly, briefly, or not at all."""
    for instruction in given:
        code = instruction.recipient.code
        if code in SILENT:
            continue
        step = FactKind.ACTED if code in THOROUGH else FactKind.ACKNOWLEDGED
        _note(instruction, step)


def _note(instruction: Instruction, step: FactKind) -> None:
    by_recipient = instruction_status.by(instruction.recipient)
    instruction_status.note(instruction, step, happened_at=None, actor=by_recipient, now=instruction.given_at)
