"""What header and template would say after a change of their registers: asked before two people agree to it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from portal.kernel.law.choices import Channel
from portal.kernel.people.choices import Answer
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL
from portal.kernel.registers.base.models.dated_entry import DatedEntry
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.rules.senders import Registered, Sending, Template, settle
from portal.kernel.registers.senders.selectors.senders import as_registered, as_template

#: The house rule: of how long before a change its sends are counted.
COUNTED: Final = "registers.affected_sends"
#: Fiduciary, channel, header as registered, template id.
Named = tuple[int, str, str, str]
E = TypeVar("E", bound=DatedEntry)
R = TypeVar("R", Registered, Template)


@dataclass(frozen=True)
class Change:
    """A proposed entry that is approved, or an approved one that ends; ``begins`` is from when on."""

    entry: DatedEntry
    begins: datetime

    @property
    def is_end(self) -> bool:
        return self.entry.answer == Answer.APPROVED


def change_of(entry: DatedEntry, *, at: datetime) -> Change | None:
    """What may still become of the entry at ``at``; None of one that was refused or has ended."""
    if entry.answer == Answer.PENDING:
        return Change(entry, max(entry.starts_at, at))
    is_open = entry.answer == Answer.APPROVED and entry.ends_at is None
    return Change(entry, max(entry.starts_at, at)) if is_open else None


def sendings(named: Iterable[Named], *, at: datetime, change: Change | None = None) -> dict[Named, Sending]:
    """What each header and template say together at ``at``, or what they would say once the change has come.

    Three statements, however many are asked about.
    """
    asked = set(named)
    senders = list(Sender.objects.filter(value__in={one[2] for one in asked}, answer=Answer.APPROVED))
    texts = ContentTemplate.objects.filter(template_id__in={one[3] for one in asked}, answer=Answer.APPROVED)
    by_name: dict[tuple[str, str], list[Registered]] = {}
    for row in _changed(senders, Sender, change):
        for channel, kinds in SENDERS_OF_CHANNEL.items():
            if row.kind in kinds:
                by_name.setdefault((str(channel), row.value), []).append(_from(as_registered(row), row, change))
    by_id: dict[tuple[str, str], list[Template]] = {}
    for text in _changed(list(texts.prefetch_related("senders")), ContentTemplate, change):
        found = by_id.setdefault((text.channel, text.template_id), [])
        found.append(_from(as_template(text), text, change))
    instant = change.begins if change is not None else at
    return {
        one: settle(
            fiduciary=one[0],
            at=instant,
            suffix="" if one[2] else None,
            senders=by_name.get((one[1], one[2]), ()),
            templates=by_id.get((one[1], one[3]), ()) if one[3] else None,
        )
        for one in asked
        if one[1] in Channel.values
    }


def _changed(rows: list[E], model: type[E], change: Change | None) -> list[E]:
    """The rows without the one that ends, or with the one that is proposed."""
    if change is None or not isinstance(change.entry, model):
        return rows
    others = [row for row in rows if row.pk != change.entry.pk]
    return others if change.is_end else [*others, change.entry]


def _from(kept: R, row: DatedEntry, change: Change | None) -> R:
    """A proposed entry is valid from the change on."""
    if change is None or change.is_end or row.pk != change.entry.pk:
        return kept
    return replace(kept, starts_at=change.begins)
