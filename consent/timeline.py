"""What a person answered, was asked and was shown, for the one-person file."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.base.choices import STANDING
from consent.base.permissions import Permission
from consent.decisions.selectors import point_in_time
from consent.records.models.events import ConsentEvent
from portal.kernel.core.timeline_api import Stands, Strand, Told
from portal.kernel.law.choices import Channel
from portal.kernel.law.labels import PurposeNames
from portal.kernel.ledger.choices import EntryKind

#: Letters of the lookup hash that tell one address of a person from another, behind its version byte.
TAG = slice(1, 5)


def told_answers(entries: Collection[int]) -> Mapping[int, Told]:
    """What each of these ledger entries says, of those that are answers. One query."""
    name = PurposeNames()
    rows = ConsentEvent.objects.filter(entry__in=entries).select_related(
        "fiduciary", "receipt", "notice_version__notice"
    )
    return {
        row.entry_id: Told(
            act=f"consent.answer.{row.answer}",
            words=f"{row.get_answer_display()}: {name(row.purpose)}, {row.get_channel_display()}",
            at=row.occurred_at,
            who=f"{row.actor_kind}:{row.actor_ref}",
            about=_place(row),
            facts={
                "receipt": row.receipt.reference,
                "way": str(row.get_way_display()),
                "notice": str(row.notice_version) if row.notice_version else None,
                "notice_sha256": row.notice_sha256 or None,
                "expires_at": row.expires_at.isoformat() if row.expires_at else None,
            },
        )
        for row in rows
    }


def stood(subject_refs: Collection[UUID], at: datetime) -> Iterable[Stands]:
    """The deciding answer at each address, for each purpose and channel; one whose agreed time was over is expired.

    What others said at an address counts, too: a no by anybody there wins.
    """
    said = dict(STANDING)
    seen: set[int] = set()
    for ref in sorted(subject_refs):
        for then in point_in_time.of_person(ref, at):
            if then.event.pk not in seen:
                seen.add(then.event.pk)
                state = str(said.get(then.answer, then.answer))
                yield Stands("consents", "answer", _place(then.event), state, then.event.occurred_at)


def _place(row: ConsentEvent) -> str:
    """Whose, for what, on which channel, and which address, by the beginning of its lookup hash."""
    place = f"{row.fiduciary.code}: {row.purpose}"
    if row.channel == Channel.NONE:
        return place
    return f"{place}, {row.channel}, {row.address_kind} {bytes(row.address_key)[TAG].hex()}"


STRANDS = (
    Strand(
        code="consents",
        label=_("Consents"),
        needs=Permission.EVENT_VIEW,
        acts=("consent.",),
        ledger_kind=EntryKind.CONSENT,
        tells=told_answers,
        standing=stood,
    ),
    Strand(
        code="notices",
        label=_("Notices served"),
        needs=Permission.NOTICE_VIEW,
        acts=("consent.acknowledgement.", "consent.late_notice.", "consent.question", "notices."),
    ),
)
