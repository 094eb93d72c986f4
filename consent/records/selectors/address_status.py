"""What stands at an address now: its answer, whose it is and what they wish, and whether promotion was stopped there.

One prepared statement, not the ORM: this is asked before each message (``decisions/send-decisions.md``). The state row's index is
its unique key; the number of rows in the table does not matter.
"""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from consent.base.rules import contact
from consent.base.rules.contact import NO_WISHES, UNPROVED_WORD, Wishes, Word
from consent.base.rules.dnd_rules import from_codes
from consent.base.rules.status_fold import NO
from consent.records.models.suppressions import Suppression
from consent.records.selectors import preferences, seals
from consent.records.selectors.raw_values import dashed, instant, is_true, uuid
from portal.kernel.core import prepared_statements

_NO_PACE: Final = frozenset({None, "no_limit"})


@dataclass(slots=True)  # not frozen: that takes a microsecond more of each decision
class Found:
    """What the projection says about an address: its word, whose it is and what they wish.

    ``is_shared`` when others hold the address too, or the person is known by more references than this one: then the
    wishes beside the state are not all that count. ``suppressed_at`` is the last stop there, whoever made it.
    """

    word: Word | None = None
    entry: str | None = None
    #: Whose it is, as the driver gives it: ``subject``.
    ref: Any = None
    wishes: Wishes = NO_WISHES
    is_shared: bool = True
    said_at: datetime | None = None
    suppressed_at: datetime | None = None
    #: The version of the notice that the answer was said to; None where it was a text of others.
    notice: int | None = None
    #: Something was answered there about one sender alone (``sender_words``).
    has_senders: bool = False

    @property
    def subject(self) -> UUID | None:
        return None if self.ref is None else uuid(self.ref)

    @property
    def is_suppressed(self) -> bool:
        return contact.stands(self.suppressed_at, word=self.word, said_at=self.said_at)

    @property
    def is_no(self) -> bool:
        return self.word is not None and self.word.answer in NO

    @property
    def is_unproved(self) -> bool:
        """Whether the row's seal does not hold: nothing may rest on it."""
        return self.word is UNPROVED_WORD


#: Fiduciary, purpose, channel and the key whose row is wanted; ``keys`` are all of the address.
#: The inner row of one makes sure that a suppression is found where nothing was answered.
_SELECT = """
SELECT s.answer, s.verified, s.expires_at, s.entry_ref, s.subject_ref, s.occurred_at, s.notice_version_id,
       s.as_of_event, s.seal, p.quiet_from, p.quiet_until, p.quiet_for_service, p.paused_until, p.pace,
       p.blocked_categories, p.blocked_modes, p.blocked_bands, p.blocked_days,
       EXISTS (SELECT 1 FROM people_subjectalias a WHERE a.old_ref = s.subject_ref)
    OR EXISTS (SELECT 1 FROM people_subjectalias a WHERE a.new_ref = s.subject_ref)
    OR EXISTS (SELECT 1 FROM people_protection r WHERE r.subject_ref = s.subject_ref)
    OR EXISTS (SELECT 1 FROM people_contactpoint c
                 JOIN people_principal h ON h.id = c.principal_id JOIN people_subject u ON u.id = h.subject_id
                WHERE c.address_key IN ({keys}) AND c.left_at IS NULL AND u.ref <> s.subject_ref),
       (SELECT MAX(x.suppressed_at) FROM consent_suppression x
         WHERE x.address_key IN ({keys}) AND x.fiduciary_id = ?1
           AND x.purpose IN ('', ?2) AND x.channel IN ('', ?3){header}
           AND NOT EXISTS (SELECT 1 FROM consent_suppressionlift l WHERE l.suppression_id = x.id)),
       EXISTS (SELECT 1 FROM consent_consentevent e
                WHERE e.address_key IN ({keys}) AND e.fiduciary_id = ?1 AND e.sender > '')
  FROM (SELECT 1) one
  LEFT JOIN consent_consentstate s
    ON s.address_key = ?4 AND s.purpose = ?2 AND s.channel = ?3 AND s.fiduciary_id = ?1
  LEFT JOIN consent_preference p ON p.subject_ref = s.subject_ref
"""


