"""Who gets people's data, what was told to whom, and how far each instruction is."""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from babel import Locale
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.utils.translation import get_language

from portal.kernel.core import addresses, ciphers
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import latest_missed
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.base.choices import AddressForm, FactKind, InstructionKind
from portal.kernel.registers.base.models.orders import AuthorityOrder
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.instructions import Instruction, InstructionFact, ReportedSend, Telling
from portal.kernel.registers.recipients.models.recipients import Recipient, RecipientSecret
from portal.kernel.registers.senders.selectors.senders import in_force


def recipients_of(*fiduciaries: Fiduciary, at: datetime) -> list[Recipient]:
    """Every recipient of these fiduciaries' data that two people agreed to and that holds at ``at``. One query."""
    rows = in_force(Recipient.objects.filter(fiduciary__in=fiduciaries), at=at)
    return list(rows.select_related("fiduciary").order_by("code", "pk"))


def by_code(code: str) -> Recipient | None:
    """The latest agreed entry of a code, ended or not: who was told something may still answer."""
    agreed = Recipient.objects.filter(code=code, answer=Answer.APPROVED)
    return agreed.select_related("fiduciary").order_by("-starts_at", "-pk").first()


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """What the book calls each code; the code itself where nobody has entered it."""
    wanted = set(codes)
    agreed = Recipient.objects.filter(code__in=wanted, answer=Answer.APPROVED).order_by("starts_at", "pk")
    return {code: code for code in wanted} | dict(agreed.values_list("code", "name"))


def secrets_of(code: str, *, at: datetime) -> list[str]:
    """The secrets of a recipient that hold at ``at``, the newest first."""
    rows = RecipientSecret.objects.filter(recipient_code=code).order_by("-made_at", "-pk")
    return [str(row.secret) for row in rows if row.ended_at is None or row.ended_at > at]


def secrets_for(*, url: str, at: datetime) -> list[str]:
    """Registered in ``ports.webhook_secrets``: of the recipient that stands in the book under this very address."""
    agreed = Recipient.objects.filter(url=url, answer=Answer.APPROVED)
    code = agreed.order_by("-starts_at", "-pk").values_list("code", flat=True).first()
    return secrets_of(code, at=at) if code else []


def matching_key(code: str) -> bytes:
    """The key under which a recipient that is told hashes works out those of the addresses it holds."""
    return ciphers.derived_key(f"recipient-address/{code}")


def address_ref(code: str, address_key: bytes) -> str:
    """What names an address towards one recipient, the same in every word about it and useless to another."""
    return hmac.digest(matching_key(code), b"ref\x00" + address_key, hashlib.sha256).hex()[:32]


def whom(recipient: Recipient, kind: str, address: str) -> dict[str, str]:
    """An address in the form in which the recipient is told it."""
    if recipient.address_form == AddressForm.KEYED:
        digest = hmac.digest(matching_key(recipient.code), address.encode(), hashlib.sha256)
        return {"kind": kind, "hmac_sha256": digest.hex()}
    return {"kind": kind, "value": address}


def person_key(subject_ref: UUID) -> bytes:
    """What stands for an address where a word is about the person as a whole."""
    return addresses.address_key(addresses.subject_text(subject_ref))


def last_in_line(code: str, address_key: bytes) -> Telling | None:
    """The newest word to a recipient about an address."""
    line = Telling.objects.filter(recipient_code=code, address_key=address_key)
    return line.select_related("message").order_by("-sequence").first()


def with_standing(rows: QuerySet[Instruction]) -> QuerySet[Instruction]:
    """Instructions with the time of each of their steps and the end of their clock, as columns of the row."""
    facts = InstructionFact.objects.filter(instruction=OuterRef("pk"))
    steps = {f"{kind}_at": Subquery(facts.filter(kind=kind).values("recorded_at")[:1]) for kind in FactKind.values}
    due = Clock.objects.filter(owner=Concat(Value(Instruction.OWNER), OuterRef("reference"))).order_by("due_at")
    return rows.annotate(due_at=Subquery(due.values("due_at")[:1]), **steps)


def instructions_because_of(reference: str) -> QuerySet[Instruction]:
    """What recipients were instructed because of a grievance or request, with their standing, in the order given."""
    return (
        with_standing(Instruction.objects.filter(about=because(reference))).select_related("recipient").order_by("pk")
    )


def because(reference: str) -> str:
    """What the instructions because of a grievance or request are about."""
    return f"because:{reference}"


def late(rows: QuerySet[Any], *, now: datetime) -> QuerySet[Any]:
    """Those whose time to be acknowledged is over while they are not. Of rows ``with_standing``."""
    return not_acknowledged(rows).filter(due_at__lte=latest_missed(now))


