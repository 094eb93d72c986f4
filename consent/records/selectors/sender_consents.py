"""What counts at an address for one sender (TRAI TCCCPR: a person may consent to one header of a company and not to another).

An answer about one sender is in no state of the projection: it is folded from the events when a decision meets one. For a
sender counts the latest word about it or about all senders; a refusal of all beats an older consent to one, and a refusal
of one leaves the others as they are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from consent.base.rules.contact import NO_WISHES, UNPROVED_WORD, Word
from consent.base.rules.status_fold import NO, YES, Said, deciding
from consent.records.models.events import ConsentEvent
from consent.records.selectors import entry_rows
from consent.records.selectors.address_status import Found
from portal.kernel.people import selectors as people


@dataclass(frozen=True, slots=True)
class Answered:
    """The word that counts at a place, as the projection would keep it."""

    word: Word
    #: None where the word is unproved.
    entry: str | None
    subject: UUID
    said_at: datetime
    notice: int | None
    #: The number of the event.
    event: int


def answered_at(fiduciary: int, keys: Collection[bytes], purpose: str, channel: str, *, sender: str) -> Answered | None:
    """What counts at an address for a sender, or for one that nobody named: then a refusal of any of them. Reads only."""
    return _counting(_rows(fiduciary, keys, purpose, channel), sender)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The word of all senders as a decision found it in its state; without an entry where the state is unproved."""

    entry: str | None
    word: Word
    said_at: datetime | None
    notice: int | None


def proved_at(
    fiduciary: int, keys: Collection[bytes], purpose: str, channel: str, *, sender: str, state: Sealed | None
) -> Answered | None:
    """The same for a decision, which found ``state``, the one of all senders. Reads only.

    The state is sealed and the events are not. Where the events of all senders come to something else, or one of those that
    count for the sender does not agree with its entry of the ledger, no consent may rest on them: the word is
    ``UNPROVED_WORD``.
    """
    rows = _rows(fiduciary, keys, purpose, channel)
    of_all: dict[bytes, list[dict[str, Any]]] = {}
    for row in rows:
        if not row["sender"]:
            of_all.setdefault(bytes(row["address_key"]), []).append(row)
    folded = [_fold(own, "") for own in of_all.values()]
    states = [Sealed(said.entry, said.word, said.said_at, said.notice) for said in folded if said is not None]
    found = _counting(rows, sender)
    if found is None:
        return None
    is_as_sealed = state in states if state is not None else not states
    if is_as_sealed and (found.word.answer not in YES or not _is_doubted(rows, sender, found.event)):
        return found
    return replace(found, word=UNPROVED_WORD, entry=None)


def _is_doubted(rows: Sequence[dict[str, Any]], sender: str, deciding: int) -> bool:
    own = [row for row in rows if row["sender"] in {"", sender}]
    return entry_rows.doubt(own).is_about(own, deciding=deciding)


def _rows(fiduciary: int, keys: Collection[bytes], purpose: str, channel: str) -> list[dict[str, Any]]:
    events = ConsentEvent.objects.filter(
        fiduciary=fiduciary, address_key__in=keys, purpose=purpose, channel=channel
    ).order_by("pk")
    return list(events.values(*_COLUMNS))


def _counting(rows: Sequence[dict[str, Any]], sender: str) -> Answered | None:
    if sender:
        return _fold(rows, sender)
    of_all = _fold(rows, "")
    each = [_fold(rows, one) for one in sorted({row["sender"] for row in rows} - {""})]
    return max((one for one in [of_all, *each] if one and one.word.answer in NO), key=_when, default=of_all)


def deciding_at(
    fiduciary: int, keys: Collection[bytes], purpose: str, channel: str, *, sender: str
) -> ConsentEvent | None:
    """The event that decides for a sender at an address. Reads only."""
    said = answered_at(fiduciary, keys, purpose, channel, sender=sender)
    if said is None:
        return None
    return ConsentEvent.objects.select_related("entry", "receipt").get(entry__event_id=str(said.entry))


def found_for(
    found: Found, fiduciary: int, keys: Collection[bytes], purpose: str, channel: str, *, sender: str
) -> Found:
    """What ``address_status.at_address`` found, with the word that counts for the sender. Reads only."""
    state = Sealed(found.entry, found.word, found.said_at, found.notice) if found.word is not None else None
    said = proved_at(fiduciary, keys, purpose, channel, sender=sender, state=state)
    if said is None:
        return replace(found, word=None, entry=None, ref=None, wishes=NO_WISHES, said_at=None, notice=None)
    return replace(
        found, word=said.word, entry=said.entry, ref=said.subject, wishes=NO_WISHES, is_shared=True,
        said_at=said.said_at, notice=said.notice,
    )  # fmt: skip


_COLUMNS = (
    "pk",
    "address_key",
    "sender",
    "subject_ref",
    "answer",
    "occurred_at",
    "expires_at",
    "address_verified",
    "entry_id",
    "previous_id",
    "entry__event_id",
    "notice_version_id",
)


class Words:
    """All that was answered to a fiduciary at some addresses, read once for a page about many of its senders."""

    def __init__(self, fiduciary: int, keys: Collection[bytes]) -> None:
        events = ConsentEvent.objects.filter(fiduciary=fiduciary, address_key__in=keys).order_by("pk")
        self.rows = list(events.values(*_COLUMNS, "purpose", "channel"))
        self.same = people.joined({row["subject_ref"] for row in self.rows})

    def is_refused(
        self, keys: Collection[bytes], purpose: str, channel: str, sender: str, *, apart_from: Collection[UUID]
    ) -> bool:
        """Whether somebody other than the person known by ``apart_from`` refused the sender, or all senders, at an address."""
        rows = [
            row
            for row in self.rows
            if (row["purpose"], row["channel"]) == (purpose, channel)
            and bytes(row["address_key"]) in keys
            and row["subject_ref"] not in apart_from
        ]
        found = _fold(rows, sender, self.same) if rows else None
        return found is not None and found.word.answer in NO


def _fold(
    rows: Sequence[dict[str, Any]], sender: str, joined: Mapping[UUID, Collection[UUID]] | None = None
) -> Answered | None:
    """``joined``: as ``people.joined`` of everybody in the rows, where the caller knows it."""
    own = {row["pk"]: row for row in rows if row["sender"] in {"", sender}}
    if joined is None:
        joined = people.joined({row["subject_ref"] for row in own.values()})
    same = {ref: min(refs) for ref, refs in joined.items()}
    word = deciding(
        (
            Said(
                row["pk"], row["subject_ref"], row["answer"], row["occurred_at"], row["expires_at"],
                verified=row["address_verified"],
            )
            for row in own.values()
        ),
        same,
    )  # fmt: skip
    if word is None:
        return None
    row = own[word.number]
    return Answered(
        Word(word.answer, verified=word.verified, expires_at=word.expires_at),
        str(row["entry__event_id"]),
        word.subject,
        word.occurred_at,
        row["notice_version_id"],
        word.number,
    )


def _when(said: Answered) -> datetime:
    return said.said_at
