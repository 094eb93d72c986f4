"""May this message go to this address now? A decision from plain values: the strictest reading wins, unknown means no."""

import functools
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from consent.base.rules.dnd_rules import NOTHING_BLOCKED, Blocks
from consent.base.rules.hours import Hours
from consent.base.rules.status_fold import NO, UNANSWERED, UNPROVED, YES
from portal.kernel.law.category_order import (
    CARRIED,
    POLICY_AND_SECURITY,
    PROMOTIONAL,
    SERVICE,
    STRICTEST_FIRST,
    TRANSACTIONAL,
    strictest,
)
from portal.kernel.law.channels import DESCRIPTIONS, OPERATORS

#: Channels that ring or buzz in a pocket wait for the permitted hours; a notice in the dashboard disturbs nobody.
SILENT_CHANNELS = frozenset(code for code, channel in DESCRIPTIONS.items() if channel.is_silent)
#: Channels on which header and template are registered, or approved by whoever carries the message.
REGISTERED_CHANNELS = frozenset(code for code, channel in DESCRIPTIONS.items() if channel.is_registered)
#: By what a purpose is: the registered categories that are as strict, or stricter.
_AS_STRICT = {
    **{own: frozenset(CARRIED[: place + 1]) for place, own in enumerate(CARRIED)},
    POLICY_AND_SECURITY: frozenset(CARRIED),
}
#: By what a purpose is: what it is registered as, where it has no category of its own in the registers.
_GOES_AS = {POLICY_AND_SECURITY: frozenset({SERVICE, TRANSACTIONAL})}


class Reason(StrEnum):
    """Why a message may or may not go. Codes are stable: senders and logs rely on them."""

    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ADDRESS_UNVERIFIED = "ADDRESS_UNVERIFIED"
    ALLOWED_BY_CONSENT = "ALLOWED_BY_CONSENT"
    ALLOWED_ESSENTIAL = "ALLOWED_ESSENTIAL"
    ALLOWED_NO_OBJECTION = "ALLOWED_NO_OBJECTION"
    ALLOWED_OTHER_BASIS = "ALLOWED_OTHER_BASIS"
    CHILD = "CHILD"
    CONSENT_DENIED = "CONSENT_DENIED"
    CONSENT_EXPIRED = "CONSENT_EXPIRED"
    CONSENT_UNPROVED = "CONSENT_UNPROVED"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    DND_BLOCKED = "DND_BLOCKED"
    DND_HOURS = "DND_HOURS"
    ENTITY_ENDED = "ENTITY_ENDED"
    GOVERNMENT_HEADER = "GOVERNMENT_HEADER"
    HEADER_CATEGORY = "HEADER_CATEGORY"
    HEADER_ENDED = "HEADER_ENDED"
    HEADER_OF_ANOTHER = "HEADER_OF_ANOTHER"
    IS_A_MESSAGE = "IS_A_MESSAGE"
    NO_CONSENT = "NO_CONSENT"
    NO_SUCH_ADDRESS = "NO_SUCH_ADDRESS"
    NO_SUCH_FIDUCIARY = "NO_SUCH_FIDUCIARY"
    NO_SUCH_PURPOSE = "NO_SUCH_PURPOSE"
    NOTICE_CHANGED = "NOTICE_CHANGED"
    NOT_A_MESSAGE = "NOT_A_MESSAGE"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    PAUSED = "PAUSED"
    PURPOSE_CHANGED = "PURPOSE_CHANGED"
    QUIET_HOURS = "QUIET_HOURS"
    RULES_MISSING = "RULES_MISSING"
    SENDER_KYC_LAPSED = "SENDER_KYC_LAPSED"
    SENDER_NOT_VERIFIED = "SENDER_NOT_VERIFIED"
    SUPPRESSED = "SUPPRESSED"
    TEMPLATE_CATEGORY = "TEMPLATE_CATEGORY"
    TEMPLATE_ENDED = "TEMPLATE_ENDED"
    TEMPLATE_NEEDED = "TEMPLATE_NEEDED"
    TEMPLATE_NOT_APPROVED = "TEMPLATE_NOT_APPROVED"
    TEMPLATE_NOT_FOR_HEADER = "TEMPLATE_NOT_FOR_HEADER"
    TEMPLATE_OF_ANOTHER = "TEMPLATE_OF_ANOTHER"
    TOO_OFTEN = "TOO_OFTEN"
    UNKNOWN_HEADER = "UNKNOWN_HEADER"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked for. ``quiet`` are the hours in which nothing shall come; they only narrow what law permits."""

    quiet: Hours | None = None
    quiet_for_service: bool = False
    paused_until: datetime | None = None
    #: At most this many messages in ``pace_days``; None is no limit.
    pace_most: int | None = None
    pace_days: int = 0
    #: What they told us to block, as with an operator's "do not disturb".
    blocks: Blocks = NOTHING_BLOCKED


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Word:
    """The address's present answer (the state row)."""

    answer: str
    verified: bool
    expires_at: datetime | None


