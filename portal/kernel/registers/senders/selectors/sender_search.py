"""Who sent something, for anybody who asks. Reads; what was typed goes nowhere."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from portal.kernel.outbox.models import Message
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.base.choices import SenderKind, TargetKind, TemplateState
from portal.kernel.registers.senders.models.senders import ListedTarget, Sender
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.rules.sender_search import Asked, is_text_of
from portal.kernel.registers.senders.rules.template_checks import link_is_listed
from portal.kernel.registers.senders.selectors import senders

#: A text that ended longer ago is not looked at: it would name the sender of a message that nobody still has.
TEXTS_SINCE: Final = timedelta(days=365)
#: In the place of forms that what was typed does not have: each question asks for as many. No sender has such a value.
NO_FORMS: Final = tuple("\n" * number for number in range(1, 9))


class Outcome(StrEnum):
    """What the registers say. The values stand in addresses of pages for an hour."""

    IN_USE = "u"
    ENDED = "e"
    #: The sender is registered, and so is the text.
    TEXT_TOO = "b"
    #: The sender is registered, the text is not one of its business.
    TEXT_UNKNOWN = "w"
    #: A text without its sender.
    TEXT = "t"
    ADDRESS = "a"
    #: A reference of a message that left.
    MESSAGE = "m"
    UNKNOWN = "n"
    UNCLEAR = "c"


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome, and the entries that it rests on: 0 for none."""

    outcome: Outcome
    sender: int = 0
    fiduciary: int = 0


def who_sent(asked: Asked, *, at: datetime) -> Found:
    """What is registered about it. The same statements whatever was asked: how long it takes says nothing."""
    values = [*sorted(asked.values), *NO_FORMS[len(asked.values) :]]
    rows = Sender.objects.filter(value__in=values, answer=Answer.APPROVED, starts_at__lte=at)
    known = list(rows.exclude(kind=SenderKind.OPT_OUT_NUMBER).order_by("-starts_at", "-pk"))
    wrote = Message.objects.filter(reference=asked.reference, sent_at__isnull=False).values("fiduciary")
    writers = set(Fiduciary.objects.filter(code__in=wrote).values_list("pk", flat=True))
    listed = _listed(at)
    ours = set(Fiduciary.objects.filter(is_self=True).values_list("pk", flat=True))
    texts, whole = _owners_of_texts((asked.text, asked.whole), listed, at)
    if known:
        return _of_senders(known, asked, texts, at)
    if asked.reference:
        return _of_owners(Outcome.MESSAGE, writers)
    if asked.host:
        return _of_owners(Outcome.ADDRESS, _owners_of_address(asked, listed, ours))
    return _of_owners(Outcome.TEXT, whole)


def _of_senders(known: list[Sender], asked: Asked, texts: set[int], at: datetime) -> Found:
    held = [row for row in known if not row.has_ended(at=at)]
    if len({row.fiduciary_id for row in held}) > 1:
        return Found(Outcome.UNCLEAR)
    row = (held or known)[0]
    if not held:
        return Found(Outcome.ENDED, row.pk, row.fiduciary_id)
    if not asked.text:
        return Found(Outcome.IN_USE, row.pk, row.fiduciary_id)
    outcome = Outcome.TEXT_TOO if row.fiduciary_id in texts else Outcome.TEXT_UNKNOWN
    return Found(outcome, row.pk, row.fiduciary_id)


def _of_owners(outcome: Outcome, owners: set[int]) -> Found:
    if len(owners) > 1:
        return Found(Outcome.UNCLEAR)
    return Found(outcome, fiduciary=owners.pop()) if owners else Found(Outcome.UNKNOWN)


@dataclass(slots=True)
class Listed:
    """What the texts of one business may hold."""

    links: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)


def _owners_of_texts(texts: tuple[str, ...], listed: dict[int, Listed], at: datetime) -> list[set[int]]:
    """Whose registered text each is, word for word. A part of a text names nobody."""
    rows = ContentTemplate.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=at - TEXTS_SINCE),
        answer=Answer.APPROVED,
        state=TemplateState.APPROVED,
        starts_at__lte=at,
    )
    templates = list(rows.values_list("fiduciary", "text"))

    def owners(text: str) -> set[int]:
        known = ((owner, template, listed.get(owner, Listed())) for owner, template in templates)
        return {
            owner for owner, template, of in known if is_text_of(template, text, links=of.links, numbers=of.numbers)
        }

    return [owners(text) for text in texts]


def _owners_of_address(asked: Asked, listed: dict[int, Listed], ours: set[int]) -> set[int]:
    """Whose address it is: at or under a link that a business has listed, or at a host of our own pages and letters. A host alone
    is nobody's because one link on it is listed: many share it.
    """
    own = (urlsplit(settings.SITE_URL).hostname or "", settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> "))
    if any(asked.host == host or asked.host.endswith(f".{host}") for host in own if host):
        return ours
    return {owner for owner, of in listed.items() if asked.link and link_is_listed(asked.link, of.links)}


def _listed(at: datetime) -> dict[int, Listed]:
    """The links and numbers that businesses have listed, with the numbers that they send from, by business."""
    rows = senders.in_force(ListedTarget.objects.all(), at=at).values_list("fiduciary", "kind", "value")
    dialled = senders.in_force(Sender.objects.filter(kind__in=senders.DIALLED), at=at).values_list("fiduciary", "value")
    found: dict[int, Listed] = {}
    for owner, kind, value in rows:
        of = found.setdefault(owner, Listed())
        (of.links if kind == TargetKind.LINK else of.numbers).append(value)
    for owner, value in dialled:
        found.setdefault(owner, Listed()).numbers.append(value)
    return found


def is_named_to_anybody(fiduciary: Fiduciary, sender: Sender | None) -> bool:
    """Whether a stranger may read the business's name: our own, and that of an SMS header, which TRAI's register shows anybody.

    Who our clients are is otherwise the business of whoever got their messages.
    """
    return fiduciary.is_self or (sender is not None and sender.kind == SenderKind.SMS_HEADER)
