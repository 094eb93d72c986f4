"""Whose a sender is, what header and template say together, and whether free text may be sent.

``sending`` is asked before messages: what is registered under a header and a template id is kept in the process for a
few seconds (``settings.DECISION_RULES_SECONDS``), so that an ended header works no longer than that elsewhere.
"""

import functools
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q, QuerySet

from portal.kernel.core import addresses, clock
from portal.kernel.core.errors import PortalError
from portal.kernel.core.text import ascii_digits
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel, MessageCategory
from portal.kernel.law.terms import Unit
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.people.selectors import customers_of
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL, SenderKind, TargetKind, TemplateState
from portal.kernel.registers.senders.models.senders import LastInbound, ListedTarget, Sender, SendingEntity
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.rules.senders import (
    Registered,
    Sending,
    Template,
    is_same_sender,
    parse_header,
    series_of,
    settle,
)

#: Policy and security goes under a header of the mildest category there is (TRAI suffix -T, else -S).
_CARRIED_AS: Final = {
    MessageCategory.POLICY_AND_SECURITY: (MessageCategory.TRANSACTIONAL, MessageCategory.SERVICE),
}
#: WhatsApp's policy: free text within hours of the person's last message. A contract, not law.
FREE_TEXT_RULE: Final = "WA-POLICY"
#: TRAI: which series of voice numbers carries what.
SERIES_RULE: Final = "IN-TRAI-SERIES"
#: Kinds whose senders may have letters; the others are numbers.
#: Senders that a person can call back.
DIALLED: Final = (SenderKind.SHORT_CODE, SenderKind.VOICE_NUMBER, SenderKind.WHATSAPP_NUMBER)
_NAMED: Final = (SenderKind.SMS_HEADER, SenderKind.RCS_AGENT)
MOST_KEPT: Final = 10_000


def carried_as(category: str) -> tuple[str, ...]:
    """The categories under which a message of ours leaves, the first choice first: its header has to carry one of them."""
    return _CARRIED_AS.get(MessageCategory(category), (category,))


@dataclass(frozen=True, slots=True)
class _Found:
    """What is registered under one header and one template id.

    ``settled`` is what they say from ``since`` on, where none of them ends: most of the time.
    """

    suffix: str | None
    senders: tuple[Registered, ...]
    templates: tuple[Template, ...] | None
    read_at: float
    since: datetime
    settled: Sending | None


_kept: dict[tuple[int, str, str, str], _Found] = {}
_lock = threading.Lock()


def sending(*, fiduciary: int, channel: str, header: str = "", template: str = "", at: datetime) -> Sending:
    """What header and template (as the sender writes them) say together. One look into memory, once they were read."""
    key = (fiduciary, channel, header, template)
    found = _kept.get(key)
    if found is None or time.monotonic() - found.read_at > settings.DECISION_RULES_SECONDS:
        found = _read(fiduciary, channel, header, template)
        with _lock:
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            _kept[key] = found
    if found.settled is not None and at >= found.since:
        return found.settled
    return settle(fiduciary=fiduciary, at=at, suffix=found.suffix, senders=found.senders, templates=found.templates)


def forget() -> None:
    """Read every header and template anew, in this process."""
    with _lock:
        _kept.clear()


def _read(fiduciary: int, channel: str, header: str, template: str) -> _Found:
    written = normal_header(channel, header) if header else None
    suffix = written[1] if written else None
    senders = tuple(_senders(channel, written[0])) if written else ()
    templates = tuple(_templates(channel, template)) if template else None
    rows: list[Registered | Template] = [*senders, *(templates or ())]
    since = max((row.starts_at for row in rows), default=datetime.min.replace(tzinfo=UTC))
    settled = None
    if all(row.ends_at is None for row in rows):
        settled = settle(fiduciary=fiduciary, at=since, suffix=suffix, senders=senders, templates=templates)
    return _Found(suffix, senders, templates, time.monotonic(), since, settled)


def _senders(channel: str, value: str) -> Iterable[Registered]:
    kinds = SENDERS_OF_CHANNEL.get(Channel(channel), ()) if channel in Channel.values else ()
    return map(as_registered, Sender.objects.filter(kind__in=kinds, value=value, answer=Answer.APPROVED))


def as_registered(row: Sender) -> Registered:
    """What a decision needs of the entry."""
    return Registered(
        row.pk, row.fiduciary_id, frozenset(row.carries), row.starts_at, row.ends_at, _version("sender", row)
    )


def _templates(channel: str, template: str) -> Iterable[Template]:
    rows = ContentTemplate.objects.filter(channel=channel, template_id=template.strip(), answer=Answer.APPROVED)
    return map(as_template, rows.prefetch_related("senders"))


def as_template(row: ContentTemplate) -> Template:
    """What a decision needs of the entry; its senders are read, if they are not prefetched."""
    return Template(
        number=row.pk,
        fiduciary=row.fiduciary_id,
        category=row.category,
        is_usable=row.state == TemplateState.APPROVED,
        senders=frozenset(sender.pk for sender in row.senders.all()),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        version=_version("template", row),
    )


def _version(what: str, row: Sender | ContentTemplate) -> str:
    """The entry and the content that two people reviewed: an entry is never changed, only ended."""
    return f"{what}:{row.pk}@{row.shown_sha256}"


@functools.lru_cache(maxsize=1_024)
def normal_header(channel: str, header: str) -> tuple[str, str]:
    """The form in which a sender of the channel is kept, and the suffix of an SMS header."""
    if channel == Channel.SMS:
        parsed = parse_header(ascii_digits(header))
        return parsed.name, parsed.suffix
    kinds = SENDERS_OF_CHANNEL.get(Channel(channel), ()) if channel in Channel.values else ()
    return (normal_form(kinds[0], header), "") if kinds else (header.strip(), "")