#: In the place of what a row says whose seal does not hold (``rules.seals``): only what is owed goes out.
UNPROVED_WORD = Word(UNPROVED, verified=True, expires_at=None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``valid_until`` is when the passing of time alone may change the answer; None when it may not."""

    allowed: bool
    reason: Reason
    valid_until: datetime | None = None


@functools.lru_cache(maxsize=512)
def agreed_category(
    purpose: str, *, templates: frozenset[str] | None, carries: frozenset[str] | None
) -> tuple[str, Reason | None]:
    """The category that counts for a purpose sent with a template and a header, and why the three cannot go together.

    ``carries`` are the categories that the header names, ``templates`` those of the text in each of its languages; None
    where none was given. What a header or a template is not registered for, it does not carry: of one that names something
    milder than the purpose there is no message. One that names something stricter makes the message stricter, and they
    disagree: the category is then another than ``purpose``. Policy and security goes as service or transactional.
    """
    fits = _AS_STRICT.get(purpose, _AS_STRICT[PROMOTIONAL])
    if templates is not None and not templates <= fits:
        return purpose, Reason.TEMPLATE_CATEGORY
    left = fits if carries is None else fits & carries
    if not left or (templates is not None and not templates <= left):
        return purpose, Reason.HEADER_CATEGORY
    own = _GOES_AS.get(purpose, frozenset({purpose}))
    agrees = bool(own & left) if templates is None else templates <= own
    return (purpose if agrees else strictest(sorted(templates or left))), None


def unchecked(channel: str, *, header: str | None, template: str | None, free_text: bool = False) -> tuple[str, ...]:
    """The parts of a message that are registered on the channel and were not named: nothing vouches for them."""
    if channel not in REGISTERED_CHANNELS:
        return ()
    left = () if header else ("header",)
    return left if template or (free_text and channel not in OPERATORS) else (*left, "template")


def by_consent(word: Word | None, *, at: datetime) -> Verdict:
    """What the address itself answered. A yes counts only when verified and not expired; silence is no."""
    if word is None or word.answer == UNANSWERED:
        return Verdict(allowed=False, reason=Reason.NO_CONSENT)
    if word.answer == UNPROVED:
        return Verdict(allowed=False, reason=Reason.CONSENT_UNPROVED)
    if word.answer in NO:
        denied = word.answer == "denied"
        return Verdict(allowed=False, reason=Reason.CONSENT_DENIED if denied else Reason.CONSENT_WITHDRAWN)
    if word.answer not in YES or (word.expires_at is not None and word.expires_at <= at):
        return Verdict(allowed=False, reason=Reason.CONSENT_EXPIRED)
    if not word.verified:
        return Verdict(allowed=False, reason=Reason.ADDRESS_UNVERIFIED)
    return Verdict(allowed=True, reason=Reason.ALLOWED_BY_CONSENT, valid_until=word.expires_at)


def speaks(word: Word | None) -> bool:
    """Whether an answer counts at the address. One that has ended says nothing more, nor do the wishes of who gave it:
    they may have left, and the next holder has wishes of their own.
    """
    return word is not None and (word.answer in YES or word.answer in NO)


def stands(suppressed_at: datetime | None, *, word: Word | None, said_at: datetime | None) -> bool:
    """Whether a suppression stops promotion: until a yes that the person gave after it."""
    if suppressed_at is None:
        return False
    return word is None or word.answer not in YES or said_at is None or said_at <= suppressed_at


def without_objection(word: Word | None) -> Verdict:
    """For a purpose that rests on another ground than consent, a no still stops what is not essential."""
    if word is not None and word.answer in NO:
        denied = word.answer == "denied"
        return Verdict(allowed=False, reason=Reason.CONSENT_DENIED if denied else Reason.CONSENT_WITHDRAWN)
    if word is not None and word.answer == UNPROVED:
        return Verdict(allowed=False, reason=Reason.CONSENT_UNPROVED)
    return Verdict(allowed=True, reason=Reason.ALLOWED_NO_OBJECTION)


def may_contact(  # noqa: PLR0911 - one line for each reason
    *,
    category: str,
    channel: str,
    needs_consent: bool,
    word: Word | None,
    wishes: Wishes,
    window: Hours | None,
    at: datetime,
    suppressed: bool = False,
    subjects: AbstractSet[str] = frozenset(),
    is_holiday: Callable[[date], bool] = lambda day: False,
) -> Verdict:
    """Decide from plain values. ``window`` are the hours that the law permits promotion in; None when no rule is known.

    ``subjects``: which of TRAI's preference categories the sender's messages are about; none named means any of them.

    ``suppressed``: a suppression of the address ``stands``. It stops promotion only, and an answer that says no is named
    before it.

    Transactional messages and those of policy and security always pass: they are owed. The order is from what only the
    person can change to what time alone changes, so that the reason named is the one worth acting on. The pace is not
    decided here, because counting costs a query: see ``paced``.
    """
    if category in {TRANSACTIONAL, POLICY_AND_SECURITY}:
        return Verdict(allowed=True, reason=Reason.ALLOWED_ESSENTIAL)
    promotional = is_promotional(category)
    said = by_consent(word, at=at) if needs_consent or promotional else without_objection(word)
    if promotional and suppressed and (word is None or word.answer not in {*NO, UNPROVED}):
        said = Verdict(allowed=False, reason=Reason.SUPPRESSED)
    if not said.allowed:
        return said
    blocks = wishes.blocks if promotional or needs_consent else NOTHING_BLOCKED
    if blocks.stop(channel, subjects):
        return Verdict(allowed=False, reason=Reason.DND_BLOCKED)
    if wishes.paused_until is not None and at < wishes.paused_until:
        return Verdict(allowed=False, reason=Reason.PAUSED, valid_until=wishes.paused_until)
    edges = [edge for edge in (said.valid_until, wishes.paused_until) if edge is not None and edge > at]
    if channel not in SILENT_CHANNELS:
        if promotional and window is None:
            return Verdict(allowed=False, reason=Reason.RULES_MISSING)
        quiet = wishes.quiet if promotional or wishes.quiet_for_service else None
        timed = blocks if blocks.are_timed(channel) else NOTHING_BLOCKED
        for reason, is_closed, edge in _hours(window if promotional else None, timed, quiet, at, is_holiday):
            edges.append(edge)
            if is_closed:
                return Verdict(allowed=False, reason=reason, valid_until=min(edges))
    return Verdict(allowed=True, reason=said.reason, valid_until=min(edges, default=None))


def _hours(
    window: Hours | None, blocks: Blocks, quiet: Hours | None, at: datetime, is_holiday: Callable[[date], bool]
) -> Iterator[tuple[Reason, bool, datetime]]:
    """What depends on the hour, the law first: the reason, whether it stops a message now, and when that may change."""
    if window is not None:
        yield Reason.OUTSIDE_HOURS, not window.hold(at), window.next_edge(at)
    if blocks is not NOTHING_BLOCKED:
        yield Reason.DND_HOURS, blocks.hold(at, is_holiday), blocks.next_edge(at)
    if quiet is not None:
        yield Reason.QUIET_HOURS, quiet.hold(at), quiet.next_edge(at)


def as_meant(verdict: Verdict, *, said_on: date | None, meaning_since: date, is_text_old: bool = False) -> Verdict:
    """The verdict once it is known what the yes was said to: a new meaning of the purpose is asked again, and so is a text
    of which a material version has come into force since. That is said at any hour: waiting for the morning mends neither.
    """
    if verdict.reason not in _BY_A_YES:
        return verdict
    if said_on is not None and said_on < meaning_since:
        return Verdict(allowed=False, reason=Reason.PURPOSE_CHANGED)
    return Verdict(allowed=False, reason=Reason.NOTICE_CHANGED) if is_text_old else verdict


def as_unheard(verdict: Verdict) -> Verdict:
    """What a client hears of an address where a no was only spread: as of one about which nobody said a word."""
    return Verdict(allowed=False, reason=Reason.NO_CONSENT) if verdict.reason in _NOES else verdict


def is_of_a_no(reason: Reason) -> bool:
    """Whether the reason, or the entry beside it, tells that somebody said no or stopped promotion at the address."""
    return reason in _NOES or reason is Reason.NO_CONSENT


def is_promotional(category: str) -> bool:
    """An unknown category counts as promotional: nobody vouches for it."""
    return category not in STRICTEST_FIRST or category == PROMOTIONAL


def asks_wishes(category: str, verdict: Verdict) -> bool:
    """Whether what people wish can matter, given the verdict without wishes: not for what is owed, nor where the
    address's own word is a no. Where only the hour is in the way, a pause may last longer than it.
    """
    if category in {TRANSACTIONAL, POLICY_AND_SECURITY}:
        return False
    return verdict.allowed or verdict.reason is Reason.OUTSIDE_HOURS


def for_child() -> Verdict:
    """Promotion to a child, or tracking one: no, with any consent and at any hour (DPDP s.9(3))."""
    return Verdict(allowed=False, reason=Reason.CHILD)


def paced(verdict: Verdict, *, wishes: Wishes, sent: int) -> Verdict:
    """The verdict once ``sent``, the messages of the last ``pace_days``, is known."""
    if verdict.allowed and wishes.pace_most is not None and sent >= wishes.pace_most:
        return Verdict(allowed=False, reason=Reason.TOO_OFTEN, valid_until=None)
    return verdict


def of_several(verdicts: Iterable[Verdict]) -> Verdict:
    """One answer from those under each person's wishes at one address: a no by anybody wins, the longest of them.

    Of those that last as long the one that would be named first of one person, whoever of them is looked at first. A yes
    holds until the first of them may change. Raises ValueError for none.
    """
    found = list(verdicts)
    noes = [verdict for verdict in found if not verdict.allowed]
    if noes:
        return max(noes, key=lambda no: (no.valid_until or _LAST, -_WISHED.index(no.reason)))
    return min(found, key=lambda yes: yes.valid_until or _LAST)


#: What tells that something is kept about the address.
_NOES = frozenset({Reason.CONSENT_DENIED, Reason.CONSENT_UNPROVED, Reason.CONSENT_WITHDRAWN, Reason.SUPPRESSED})
#: What rests on a yes, may it go at this hour or not.
_BY_A_YES = frozenset({Reason.ALLOWED_BY_CONSENT, Reason.OUTSIDE_HOURS})
#: What stands in the way of one person's messages, in the order in which it is named.
_WISHED = (
    Reason.CHILD,
    Reason.DND_BLOCKED,
    Reason.PAUSED,
    Reason.OUTSIDE_HOURS,
    Reason.DND_HOURS,
    Reason.QUIET_HOURS,
    Reason.TOO_OFTEN,
)
_LAST = datetime.max.replace(tzinfo=UTC)