def last_send_of(instruction: Instruction) -> datetime | None:
    """When the address of a stop was last sent to by this recipient, for what the stop is about, as far as it said."""
    if instruction.telling is None:
        return None
    sends = ReportedSend.objects.filter(
        recipient__code=instruction.recipient.code, address_key=instruction.telling.address_key
    )
    named = Q(pk=None)
    for purpose, channel in instruction.covers:
        named |= Q(purpose=purpose, channel=channel)
    return sends.filter(named).order_by("-sent_at").values_list("sent_at", flat=True).first()


def not_acknowledged(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those to which the recipient has not said yes yet."""
    said = InstructionFact.objects.filter(instruction=OuterRef("pk"), kind=FactKind.ACKNOWLEDGED)
    return rows.filter(~Exists(said))


@dataclass(frozen=True)
class Confirmation:
    """How far one recipient is with all that one act asked of it. ``confirmed_at`` is when it had confirmed the last."""

    recipient: Recipient
    confirmed_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True)
class Progress:
    """What a person sees: five of seven have confirmed."""

    rows: Sequence[Confirmation]

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def confirmed(self) -> int:
        return sum(1 for row in self.rows if row.confirmed_at is not None)


def progress_of(about: str) -> Progress:
    """The recipients that one act gave instructions to, and which of them have confirmed every one of theirs."""
    given = with_standing(Instruction.objects.filter(about=about)).select_related("recipient").order_by("pk")
    by_recipient: dict[str, list[Instruction]] = {}
    for instruction in given:
        by_recipient.setdefault(instruction.recipient.code, []).append(instruction)
    return Progress(
        [
            Confirmation(
                rows[-1].recipient,
                confirmed_at=_latest([getattr(row, "acknowledged_at", None) for row in rows]),
                done_at=_latest([getattr(row, "acted_at", None) for row in rows]),
            )
            for rows in sorted(by_recipient.values(), key=lambda rows: rows[-1].recipient.name.lower())
        ]
    )


def _latest(times: Sequence[datetime | None]) -> datetime | None:
    known = [time for time in times if time is not None]
    return max(known) if len(known) == len(times) else None


def erasure_label(subject_ref: UUID) -> str:
    """What the instructions to erase a person are about."""
    return f"people.subject:{subject_ref}"


def is_erased_everywhere(subject_ref: UUID) -> bool:
    """Whether everyone who holds data of the person has been instructed to erase it."""
    refs = people.refs_of(subject_ref)
    return _instructed_to_erase(refs).exists() and not holders_of(refs)


def _instructed_to_erase(refs: Collection[UUID]) -> QuerySet[Instruction]:
    return Instruction.objects.filter(kind=InstructionKind.ERASE, subject_ref__in=refs)


def holders_of(refs: Collection[UUID]) -> list[str]:
    """The codes of those who got data of a person and were not instructed to erase it since, sorted. An authority that got it
    by its order keeps it by that.
    """
    got = Disclosure.objects.filter(subject_ref__in=refs).exclude(about__startswith=AuthorityOrder.OWNER)
    told = Telling.objects.filter(subject_ref__in=refs).exclude(instruction__kind=InstructionKind.ERASE)
    last: dict[str, datetime] = dict(got.values_list("recipient_code").annotate(at=Max("disclosed_at")).order_by())
    for code, at in told.values_list("recipient_code").annotate(at=Max("told_at")).order_by():
        last[code] = max(at, last.get(code, at))
    given = _instructed_to_erase(refs).values_list("recipient__code").annotate(at=Max("given_at")).order_by()
    instructed = dict(given)
    return sorted(code for code, at in last.items() if code not in instructed or instructed[code] < at)


def told_since(refs: Collection[UUID]) -> dict[str, datetime]:
    """Since when each recipient was told about a person, by code."""
    told = Telling.objects.filter(subject_ref__in=list(refs)).values_list("recipient_code")
    return dict(told.annotate(since=Min("told_at")).order_by())


def country_name(code: str, language: str | None = None) -> str:
    """The country in the reader's language; its code where nobody knows a name."""
    return _territories((language or get_language() or "en")[:2]).get(code, code)


@cache
def _territories(language: str) -> dict[str, str]:
    return {str(code): str(name) for code, name in Locale.parse(language).territories.items()}


def countries(language: str | None = None) -> list[tuple[str, str]]:
    """Every country as (code, name), by name."""
    known = _territories((language or get_language() or "en")[:2])
    found = [(code, name) for code, name in known.items() if len(code) == 2 and code.isalpha() and code not in _NONE]
    return sorted(found, key=lambda row: row[1])


#: Codes of the Unicode list that are no country: unions, the unknown, pseudo-locales.
_NONE = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


def host_of(url: str) -> str:
    """The host of a recipient's address, which may be shown: the path may be a secret."""
    return urlsplit(url).netloc
