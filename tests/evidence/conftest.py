import io
from datetime import date, datetime, timedelta
from hashlib import sha256

import pytest
import time_machine
from django.db import transaction

from grievances.models import Ticket
from grievances.tickets.services import deadlines, resolutions
from portal.fronts.evidence import samples
from portal.fronts.evidence.period import Period
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, ids
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.services import redaction
from portal.kernel.outbox.audit_events import record_act
from portal.kernel.outbox.models import TemplateVersion
from portal.kernel.people.services import roles
from portal.kernel.registers.entries.services import attachments
from portal.kernel.registers.models import Contract, Measure
from portal.kernel.registers.orders.services import authority_orders, non_disclosure
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureRun
from portal.kernel.retention.services import certificates, holds
from tests.audit.factories import AuditEventFactory
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.evidence.packed import INSIDE, NOVEMBER, OCTOBER, WHO
from tests.grievances.factories import STRANGER, ticket
from tests.kyc.documents import pdf
from tests.ledger.factories import EntryFactory
from tests.outbox.factories import MessageFactory
from tests.people.factories import StaffFactory, shipped_role
from tests.registers.entered import agreed
from tests.registers.factories import two_people
from tests.shipped import every_rule
from tests.vault.factories import stored

#: Of a kind whose leaves no register repeats.
NOTICE = {"id": "consent", "version": 1, "lang": "en", "sha256": "0" * 64}


@pytest.fixture
def october():
    """A ledger with records before, in and after October, sealed at their own times, one of them erased since."""
    erased = None
    for moment in (datetime(2026, 9, 20, tzinfo=clock.IST), INSIDE, INSIDE + timedelta(days=2), NOVEMBER):
        with time_machine.travel(moment, tick=False):
            entries = EntryFactory.create_batch(3, kind="notice", payload=NOTICE)
            AuditEventFactory(facts={"reason_code": "=1+1"})
            ledger.seal_now()
            erased = erased or (entries[0] if moment == INSIDE else None)
    with time_machine.travel(NOVEMBER + timedelta(hours=1), tick=False):
        ledger.redact(Entry.objects.filter(pk=erased.pk), basis="test", requested_at=clock.now())


@pytest.fixture
def lived_in():
    """A portal that was used before, in and after October: consents, grievances, acts of staff, one content erased."""
    law_is_loaded()
    every_rule()
    with time_machine.travel(datetime(2026, 9, 20, tzinfo=clock.IST), tick=False):
        published_notice()
        asha, ravi = person(), person(email="ravi@acme.example", phone="+919876543211")
        AuditEventFactory.create_batch(3)
        agreed(Measure, evidence="A test of a restore", evidence_on=date(2025, 1, 31))
        ledger.seal_now()
    erased = None
    for day in range(3):
        with time_machine.travel(INSIDE + timedelta(days=day), tick=False):
            said(asha, ("given", "withdrawn", "given")[day])
            said(ravi, "given", channel="voice")
            filed = ticket(at=clock.now(), email=f"asha{day}@acme.example")
            if day == 1:
                resolutions.withdraw(ticket=filed, actor=STRANGER, at=clock.now() + timedelta(minutes=1))
            event = AuditEventFactory(facts={"reason_code": "=1+1"})
            erased = erased or event
            if not day:
                staff_and_letters()
            ledger.seal_now()
    with time_machine.travel(NOVEMBER, tick=False):
        said(asha, "withdrawn")
        AuditEventFactory.create_batch(3)
        ledger.seal_now()
    with time_machine.travel(NOVEMBER + timedelta(hours=1), tick=False):
        ledger.redact(Entry.objects.filter(pk=erased.entry_id), basis="test", requested_at=clock.now())


def staff_and_letters():
    """A role is given, a file stored, and a letter sent, by the services that leave a trace."""
    with transaction.atomic():
        roles.give(
            user=StaffFactory(),
            role=shipped_role("support"),
            starts_at=clock.now(),
            ends_at=None,
            actor=WHO,
            now=clock.now(),
        )
    stored(b"a paper")
    source = "Your code is {{ code }}."
    digest = sha256(source.encode()).hexdigest()
    TemplateVersion.objects.create(
        kind="signin.otp", language="en", sha256=digest, source=source, first_used_at=clock.now()
    )
    message = MessageFactory(kind="signin.otp", template_sha256=digest, sent_at=clock.now())
    with transaction.atomic():
        record_act(AuditKind.OUTBOX_MESSAGE_SENT, message, actor=WHO)


@pytest.fixture
def lived_in_sample(lived_in):
    """A frozen sample of the deadlines of October; its reference."""
    with time_machine.travel(NOVEMBER + timedelta(hours=2), tick=False):
        return samples.draw(
            register=samples.BY_NAME["clocks"],
            period=OCTOBER,
            method="random",
            size=3,
            seed=5,
            actor=WHO,
            now=clock.now(),
        ).reference


