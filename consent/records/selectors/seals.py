"""Seals of consent states under this installation's key, and what a row without one is worth."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

import structlog
from django.conf import settings

from consent.base.rules.contact import Word
from consent.base.rules.status_fold import NO
from consent.records.rules import seals
from consent.records.rules.seals import Seal
from consent.records.selectors import entry_rows, folds
from consent.records.selectors.folds import Key
from consent.records.selectors.raw_values import octets, seconds
from portal.kernel.core import ciphers

log = structlog.get_logger(__name__)
NEVER: Final = datetime.min.replace(tzinfo=UTC)


def text(key: Key, values: Mapping[str, Any]) -> bytes:
    """What is sealed of a state row, from its key and its other columns."""
    return seals.text_of(
        key.fiduciary_id,
        key.address_key,
        key.purpose,
        key.channel,
        values["answer"],
        values["verified"],
        values["expires_at"],
        values["entry_ref"],
        values["subject_ref"],
        values["occurred_at"],
        values["notice_version_id"],
        values["as_of_event"],
    )


def seal_of(key: Key, values: Mapping[str, Any]) -> bytes:
    """The seal for a row. Only for values that were just folded from its events: nothing else may be sealed."""
    return seals.sealed(text(key, values), values["as_of_event"], own_hash())


def check(key: Key, values: Mapping[str, Any]) -> Seal:
    """What the seal of a row says, from all its columns."""
    kept = None if values["seal"] is None else bytes(values["seal"])
    return seals.check(kept, text(key, values), values["as_of_event"], own_hash())


def own_hash() -> blake2b:
    return _hash_under(settings.VAULT_KEY)


@functools.lru_cache(maxsize=4)
def _hash_under(_master: str) -> blake2b:
    return seals.hash_under(ciphers.derived_key("consent.state"))


#: What ``unproved`` asks of a row ``s``.
COLUMNS = (
    "s.address_key, s.answer, s.verified, s.expires_at, s.entry_ref, s.subject_ref, s.occurred_at, s.notice_version_id, "
    "s.as_of_event, s.seal"
)


def raw_columns(*, is_postgresql: bool) -> str:
    """The same in the form that costs least to read: on PostgreSQL instants in microseconds and UUIDs as text."""
    if not is_postgresql:
        return COLUMNS
    found = COLUMNS
    for column in ("s.expires_at", "s.occurred_at"):
        found = found.replace(column, f"(EXTRACT(EPOCH FROM {column}) * 1000000)::bigint")
    return found.replace("s.entry_ref", "s.entry_ref::text").replace("s.subject_ref", "s.subject_ref::text")


def is_proved(
    fiduciary: int,
    address_key: bytes,
    purpose: str,
    channel: str,
    word: Word,
    entry: Any,
    subject: Any,
    occurred_at: datetime,
    notice: int | None,
    version: int,
    seal: Any,
) -> bool:
    """Whether a decision may rest on a row: its seal holds or, where it has none yet, its events come to what it says,
    and each of them agrees with its entry of the ledger.

    UUIDs and the seal as the driver gives them. Costs statements only for a row without a seal.
    """
    said = seals.plain_text_of(
        fiduciary,
        address_key,
        purpose,
        channel,
        word.answer,
        word.verified,
        0.0 if word.expires_at is None else word.expires_at.timestamp(),
        entry,
        subject,
        occurred_at.timestamp(),
        notice,
        version,
    )
    kept = seals.check(octets(seal), said, version, _hash_under(settings.VAULT_KEY))
    if kept is Seal.HOLDS:
        return True
    key = Key(fiduciary, address_key, purpose, channel)
    events = folds.at_key(key) if kept is Seal.ABSENT else []
    if events and text(key, folded := folds.fold(events)) == said:
        doubt = entry_rows.doubt(events)
        if not doubt.is_about(events, deciding=folded["event_id"]):
            return True
    _report(entry, kept)
    return False


def unproved(rows: Iterable[Sequence[Any]], purpose: str, channel: str, fiduciary: int) -> set[bytes]:
    """The address keys of the rows on which no decision may rest; some statements where any has no seal.

    ``rows`` are those of one purpose, channel and fiduciary, with the values of ``COLUMNS`` or ``raw_columns`` as the driver gives them. A no is
    kept to, whoever wrote it: it is not looked at.
    """
    own = own_hash()
    found: set[bytes] = set()
    unsealed: dict[Key, tuple[bytes, Any]] = {}
    for address_key, answer, verified, expires_at, entry, subject, occurred_at, notice, version, seal in rows:
        if answer in NO:
            continue
        said = seals.plain_text_of(
            fiduciary,
            address_key,
            purpose,
            channel,
            answer,
            bool(verified),
            seconds(expires_at),
            entry,
            subject,
            seconds(occurred_at),
            notice,
            version,
        )
        kept = seals.check(octets(seal), said, version, own)
        if kept is Seal.BROKEN:
            _report(entry, kept)
            found.add(bytes(address_key))
        elif kept is Seal.ABSENT:
            unsealed[Key(fiduciary, bytes(address_key), purpose, channel)] = said, entry
    events = folds.events_of({key.address_key for key in unsealed}) if unsealed else {}
    folded = {key: folds.fold(events[key]) for key in unsealed if key in events}
    agreed = {key: values["event_id"] for key, values in folded.items() if text(key, values) == unsealed[key][0]}
    doubt = entry_rows.doubt(row for key in agreed for row in events[key])
    for key, (_said, entry) in unsealed.items():
        if key not in agreed or doubt.is_about(events[key], deciding=agreed[key]):
            _report(entry, Seal.ABSENT)
            found.add(key.address_key)
    return found


def _report(entry: Any, seal: Seal) -> None:
    """Log that a decision met a row on which nothing may rest. Check V10 finds it and raises the alarm."""
    log.error("consent.state_unproved", entry=str(entry), seal=seal.value)
