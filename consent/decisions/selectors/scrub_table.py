"""A long list of addresses against the projection: a temporary table of hashes, joined once for each batch."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from consent.base.rules.contact import UNPROVED_WORD, Word
from consent.base.rules.status_fold import UNANSWERED
from consent.records.selectors import seals
from portal.kernel.core import ciphers

#: What the projection says about one address, as a letter: one character a row is all that leaves the database.
NO_ADDRESS: Final = "-"
DENIED, ENDED, HIDDEN, LAPSED, NOTHING_SAID, OLD_MEANING, OLD_TEXT = "d", "e", "h", "l", "n", "o", "t"
UNPROVED, UNVERIFIED, WITHDRAWN, YES = "p", "u", "w", "y"
WORDS: Final[dict[str, Callable[[datetime], Word | None]]] = {
    DENIED: lambda at: Word("denied", verified=True, expires_at=None),
    ENDED: lambda at: Word("expired", verified=True, expires_at=None),
    HIDDEN: lambda at: Word("denied", verified=True, expires_at=None),
    LAPSED: lambda at: Word("given", verified=True, expires_at=at),
    NOTHING_SAID: lambda at: None,
    OLD_MEANING: lambda at: Word("given", verified=True, expires_at=None),
    OLD_TEXT: lambda at: Word("given", verified=True, expires_at=None),
    UNPROVED: lambda at: UNPROVED_WORD,
    UNVERIFIED: lambda at: Word("given", verified=False, expires_at=None),
    WITHDRAWN: lambda at: Word("withdrawn", verified=True, expires_at=None),
    YES: lambda at: Word("given", verified=True, expires_at=None),
}
_LETTER = f"""
CASE WHEN a.address_key IS NULL THEN '{NO_ADDRESS}' WHEN s.answer IS NULL OR s.answer = '{UNANSWERED}' THEN '{NOTHING_SAID}'
     WHEN s.answer = 'denied' THEN '{DENIED}'
     WHEN s.answer = 'withdrawn' THEN '{WITHDRAWN}' WHEN s.answer NOT IN ('given', 'renewed') THEN '{ENDED}'
     WHEN s.expires_at <= {{mark}} THEN '{LAPSED}' WHEN NOT s.verified THEN '{UNVERIFIED}'
     WHEN s.occurred_at < {{mark}} THEN '{OLD_MEANING}' WHEN s.notice_version_id IN ({{texts}}) THEN '{OLD_TEXT}' ELSE '{YES}' END
