"""The rows that decisions about many addresses need, a statement for each kind of row. By the driver where it counts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from consent.base.rules.contact import UNPROVED_WORD, Word
from consent.records.models.preferences import Preference
from consent.records.models.suppressions import Suppression
from consent.records.selectors import seals
from consent.records.selectors.raw_values import instant, uuid
from portal.kernel.people.models import ContactPoint

#: Values in one statement: with longer lists the planner reads the whole table, and SQLite takes no more than 32,766.
ASKED = 2_000


class State(NamedTuple):
    """What the projection says about one address."""

    word: Word
    #: None where the row is unproved: it names nothing either.
    entry: str | None
    subject: UUID
    said_at: datetime
    #: The version of the notice that the answer was said to; None where it was a text of others.
    notice: int | None


class Holder(NamedTuple):
    """Who holds an address now, and whether they confirmed it."""

    ref: UUID
    is_verified: bool


#: Every part of it is written here or in ``seals``; what is asked goes in as parameters. Of the second part each row is an
#: address and nothing else: the join that finds nothing gives NULL the types of the first.
_STATES = f"""
SELECT {seals.COLUMNS}
  FROM consent_consentstate s
 WHERE s.purpose = {{place}} AND s.channel = {{place}} AND s.fiduciary_id = {{place}} AND s.address_key {{among}}
 UNION ALL
SELECT DISTINCT {seals.COLUMNS.replace("s.address_key", "e.address_key")}
  FROM consent_consentevent e LEFT JOIN consent_consentstate s ON 1 = 0
 WHERE e.purpose = {{place}} AND e.channel = {{place}} AND e.fiduciary_id = {{place}} AND e.sender > ''
   AND e.address_key {{among}}
"""  # noqa: S608


def states(
    keys: Collection[bytes], purpose: str, channel: str, fiduciary: int, *, of_senders: set[bytes]
) -> dict[bytes, State]:
    """The states of the addresses that have one. One whose row is unproved (``seals``) says ``UNPROVED_WORD``.

    ``of_senders`` gets the addresses at which something was answered about one sender.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    found: dict[bytes, State] = {}
    words: dict[tuple[Any, ...], Word] = {}
    for part in _parts(keys):
        rows = []
        for row in _read(database, purpose, channel, fiduciary, part):
            if row[1] is None:
                of_senders.add(bytes(row[0]))
            else:
                rows.append(row)
        unproved = seals.unproved(rows, purpose, channel, fiduciary)
        for row in rows:
            key, answer, verified, expires_at, entry, subject, said_at, notice = row[:8]
            said = (answer, verified, expires_at)
            word = words.get(said)
            if word is None:
                word = words[said] = Word(answer, bool(verified), instant(expires_at))
            state = State(word, str(uuid(entry)), uuid(subject), instant(said_at) or _NEVER, notice)
            key = bytes(key)
            found[key] = state._replace(word=UNPROVED_WORD, entry=None) if key in unproved else state
    return found


def _read(database: Any, purpose: str, channel: str, fiduciary: int, keys: Collection[bytes]) -> Sequence[Any]:
    if database.vendor == "postgresql":
        # Django's own cursors bind at the client: this one sends the keys as they are, and gets rows in the same form.
        sql = _STATES.format(place="%s", among="= ANY(%b)")
        with psycopg.Cursor(database.connection) as cursor:
            rows: Sequence[Any] = cursor.execute(
                sql, (purpose, channel, fiduciary, list(keys)) * 2, binary=True
            ).fetchall()
            return rows
    sql = _STATES.format(place="?", among=f"IN ({', '.join('?' * len(keys))})")
    taken: Sequence[Any] = database.connection.execute(sql, (purpose, channel, fiduciary, *keys) * 2).fetchall()
    return taken


_NEVER = datetime.min.replace(tzinfo=UTC)


class Stop(NamedTuple):
    """The last stop of promotion at one address, and the ledger entry that proves it."""

    at: datetime
    entry: str


def stops(
    keys: Collection[bytes], *, purpose: str, channel: str, fiduciary: int, header: str = ""
) -> Mapping[bytes, Stop]:
    """The addresses at which promotion was stopped, as ``address_status.at_address`` finds them one by one."""
    found: dict[bytes, Stop] = {}
    covering = Suppression.covering(purpose=purpose, channel=channel, header=header or None)
    for part in _parts(keys):
        rows = Suppression.objects.filter(covering, fiduciary_id=fiduciary, address_key__among=part)
        for key, at, entry in rows.order_by("pk").values_list("address_key", "suppressed_at", "entry__event_id"):
            known = found.get(bytes(key))
            if known is None or at >= known.at:
                found[bytes(key)] = Stop(at, str(entry))
    return found


def holders(keys: Collection[bytes]) -> Mapping[bytes, Sequence[Holder]]:
    """Everybody who holds one of the addresses now, confirmed or not, by the key they hold it under."""
    found: dict[bytes, list[Holder]] = {}
    for part in _parts(keys):
        held = ContactPoint.objects.filter(address_key__among=part, left_at=None)
        for key, ref, verified_at in held.values_list("address_key", "principal__subject__ref", "verified_at"):
            found.setdefault(bytes(key), []).append(Holder(ref, verified_at is not None))
    return found


def preferences(refs: Collection[UUID]) -> Mapping[UUID, Preference]:
    """The wishes that were told under each reference."""
    found: dict[UUID, Preference] = {}
    for part in _parts(refs):
        found.update((row.subject_ref, row) for row in Preference.objects.filter(subject_ref__among=part))
    return found


def _parts(values: Collection[Any]) -> Iterator[frozenset[Any]]:
    listed = list(values)
    for start in range(0, len(listed), ASKED):
        yield frozenset(listed[start : start + ASKED])