def normal_form(kind: str, text: str) -> str:
    """The form in which a sender is kept and looked up. Any text has one; whether it is fit is for the service."""
    if kind == SenderKind.SMS_HEADER:
        return parse_header(ascii_digits(text)).name
    if kind == SenderKind.WHATSAPP_NUMBER:
        try:
            return addresses.normalise(addresses.PHONE, text)
        except PortalError:
            return text.strip()
    if kind == SenderKind.RCS_AGENT:
        return text.strip().lower()
    return "".join(letter for letter in ascii_digits(text) if letter.isdigit())


def owner_of(*, channel: str, sender: str, at: datetime) -> Fiduciary | None:
    """Whose sender this is at that time: a STOP that reached it may be narrowed to that fiduciary. None: nobody's."""
    value, _suffix = normal_header(channel, sender)
    kinds = SENDERS_OF_CHANNEL.get(Channel(channel), ()) if channel in Channel.values else ()
    rows = in_force(Sender.objects.filter(kind__in=kinds, value=value), at=at)
    found = rows.select_related("fiduciary").first()
    return found.fiduciary if found else None


def forms_of(*, fiduciary: Fiduciary, sender: str, at: datetime) -> list[tuple[str, str]]:
    """Each channel that a fiduciary's sender is registered for, with its form there, however it is written; empty for none.

    A number is the same sender on every channel: a line for calls may also send messages.
    """
    is_number = not any(letter.isalpha() for letter in parse_header(ascii_digits(sender)).name)
    rows = in_force(Sender.objects.filter(fiduciary=fiduciary), at=at).order_by("pk")
    found = [
        (str(channel), row.value)
        for channel, kinds in SENDERS_OF_CHANNEL.items()
        for row in rows
        if row.kind in kinds
        and (is_number or row.kind in _NAMED)
        and is_same_sender(row.value, normal_form(row.kind, sender))
    ]
    return list(dict.fromkeys(found)) if sender.strip() else []


def opt_out_owner(*, number: str, at: datetime) -> Fiduciary | None:
    """Whose opt-out number was called. None: nobody's."""
    value = normal_form(SenderKind.OPT_OUT_NUMBER, number)
    rows = in_force(Sender.objects.filter(kind=SenderKind.OPT_OUT_NUMBER, value=value), at=at)
    found = rows.select_related("fiduciary").first()
    return found.fiduciary if found else None


def in_force(rows: QuerySet[Any], *, at: datetime) -> QuerySet[Any]:
    """The entries that two people agreed to and that hold at ``at``."""
    return rows.filter(Q(ends_at=None) | Q(ends_at__gt=at), answer=Answer.APPROVED, starts_at__lte=at)


def targets(*, fiduciary: Fiduciary, at: datetime) -> tuple[list[str], list[str]]:
    """The links and the numbers that the fiduciary's templates may hold at ``at``; its own senders are among them."""
    listed = in_force(ListedTarget.objects.filter(fiduciary=fiduciary), at=at).values_list("kind", "value")
    links = [value for kind, value in listed if kind == TargetKind.LINK]
    numbers = [value for kind, value in listed if kind == TargetKind.NUMBER]
    own = in_force(Sender.objects.filter(fiduciary=fiduciary, kind__in=DIALLED), at=at)
    return links, [*numbers, *own.values_list("value", flat=True)]


def free_text_window(*, at: datetime) -> timedelta | None:
    """How long after a person's message free text may follow, by the rule of that day. None: no rule is loaded."""
    try:
        rule = law.legal_rule(FREE_TEXT_RULE, on=clock.day(at))
    except PortalError:
        return None
    return timedelta(hours=rule.amount) if rule.unit == Unit.HOUR and rule.amount else None


def voice_series(*, at: datetime) -> dict[str, frozenset[str]]:
    """What each series of voice numbers may carry, by the rule of that day. Empty when none is loaded."""
    try:
        rule = law.legal_rule(SERIES_RULE, on=clock.day(at))
    except PortalError:
        return {}
    return series_of(rule.values)


def may_send_free_text(
    address_keys: Sequence[bytes], at: datetime, *, fiduciary: str = OWN_CODE, channel: str = Channel.WHATSAPP
) -> bool:
    """Whether text outside a template may go now to the address of the lookup hashes: only within hours of its last message."""
    window = free_text_window(at=at)
    if window is None:
        return False
    last = LastInbound.objects.filter(
        address_key__in=address_keys, channel=str(channel), fiduciary__code=fiduciary, last_at__lte=at
    )
    return last.filter(last_at__gt=at - window).exists()


def fiduciaries_of(user: Any, *, at: datetime) -> QuerySet[Fiduciary]:
    """The fiduciaries whose senders the signed-in person may see: those linked to a customer they act for now."""
    linked = in_force(SendingEntity.objects.filter(customer__in=customers_of(user)), at=at)
    return Fiduciary.objects.filter(pk__in=linked.values("fiduciary"))


def advertised(*, at: datetime) -> dict[int, frozenset[str]]:
    """By fiduciary: the preference categories its promotion is about, where two people entered any."""
    rows = in_force(SendingEntity.objects.all(), at=at).values_list("fiduciary", "advertises")
    return {fiduciary: frozenset(categories) for fiduciary, categories in rows if categories}


def entity_of(fiduciary: Fiduciary, *, at: datetime) -> SendingEntity | None:
    """The fiduciary's registration with the operators at that time."""
    found: SendingEntity | None = in_force(SendingEntity.objects.filter(fiduciary=fiduciary), at=at).first()
    return found
