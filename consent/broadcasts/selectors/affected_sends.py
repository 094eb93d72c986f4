"""How many of the latest sends a change of a sender register would have stopped: shown before two people agree to it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, QuerySet, Sum

from consent.base.choices import AnsweredAs
from consent.base.rules import contact
from consent.base.selectors.contact_rulebook import rulebook
from consent.broadcasts.models import Broadcast
from consent.decisions.models.contact_decisions import AnswerSet, GivenAnswer
from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.outbox.models import Message
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL
from portal.kernel.registers.base.models.dated_entry import DatedEntry
from portal.kernel.registers.senders.models.senders import Sender, SendingEntity
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.rules.senders import Sending
from portal.kernel.registers.senders.selectors.sender_changes import COUNTED, Change, Named, change_of, sendings
from portal.kernel.registers.senders.selectors.senders import carried_as, in_force

_OF_LISTS: Final = (AnsweredAs.BATCH, AnsweredAs.SCRUB)


@dataclass(frozen=True)
class AffectedSends:
    """``stopped`` of ``permitted`` sends: what sending systems were permitted, and what we sent ourselves."""

    permitted: int
    stopped: int


def affected_sends(*, entry: DatedEntry, at: datetime) -> AffectedSends | None:
    """Fills ``answers.affected_sends``: what the entry's approval or end would have stopped of the time that the house
    rule ``registers.affected_sends`` counts.

    Counted are permitted decisions that named the header or template, of an ended DLT entity all of its client's, and our
    own messages. None for an entry that changes no decision. Reads only, the same few statements however many sends.
    """
    change = change_of(entry, at=at)
    if change is None:
        return None
    since = at - law.house_rule(COUNTED, on=clock.day(at)).duration
    if isinstance(entry, SendingEntity):
        if not change.is_end or entry.fiduciary.is_self:
            return None
        total = sum(_permitted(since, fiduciary=entry.fiduciary).values())
        return AffectedSends(total, total)
    if isinstance(entry, Sender):
        found = _permitted(since, fiduciary=entry.fiduciary, header=entry.value)
        own, own_stopped = _own_from(entry, change, since, at)
    elif isinstance(entry, ContentTemplate):
        found = _permitted(since, fiduciary=entry.fiduciary, template=entry.template_id)
        own = _own_in(entry, since)
        own_stopped = own if change.is_end else 0
    else:
        return None
    return AffectedSends(sum(found.values()) + own, _stopped(found, change, at) + own_stopped)


def _permitted(since: datetime, **named: Any) -> Counter[tuple[str, Named]]:
    """Permitted sends, by purpose and how they were to be sent: single decisions, batches and scrubbed lists."""
    by = ("purpose", "fiduciary", "channel", "header", "template")
    singles: QuerySet[Any] = GivenAnswer.objects.filter(minute__gte=since, allowed=True, **named)
    for name in named.keys() & {"header", "template"}:
        singles = singles.exclude(**{name: ""})  # the index has only rows that name one
    lists = AnswerSet.objects.filter(answered_at__gte=since, answered_as__in=_OF_LISTS, **named)
    found: Counter[tuple[str, Named]] = Counter()
    for purpose, fiduciary, channel, header, template, count in [
        *singles.values_list(*by).annotate(count=Count("pk")).order_by(),
        *lists.values_list(*by).annotate(count=Sum("allowed")).order_by(),
    ]:
        found[purpose, (fiduciary, channel, header, template)] += count
    return found


def _stopped(found: Counter[tuple[str, Named]], change: Change, at: datetime) -> int:
    """How many of them would not be sent after the change. What is stopped today already does not count for an end; a
    proposal may follow an entry that has ended, so it is compared with what was permitted.
    """
    named = {asked for _purpose, asked in found}
    after = sendings(named, at=at, change=change)
    before = sendings(named, at=at) if change.is_end else None
    return sum(
        count
        for (purpose, asked), count in found.items()
        if not _is_sent(purpose, after.get(asked), at) and (before is None or _is_sent(purpose, before.get(asked), at))
    )


def _is_sent(purpose: str, said: Sending | None, at: datetime) -> bool:
    terms = rulebook(at, purpose=purpose).purposes.get(purpose)
    if terms is None or said is None or said.refusal:
        return False
    _category, refusal = contact.agreed_category(terms.category, templates=said.categories, carries=said.carries)
    return refusal is None


def _own_from(entry: Sender, change: Change, since: datetime, at: datetime) -> tuple[int, int]:
    """Our own messages on the sender's channel that it can carry, and those that no other sender would carry after its end."""
    channels = [channel for channel, kinds in SENDERS_OF_CHANNEL.items() if entry.kind in kinds]
    if not change.is_end or not channels:
        return 0, 0
    kinds = SENDERS_OF_CHANNEL[channels[0]]
    others = in_force(Sender.objects.filter(fiduciary=entry.fiduciary, kind__in=kinds), at=at).exclude(pk=entry.pk)
    carried = {category for carries in others.values_list("carries", flat=True) for category in carries}
    sent = _messages(entry, since).filter(channel__in=channels).values_list("category").annotate(count=Count("pk"))
    by_category = {category: count for category, count in sent.order_by() if _carried(category, entry.carries)}
    stopped = sum(count for category, count in by_category.items() if not _carried(category, carried))
    return sum(by_category.values()), stopped


def _carried(category: str, carries: Any) -> bool:
    """Whether one of our own messages would leave under a header that carries these: as the header is chosen for it, which is
    never one of another category.
    """
    return any(each in carries for each in carried_as(category))


def _own_in(entry: ContentTemplate, since: datetime) -> int:
    """Our own broadcasts' messages in the template."""
    rows = Broadcast.objects.filter(templates=entry)
    return (
        _messages(entry, since)
        .filter(about__in=[row.about for row in rows], channel=entry.channel, template_language=entry.language)
        .count()
    )


def _messages(entry: DatedEntry, since: datetime) -> QuerySet[Message]:
    return Message.objects.filter(sent_at__gte=since, fiduciary=entry.fiduciary.code)
