"""Pure decisions on requests about data: what has to be shown, which clocks run, which request another one joins."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from grievances.base.request_choices import ACTED_ON, LOW_RISK, OPT_OUTS, Capacity, JoinedBecause, Proof, Right

PLAN = "rights_request"
OPT_OUT_PLAN = "opt_out"


def plan_of(right: str) -> str:
    """The plan of clocks that runs for a right."""
    return OPT_OUT_PLAN if right in OPT_OUTS else PLAN


def proof_of_address(*, right: str, is_signed_in: bool) -> Proof:
    """The least that shows who asks at which address: a session alone where little can go wrong, else a code too."""
    if not is_signed_in:
        return Proof.CODE
    return Proof.SESSION if right in LOW_RISK else Proof.SESSION_AND_CODE


def needs_code(*, right: str, capacity: str, is_signed_in: bool) -> bool:
    """Whether a code has to be typed that was sent to an address we knew, or that the person gave.

    A nominee always types one: their address is what the person named them by.
    """
    return capacity == Capacity.NOMINEE or proof_of_address(right=right, is_signed_in=is_signed_in) != Proof.SESSION


def needs_papers(*, right: str, capacity: str) -> bool:
    """Whether a paper has to show that one may act for somebody else. A nominee showed theirs with the claim."""
    return capacity != Capacity.SELF and not needs_standing(right=right, capacity=capacity)


def needs_standing(*, right: str, capacity: str) -> bool:
    """Whether two people must have found before that this nominee may act (DPDP s.14)."""
    return capacity == Capacity.NOMINEE and right != Right.CLAIM


@dataclass(frozen=True, slots=True)
class Open:
    """A request of the same person that is not decided yet."""

    pk: int
    right: str
    capacity: str
    asked_at: datetime
    #: What exactly and for whom, as the person wrote it.
    details: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Join:
    """Into which request a new one goes, and why."""

    into: int
    because: JoinedBecause


def joins(
    *,
    right: str,
    capacity: str,
    asked_at: datetime,
    others: Iterable[Open],
    most: int,
    within: timedelta,
    details: Mapping[str, str] | None = None,
) -> Join | None:
    """The undecided request of the same person that a new one joins, if any: the same wish, or one too many in a time.

    The oldest takes it in, so that no clock becomes longer. Nothing is refused: what is joined is answered there. What is
    carried out of the request itself (``ACTED_ON``) joins the very same wish only: within another one it would be lost, and
    so would what is asked for a second person, or of another detail.
    """
    earlier = sorted((one for one in others if one.asked_at <= asked_at), key=lambda one: (one.asked_at, one.pk))
    wish = (right, capacity, _in_short(details or {}))
    same = next((one for one in earlier if (one.right, one.capacity, _in_short(one.details)) == wish), None)
    if same is not None:
        return Join(same.pk, JoinedBecause.SAME)
    if right in ACTED_ON or capacity != Capacity.SELF:
        return None
    lately = [one for one in earlier if one.asked_at > asked_at - within]
    return Join(lately[0].pk, JoinedBecause.MANY) if len(lately) >= most else None


def _in_short(details: Mapping[str, str]) -> dict[str, str]:
    """Details as they are compared: spaces make no other wish, the case of a letter of a name may be the very wish."""
    return {name: " ".join(value.split()) for name, value in details.items() if value.strip()}


#: What stands in a copy in the place of somebody else's address or number.
BLACKED_OUT = "[another person]"
_EMAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[^\s@<>\"'(),;:]{2,}")
#: Telephone numbers with their country, or Indian mobile numbers; not the digits of times, hashes and references.
_PHONE = re.compile(r"(?<![\w.:/+-])(?:\+\d[\d -]{7,14}\d|[6-9]\d{4}[ -]?\d{5})(?![\w:/-])")


def without_others(value: Any, *, own: frozenset[str], cut: Callable[[str], str]) -> Any:
    """A record as it may be given to its person: addresses and numbers of others blacked out, identity numbers cut.

    ``own`` are the person's addresses in their normal form; ``cut`` takes the numbers out of a text that are not kept.
    Names of others in free words are for the officer to find.
    """
    if isinstance(value, str):
        return _without_others(cut(value), own)
    if isinstance(value, Mapping):
        return {str(name): without_others(one, own=own, cut=cut) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_others(one, own=own, cut=cut) for one in value]
    return value


def _without_others(text: str, own: frozenset[str]) -> str:
    tails = {address[-10:] for address in own if "@" not in address}

    def email(match: re.Match[str]) -> str:
        return match.group() if match.group().lower().rstrip(".") in own else BLACKED_OUT

    def phone(match: re.Match[str]) -> str:
        digits = "".join(character for character in match.group() if character.isdigit())
        return match.group() if digits[-10:] in tails else BLACKED_OUT

    return _PHONE.sub(phone, _EMAIL.sub(email, text))
