"""V10 and V11: rows compared with what follows from their events, against reading the same columns of the same rows."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import QuerySet

from consent.ledger_checks import ConsentStates
from consent.models import ConsentEvent, ConsentState
from consent.records.selectors import folds, seals
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import Act, record_many
from portal.kernel.core import addresses, bulk, clock, ids
from portal.kernel.core.actor import SYSTEM
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.services import append_many, payload_of
from portal.kernel.outbox.ledger_checks import MESSAGES
from portal.kernel.outbox.models import Message
from tests.benchmarks import BenchRow, alternately, seconds
from tests.benchmarks.p01_decision import law_and_notice, number
from tests.consent.factories import person, said

SET = 2_000
MOST = 3
STATES = (
    ConsentState.objects.values("pk", *folds.KEY, *folds.STATE, "seal"),
    ConsentEvent.objects.values(*folds.KEY, *folds.SAID),
)
SENT = (
    Message.objects.values("pk", "reference", *MESSAGES.fields),
    AuditEvent.objects.filter(kind=AuditKind.OUTBOX_MESSAGE_SENT).values_list("about", "kind", "facts"),
)


def like(row: Any, **changes: Any) -> dict[str, Any]:
    """The columns of a row but its number, with others in their place."""
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    return {**found, **changes}


def fill_states(size: int) -> None:
    """Each address with one answer, its entry and its state."""
    event = said(person(email=None, phone="+919199999999"), "given")
    first, receipt = ConsentState.objects.get(event=event), event.receipt
    added = {"v", "kind", "event_id", "recorded_at", "principal"}
    content = {name: value for name, value in payload_of(event.entry).items() if name not in added}
    hashed = addresses.hasher()
    for start in range(ConsentState.objects.count(), size, SET):
        places = range(start, min(start + SET, size))
        with transaction.atomic():
            refs = [uuid4() for _place in places]
            payloads = [(content, ref) for ref in refs]
            entries = append_many(kind=EntryKind.CONSENT, payloads=payloads, recorded_at=event.recorded_at)
            events, states = [], []
            for place, ref, entry, pk in zip(
                places, refs, entries, bulk.new_keys(ConsentEvent, len(refs)), strict=True
            ):
                own = {"address_key": hashed(number(place))[0], "subject_ref": ref}
                events.append(like(event, **own, id=pk, entry_id=entry.pk, receipt_id=receipt.pk))
                state = like(first, **own, event_id=pk, entry_ref=entry.event_id, as_of_event=pk)
                states.append({**state, "seal": seals.seal_of(folds.key_of(state), state)})
            for model, rows in ((ConsentEvent, events), (ConsentState, states)):
                bulk.insert(model, tuple(rows[0]), [tuple(row.values()) for row in rows])


def fill_messages(size: int) -> None:
    """Each message with the audit event that says when it was sent, each event with its entry."""
    now = clock.now()
    names = tuple(field.attname for field in Message._meta.concrete_fields if not field.primary_key)
    for start in range(Message.objects.count(), size, SET):
        with transaction.atomic():
            made = [
                Message(
                    reference=ids.new_reference("MS"),
                    kind="tests.notice",
                    subject_ref=uuid4(),
                    fiduciary="onesetu",
                    channel="email",
                    purpose="support",
                    about=f"tests.thing:{start + place}",
                    template_sha256="a" * 64,
                    template_language="en",
                    state="sent",
                    message_id=f"<{uuid4()}@example.test>",
                    attempts=1,
                    attempts_allowed=5,
                    created_at=now - timedelta(minutes=1),
                    sent_at=now,
                )
                for place in range(min(SET, size - start))
            ]
            bulk.insert(Message, names, [tuple(getattr(one, name) for name in names) for one in made])
            acts = [
                Act(
                    f"outbox.message:{one.reference}",
                    {
                        "kind": one.kind,
                        "channel": one.channel,
                        "purpose": one.purpose,
                        "language": one.template_language,
                        "template_version": one.template_sha256,
                        "sent_at": clock.stamp(now),
                    },
                    one.subject_ref,
                )
                for one in made
            ]
            record_many(AuditKind.OUTBOX_MESSAGE_SENT, actor=SYSTEM, acts=acts)


def read(queries: Iterable[QuerySet[Any, Any]]) -> int:
    """Every row of the queries, once, in no order; how many."""
    return sum(1 for rows in queries for _row in rows.order_by().iterator(chunk_size=SET))


def clean(follows: Any) -> None:
    """All rows compared. Raises AssertionError where one differs."""
    if found := next(follows.differences(sample=None), None):
        raise AssertionError(found)


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Seconds for all rows of a table; full with 1,000,000 of them."""
    size = 1_000_000 if full else 5_000
    law_and_notice()
    fill_states(size)
    fill_messages(size)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for name, job, follows, queries in (
        ("V10", "consent states against their events", ConsentStates(), STATES),
        ("V11", "messages against their audit events", MESSAGES, SENT),
    ):
        ours, limit = alternately(
            3, lambda f=follows: seconds(lambda: clean(f)), lambda q=queries: seconds(lambda: read(q))
        )
        ratio = ours / limit
        yield BenchRow(name, f"{size:,} {job}", "s", ours, limit, ratio, f"at most {MOST}", ratio <= MOST)
