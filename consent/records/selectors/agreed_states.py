"""States that are plainly what their events come to, told apart in one statement for thousands of them (check V10).

Plainly: one person spoke at the place, no two events of it are of the same instant, the last one gave or refused consent,
and the row repeats it under a seal that holds. All others are folded (``folds``); nothing is found here, only left out.
"""

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from consent.records.rules.seals import Seal, check, plain_text_of
from consent.records.selectors import seals
from consent.records.selectors.raw_values import octets, seconds

#: States read in one statement.
READ: Final = 5_000
_PLACE: Final = (
    "{0}.address_key = s.address_key AND {0}.purpose = s.purpose AND {0}.channel = s.channel"
    " AND {0}.fiduciary_id = s.fiduciary_id AND {0}.sender = ''"
)
_DIGITS: Final = "[0-9]"
#: SQLite compares instants as texts: only those in the form in which the portal writes them are in the order of time.
_AS_WRITTEN: Final = (
    f"substr({{0}}.occurred_at, 1, 19) GLOB '{'-'.join((_DIGITS * 4, _DIGITS * 2, _DIGITS * 2))}"
    f" {':'.join((_DIGITS * 2,) * 3)}'"
    f" AND (length({{0}}.occurred_at) = 19 OR substr({{0}}.occurred_at, 20) GLOB '.{_DIGITS * 6}')"
)
_SELECT: Final = """
SELECT s.id, s.fiduciary_id, s.purpose, s.channel, {columns},
       CASE WHEN s.answer = e.answer AND e.answer IN ('given', 'renewed', 'denied', 'withdrawn')
             AND s.verified = e.address_verified AND s.occurred_at = e.occurred_at AND {written_e}
             AND s.subject_ref = e.subject_ref AND s.entry_ref = l.event_id
             AND (s.expires_at = e.expires_at OR (s.expires_at IS NULL AND e.expires_at IS NULL))
             AND (s.notice_version_id = e.notice_version_id
                  OR (s.notice_version_id IS NULL AND e.notice_version_id IS NULL))
             AND (s.as_of_event = e.id
                  OR EXISTS (SELECT 1 FROM consent_consentevent n WHERE n.id = s.as_of_event AND {place_n}))
             AND NOT EXISTS (SELECT 1 FROM consent_consentevent o
                              WHERE {place_o} AND o.id <> e.id
                                AND (o.id > s.as_of_event OR o.subject_ref <> e.subject_ref
                                     OR o.occurred_at >= e.occurred_at OR NOT ({written_o})))
            THEN 1 ELSE 0 END
  FROM consent_consentstate s
  LEFT JOIN consent_consentevent e ON e.id = s.event_id AND {place_e}
  LEFT JOIN ledger_entry l ON l.id = e.entry_id
 WHERE s.id > {mark} ORDER BY s.id LIMIT {most}
"""


def doubtful(after: int) -> tuple[list[int], int | None]:
    """Of the states that follow the number ``after`` those that are not plainly right, and the number of the last one read.

    None where there is none left. Reads only, one statement.
    """
    rows = _read(after)
    own = seals.own_hash()
    found: list[int] = []
    for (
        pk, fiduciary, purpose, channel,
        address_key, answer, verified, expires_at, entry, subject, occurred_at, notice, version, seal, agrees,
    ) in rows:  # fmt: skip
        if agrees:
            text = plain_text_of(
                fiduciary, address_key, purpose, channel, answer, bool(verified), seconds(expires_at), entry, subject,
                seconds(occurred_at), notice, version,
            )  # fmt: skip
            if check(octets(seal), text, version, own) is Seal.HOLDS:
                continue
        found.append(pk)
    return found, rows[-1][0] if rows else None


def _read(after: int) -> Sequence[Any]:
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    is_postgresql = database.vendor == "postgresql"
    written = "TRUE" if is_postgresql else _AS_WRITTEN
    sql = _SELECT.format(
        columns=seals.raw_columns(is_postgresql=is_postgresql),
        mark="%s" if is_postgresql else "?",
        most=READ,
        written_e=written.format("e"),
        written_o=written.format("o"),
        place_e=_PLACE.format("e"),
        place_n=_PLACE.format("n"),
        place_o=_PLACE.format("o"),
    )
    rows: Sequence[Any]
    if is_postgresql:
        with psycopg.Cursor(database.connection) as cursor:
            rows = cursor.execute(sql, (after,), binary=True).fetchall()
        return rows
    rows = database.connection.execute(sql, (after,)).fetchall()
    return rows