@functools.lru_cache(maxsize=32)
def _statement(keys: int, header: bool) -> str:  # noqa: FBT001 - by place, as the cache is quicker so
    """``keys``: how many the address has. Who else holds the address is asked under every lookup key: the other person may have come under another one."""
    narrowed = f" AND x.header IN ('', ?{4 + keys})" if header else ""
    all_keys = ", ".join(f"?{4 + place}" for place in range(keys))
    return _SELECT.format(keys=all_keys, header=narrowed)


def at_address(
    fiduciary: int, keys: tuple[bytes, ...], purpose: str, channel: str, *, header: str = "", is_person: bool = False
) -> Found:
    """The state of an address, the wishes of whom it decides for, and the last stop there.

    Of the rows under several lookup keys of an address a no wins. Where the person stands for the address
    (``is_person``) the rows are all theirs and the latest word counts; at the same instant a no. ``header`` as it is
    registered: a stop that was narrowed to another one does not count. Without one, every stop counts. A row whose seal
    does not hold says ``UNPROVED_WORD``, and names no entry.
    """
    if len(keys) == 1:
        return _found(fiduciary, keys, purpose, channel, header)
    each = [
        _found(fiduciary, (key, *(other for other in keys if other != key)), purpose, channel, header) for key in keys
    ]
    return _counting(each, is_person=is_person)


def _counting(found: list[Found], *, is_person: bool) -> Found:
    answered = [each for each in found if each.word is not None]
    if len(answered) < 2:
        return answered[0] if answered else found[0]
    if is_person:
        return max(answered, key=lambda each: (each.is_unproved, each.said_at, each.is_no))
    return max(answered, key=lambda each: (each.is_no, each.is_unproved))


def suppression(
    fiduciary: int, keys: tuple[bytes, ...], at: datetime, *, purpose: str, channel: str, header: str = ""
) -> Suppression | None:
    """The row behind ``Found.suppressed_at``, for the ledger entry that proves it: of several the one recorded last."""
    covering = Suppression.covering(purpose=purpose, channel=channel, header=header or None)
    rows = Suppression.objects.filter(covering, fiduciary_id=fiduciary, address_key__in=keys, suppressed_at=at)
    return rows.select_related("entry").order_by("-pk").first()


def _found(fiduciary: int, keys: tuple[bytes, ...], purpose: str, channel: str, header: str) -> Found:
    """What the row under the first of the keys says. Past the cursors: prepared once per connection (``core.prepared_statements``)."""
    values: list[bytes | str | int] = [fiduciary, purpose, channel, *keys]
    if header:
        values.append(header)
    row: Any = prepared_statements.one_row(_statement(len(keys), bool(header)), values)
    (
        answer, verified, expires_at, entry, subject, said_at, notice, version, seal,
        quiet_from, quiet_until, for_service, paused_until, pace_code, categories, modes, bands, days,
        is_shared, suppressed_at, has_senders,
    ) = row  # fmt: skip
    stopped_at = None if suppressed_at is None else instant(suppressed_at)
    if answer is None:
        return Found(suppressed_at=stopped_at, has_senders=is_true(has_senders))
    word = Word(answer, is_true(verified), None if expires_at is None else instant(expires_at))
    since, shown = instant(said_at) or seals.NEVER, None if notice is None else int(notice)
    if answer not in NO and not seals.is_proved(
        fiduciary, keys[0], purpose, channel, word, entry, subject, since, shown, int(version), seal
    ):
        return Found(UNPROVED_WORD, said_at=since, suppressed_at=stopped_at, has_senders=is_true(has_senders))
    asked = NO_WISHES
    if (
        quiet_from is not None
        or paused_until is not None
        or pace_code not in _NO_PACE
        or categories or modes or bands or days
    ):  # fmt: skip
        asked = preferences.wishes_from(
            quiet_from,
            quiet_until,
            for_service=is_true(for_service),
            paused_until=instant(paused_until),
            pace=pace_code,
            blocks=from_codes(categories, modes, bands, days),
        )
    return Found(
        word,
        dashed(entry),
        subject,
        asked,
        is_true(is_shared),
        since,
        stopped_at,
        shown,
        is_true(has_senders),
    )