@pytest.fixture
def kept_and_drawn(lived_in):
    """In October a legal hold was placed, an erasure run carried out, a recipient notified, and two samples were drawn: of rows
    of October and of September. The references of the samples.
    """
    officer = StaffFactory(roles=["data_protection_officer"])
    with time_machine.travel(INSIDE + timedelta(days=5), tick=False):
        holds.place(
            subject_ref=Ticket.objects.earliest("pk").subject_ref,
            retention_class="",
            order_reference="C-1",
            why="A case.",
            actor=actor.staff(officer.pk),
        )
        run = ErasureRun.objects.create(
            reference=ids.new_reference("ER"),
            state=RunState.RUNNING,
            started_by=actor.SYSTEM.label,
            planned_at=clock.now(),
            started_at=clock.now(),
        )
        certificates.close(run, now=clock.now(), actor=WHO)
        notified = MessageFactory(
            kind="consent.withdrawn", channel="webhook", template_sha256="", sent_at=clock.now(), purpose=""
        )
        with transaction.atomic():
            record_act(AuditKind.OUTBOX_MESSAGE_SENT, notified, actor=WHO)
        drawn = [
            samples.draw(
                register=samples.BY_NAME[register],
                period=Period(*days),
                method="random",
                size=2,
                seed=5,
                actor=WHO,
                now=clock.now(),
            ).reference
            for register, days in (
                ("clocks", (date(2026, 10, 1), date(2026, 10, 14))),
                ("purposes", (date(2026, 9, 1), date(2026, 9, 30))),
            )
        ]
        ledger.seal_now()
    return drawn


@pytest.fixture
def with_attachments(lived_in):
    """Files of a contract, and one of an order, added in October; one of them was destroyed since. Who asks for the pack."""
    maker, _checker = two_people()
    with time_machine.travel(INSIDE + timedelta(days=4), tick=False):
        contract, order = agreed(Contract), _order_received(maker, 1)
        for record, text in (
            (contract, "What was agreed"),
            (contract, "An annex"),
            (order, "An order"),
            (contract, "A third"),
            (contract, "More"),
        ):
            last = attachments.add(
                record,
                stream=io.BytesIO(pdf(text)),
                extension="pdf",
                kind="agreement",
                dated_on=clock.day(clock.now()),
                actor=maker,
                now=clock.now(),
            )
        ledger.seal_now()
    with time_machine.travel(NOVEMBER + timedelta(hours=2), tick=False):
        attachments._end(last, now=clock.now())
        ledger.seal_now()
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def changed_since(lived_in):
    """Rows of October of which a later act changed a column: two receipts moved, in the month and after it, and two orders
    made silent. Their references.
    """
    maker, _checker = two_people()
    with time_machine.travel(INSIDE + timedelta(days=5), tick=False):
        first = _receipt_moved(Ticket.objects.earliest("pk"), timedelta(days=2))
        early, late = (_order_received(maker, number) for number in range(2))
        non_disclosure.make_silent(
            early, secret_until=None, why="The court asked for it.", actor=maker, now=clock.now()
        )
        ledger.seal_now()
    with time_machine.travel(NOVEMBER + timedelta(hours=3), tick=False):
        last = _receipt_moved(Ticket.objects.latest("pk"), timedelta(days=1))
        _receipt_moved(Ticket.objects.get(reference=first), timedelta(hours=3))
        non_disclosure.make_silent(late, secret_until=None, why="The court asked for it.", actor=maker, now=clock.now())
        ledger.seal_now()
    return {"tickets": [first, last], "authority_orders": [early.reference, late.reference]}


@pytest.fixture
def erased_unnamed(request, monkeypatch):
    """The same as ``lived_in``; of the ticket of October that was withdrawn, and of its deadlines, the end was erased by a release that did not record
    of which act the entries were. The ticket's reference.
    """
    monkeypatch.setattr(redaction, "_act_of", lambda entry: None)
    request.getfixturevalue("lived_in")
    with time_machine.travel(NOVEMBER + timedelta(hours=2), tick=False):
        closed = AuditEvent.objects.get(kind="grievances.ticket.closed")
        stopped = AuditEvent.objects.filter(kind="law.clock.stopped", about=closed.about).latest("pk")
        chosen = Entry.objects.filter(pk__in=[closed.entry_id, stopped.entry_id])
        ledger.redact(chosen, basis="test", requested_at=clock.now())
        ledger.seal_now()
    return closed.about.partition(":")[2]


@pytest.fixture
def filed_later(lived_in):
    """Two tickets of October that were filed here in November: the leaf of the first one's filing was erased since."""
    with time_machine.travel(NOVEMBER + timedelta(hours=3), tick=False):
        found = [ticket(at=clock.now(), email=f"ravi{number}@acme.example") for number in range(2)]
        references = [_receipt_moved(one, timedelta(days=10)) for one in found]
        ledger.seal_now()
    with time_machine.travel(NOVEMBER + timedelta(hours=4), tick=False):
        filed = AuditEvent.objects.get(kind="grievances.ticket.filed", about=f"grievances.ticket:{references[0]}")
        ledger.redact(Entry.objects.filter(pk=filed.entry_id), basis="test", requested_at=clock.now())
        ledger.seal_now()
    return references


def _receipt_moved(found, by):
    officer = StaffFactory(roles=["grievance_officer"])
    deadlines.correct_receipt(
        ticket=found,
        received_at=found.received_at - by,
        reason_code="earlier",
        by=officer,
        actor=actor.staff(officer.pk),
        at=clock.now(),
    )
    return found.reference


def _order_received(maker, number):
    return authority_orders.receive(
        kind="court",
        authority="Sessions Court, Nashik",
        officer_name="R. Deshmukh",
        verified_how="court_seal",
        power="BNSS s.94",
        order_number=f"Cr. {number}/2026",
        paper_sha256=sha256(b"an order").hexdigest(),
        asked="Name of the holder.",
        asked_categories=["name"],
        subject_refs=[Ticket.objects.earliest("pk").subject_ref],
        wanted_by=None,
        undertaking_on=None,
        is_secret=False,
        secret_until=None,
        received_at=clock.now(),
        actor=maker,
        now=clock.now(),
    )