"""
_STATE = """consent_consentstate s ON s.address_key = a.address_key AND s.purpose = {mark} AND s.channel = {mark}
   AND s.fiduciary_id = {mark}"""
#: The rows on which an answer other than a no would rest.
_RESTED_ON = f"SELECT a.n, {{columns}} FROM scrub_asked a JOIN {_STATE} WHERE s.answer NOT IN ('denied', 'withdrawn')"  # noqa: S608
_HELD = """people_contactpoint c ON c.address_key = a.address_key AND c.left_at IS NULL
  JOIN people_principal h ON h.id = c.principal_id JOIN people_subject u ON u.id = h.subject_id"""
#: Every part of these texts is written here; what is asked goes in as parameters.
#: Addresses whose speaker or holder has wishes, or is known by several references.
_SPECIAL = (
    f"SELECT a.n FROM scrub_asked a JOIN {_STATE} JOIN consent_preference p ON p.subject_ref = s.subject_ref",  # noqa: S608
    f"SELECT a.n FROM scrub_asked a JOIN {_STATE} JOIN people_subjectalias x ON x.old_ref = s.subject_ref",  # noqa: S608
    f"SELECT a.n FROM scrub_asked a JOIN {_STATE} JOIN people_subjectalias x ON x.new_ref = s.subject_ref",  # noqa: S608
)
_SPECIAL_HELD = (
    f"SELECT a.n FROM scrub_asked a JOIN {_HELD} JOIN consent_preference p ON p.subject_ref = u.ref",  # noqa: S608
    f"SELECT a.n FROM scrub_asked a JOIN {_HELD} JOIN people_subjectalias x ON x.old_ref = u.ref",  # noqa: S608
    f"SELECT a.n FROM scrub_asked a JOIN {_HELD} JOIN people_subjectalias x ON x.new_ref = u.ref",  # noqa: S608
)
_CHILDREN = (
    f"SELECT a.n FROM scrub_asked a JOIN {_STATE} JOIN people_protection r ON r.subject_ref = s.subject_ref",  # noqa: S608
    f"SELECT a.n FROM scrub_asked a JOIN {_HELD} JOIN people_protection r ON r.subject_ref = u.ref",  # noqa: S608
)
#: Addresses at which promotion was stopped for the fiduciary, whatever for.
_STOPPED = "SELECT a.n FROM scrub_asked a JOIN consent_suppression x ON x.address_key = a.address_key AND x.fiduciary_id = {mark}"
#: Addresses known under another lookup key: their rows are not the ones that were joined.
_OLDER = (
    f"SELECT a.n FROM scrub_older a JOIN {_STATE}",  # noqa: S608
    f"SELECT a.n FROM scrub_older a JOIN {_HELD}",  # noqa: S608
)
#: Rows looked at in one go.
READ: Final = 2_000
#: Addresses at which something was answered about one sender: a decision folds that anew.
_OF_SENDERS = """SELECT a.n FROM scrub_asked a JOIN consent_consentevent e ON e.address_key = a.address_key
   AND e.fiduciary_id = {mark} AND e.sender > ''"""
#: Where these hold nothing, SQLite would go through the list and the states all the same.
_SMALL: Final = ("consent_preference", "people_subjectalias", "people_protection", "consent_suppression")
_COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
#: Of one row: the number of its fields and the length of the first; the length of a hash, and of none.
_TWO_FIELDS: Final = b"\x00\x02\x00\x00\x00\x04"
_HASH: Final = ciphers.INDEX_LENGTH.to_bytes(4)
_NULL: Final = b"\xff\xff\xff\xff"
_COPY_END: Final = b"\xff\xff"


def has_older_keys() -> bool:
    """Whether rows may lie under another lookup key than the present one."""
    return bool(settings.LOOKUP_KEYS_OLD)


class Table:
    """The temporary table of one list; see ``temporary``."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self.driver: Any = database.connection
        self.is_postgresql = database.vendor == "postgresql"
        self.mark = "%s" if self.is_postgresql else "?"

    def create(self) -> None:
        kind = "bytea" if self.is_postgresql else "blob"
        for name in ("scrub_asked", "scrub_older"):
            self.driver.execute(f"DROP TABLE IF EXISTS {name}")
            self.driver.execute(f"CREATE TEMPORARY TABLE {name} (n integer, address_key {kind})")

    def drop(self) -> None:
        for name in ("scrub_asked", "scrub_older"):
            self.driver.execute(f"DROP TABLE IF EXISTS {name}")

    def fill(self, keys: Sequence[tuple[bytes, ...] | None]) -> None:
        """Instead of the batch before: the hashes of one batch, under every lookup key; ``None`` is no address."""
        self._fill("scrub_asked", [(place, key[0] if key else None) for place, key in enumerate(keys)])
        if has_older_keys():
            self._fill("scrub_older", [(place, one) for place, key in enumerate(keys) if key for one in key[1:]])

    def _fill(self, name: str, rows: Sequence[tuple[int, bytes | None]]) -> None:
        if not self.is_postgresql:
            # Else each row would be a transaction of its own. Nothing but the temporary database is locked.
            self.driver.execute("SAVEPOINT scrub_fill")
            self.driver.execute(f"DELETE FROM {name}")  # noqa: S608 - our own name
            self.driver.executemany(f"INSERT INTO {name} VALUES (?, ?)", rows)  # noqa: S608
            self.driver.execute("RELEASE scrub_fill")
            return
        self.driver.execute(f"TRUNCATE {name}")
        with self.driver.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(_COPY_HEAD)
            copy.write(
                b"".join([_TWO_FIELDS + place.to_bytes(4) + (_HASH + key if key else _NULL) for place, key in rows])
            )
            copy.write(_COPY_END)
        self.driver.execute(f"ANALYZE {name}")

    def letters(
        self,
        purpose: str,
        channel: str,
        fiduciary: int,
        *,
        at: datetime,
        meant_since: datetime,
        old_texts: Collection[int],
    ) -> str:
        """One letter for each place of the batch, in their order. ``old_texts``: versions to which a yes does not count."""
        sql = f"FROM scrub_asked a LEFT JOIN {_STATE}"
        moments = (at, meant_since)
        if not self.is_postgresql:
            moments = tuple(self.database.ops.adapt_datetimefield_value(moment) for moment in moments)
        asked = (*moments, *old_texts, purpose, channel, fiduciary)
        texts = ", ".join([self.mark] * len(old_texts)) or "NULL"
        if self.is_postgresql:
            rows = self._read(
                f"SELECT string_agg({_LETTER}, '' ORDER BY a.n) {sql}".format(mark="%s", texts=texts), asked
            )
            return rows[0][0] or ""
        rows = self._read(f"SELECT {_LETTER} {sql} ORDER BY a.n".format(mark="?", texts=texts), asked)
        return "".join(letter for (letter,) in rows)

    def unproved(self, purpose: str, channel: str, fiduciary: int) -> Iterator[int]:
        """The places whose row has no seal that holds (``seals``): what it says counts for nothing."""
        sql = _RESTED_ON.format(mark=self.mark, columns=seals.raw_columns(is_postgresql=self.is_postgresql))
        asked = (purpose, channel, fiduciary)
        if self.is_postgresql:  # not a cursor of Django's, which binds at the client and gets texts
            rows = psycopg.Cursor(self.driver).execute(sql, asked, binary=True)
        else:
            rows = self.driver.execute(sql, asked)
        while part := rows.fetchmany(READ):
            keys = seals.unproved((row[1:] for row in part), purpose, channel, fiduciary)
            if keys:
                yield from (row[0] for row in part if bytes(row[1]) in keys)

    def special(self, purpose: str, channel: str, fiduciary: int) -> Iterator[int]:
        """The places whose answer depends on people, or on a row under another lookup key."""
        state = (purpose, channel, fiduciary)
        empty = [name for name in _SMALL if not self._read(f"SELECT 1 FROM {name} LIMIT 1", ())]  # noqa: S608
        for sql in (*_SPECIAL, *_SPECIAL_HELD, *_CHILDREN, *(_OLDER if has_older_keys() else ())):
            if not any(name in sql for name in empty):
                asked = state if "consent_consentstate" in sql else ()
                yield from (place for (place,) in self._read(sql.format(mark=self.mark), asked))
        if "consent_suppression" not in empty:
            for sql in (_STOPPED, *((_STOPPED.replace("scrub_asked", "scrub_older"),) if has_older_keys() else ())):
                yield from (place for (place,) in self._read(sql.format(mark=self.mark), (fiduciary,)))

    def of_senders(self, fiduciary: int) -> set[int]:
        """The places at which something was answered about one sender, under any lookup key."""
        if not self._read("SELECT 1 FROM consent_consentevent WHERE sender > '' LIMIT 1", ()):
            return set()
        older = (_OF_SENDERS.replace("scrub_asked", "scrub_older"),) if has_older_keys() else ()
        return {
            place for sql in (_OF_SENDERS, *older) for (place,) in self._read(sql.format(mark=self.mark), (fiduciary,))
        }

    def _read(self, sql: str, asked: Sequence[Any]) -> Sequence[Any]:
        found: Sequence[Any] = self.driver.execute(sql, asked).fetchall()
        return found


@contextmanager
def temporary() -> Iterator[Table]:
    """Two temporary tables of this connection, gone at the end. They are no part of any transaction of the caller's."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    table = Table(database)
    table.create()
    try:
        yield table
    finally:
        table.drop()
