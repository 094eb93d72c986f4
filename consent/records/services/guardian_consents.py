"""Answers of people who cannot answer alone: held until a parent or guardian gives them verifiably (DPDP s.9, r.10-11)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import HELD_MOVES, AppointedBy, HeldState, Relation, ShownBy, Way
from consent.base.models.notices import NoticeText
from consent.base.selectors.purposes import is_closed_to_children
from consent.records.models.events import ConsentReceipt
from consent.records.models.guardians import GuardianAnswer, HeldConsent
from consent.records.models.offline_consents import TAKEN
from consent.records.selectors import preferences
from consent.records.services.evidence import Evidence
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law import selectors as law
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ProtectionKind
from portal.kernel.people.models import Fiduciary, Protection
from portal.kernel.people.services import maker_checker

__all__ = [
    "BY_GUARDIAN",
    "TAKEN",
    "Guardian",
    "hold",
    "keep",
    "leave",
    "release",
    "require_able",
    "require_able_at",
    "require_fit",
]

#: The kind of evidence that lets a yes for a protected person in: only with one of the ways below.
GUARDIAN = "guardian"
#: Two of our people took it, or the guardian whom two of our people had seen before gave it on the own page.
BY_GUARDIAN = (*TAKEN, Way.GUARDIAN)
#: Ways that name an address: who of those who hold it answered is the word of the system that tells of it.
OF_AN_ADDRESS = frozenset({Way.API, Way.IMPORT, Way.VOICE})


@dataclass(frozen=True)
class Guardian:
    """Who gave the answer, and how it was shown that they may. ``appointed_by`` is for a guardian who was appointed."""

    ref: UUID
    relation: Relation
    identity_shown: ShownBy
    age_shown: ShownBy
    appointed_by: AppointedBy | str = ""

    def said(self) -> dict[str, str]:
        """As plain values, for the digest that the leaf commits to."""
        return {name: str(value) for name, value in asdict(self).items()}

    @property
    def evidence(self) -> Evidence:
        return {"type": GUARDIAN, "sha256": maker_checker.shown_digest(self.said())}


def require_able(subject_ref: UUID, purposes: Iterable[str], *, by_guardian: bool, at: datetime) -> None:
    """Raises Refused for a yes that the person cannot give: HELD_FOR_GUARDIAN, or NOT_FOR_CHILDREN whoever gives it."""
    protection = people.protection_of(subject_ref, at=at)
    if protection is None:
        return
    on = clock.day(at)
    if protection.kind == ProtectionKind.CHILD and any(is_closed_to_children(law.purpose(p, on=on)) for p in purposes):
        raise Refused(
            _("This is not used for anyone under 18: no promotion and no tracking, even with consent."),
            code="NOT_FOR_CHILDREN",
        )
    if not by_guardian:
        raise Refused(
            _("Someone else has to decide this for you: a parent or your lawful guardian."), code="HELD_FOR_GUARDIAN"
        )


def require_able_at(yeses: Sequence[tuple[Iterable[bytes], str]], *, at: datetime) -> None:
    """As ``require_able`` for everybody who holds one of the addresses, for a yes that names an address and no person.

    ``yeses`` are the lookup keys of an address with a purpose.

    Of two people at one number nobody but the sender of such a yes knows who gave it; where one of them cannot give it,
    it is refused whoever spoke for the number before. Another holder can still give it in person.
    """
    keys = {key for held, _purpose in yeses for key in held}
    for ref in sorted(people.protected_among(preferences.holders(keys), at=at)):
        require_able(ref, {purpose for _keys, purpose in yeses}, by_guardian=False, at=at)


def require_fit(guardian: Guardian, protection: Protection | None, *, subject_ref: UUID, at: datetime) -> None:
    """Raises Refused for a guardian who cannot answer for the person: a child too, the same person, or not appointed."""
    if protection is None:
        raise Refused(_("This person decides alone: no one else can consent for them."), code="ANSWERS_ALONE")
    if guardian.ref in people.refs_of(subject_ref):
        raise Refused(
            _("No one is their own guardian. Give the reference of the parent or guardian."), code="SAME_PERSON"
        )
    if people.protection_of(guardian.ref, at=at) is not None:
        raise Refused(_("A guardian must be of age and decide for themselves."), code="GUARDIAN_PROTECTED")
    needs_order = protection.kind == ProtectionKind.GUARDED
    if needs_order and (guardian.relation != Relation.GUARDIAN or not guardian.appointed_by):
        raise Refused(_("Say who appointed the guardian: a court, an authority or a committee."), code="NOT_APPOINTED")


def hold(
    *,
    subject_ref: UUID,
    fiduciary: Fiduciary,
    purpose: str,
    channels: Collection[str],
    notice: NoticeText,
    actor: Actor,
    now: datetime,
) -> HeldConsent:
    """Keep a yes that somebody else has to give, with its audit event. It allows nothing.

    Of each purpose one yes waits: asked again for a channel more, or under another text, the one of before is given up
    (``leave``) and one for all its channels takes its place, so that the guardian is asked for what the person last
    saw and chose. Nothing new, nothing written. One transaction.
    """
    with transaction.atomic():
        whose = {"subject_ref": subject_ref, "fiduciary": fiduciary, "purpose": purpose, "state": HeldState.HELD}
        text = {"notice_version": notice.version, "language": notice.language, "held_at": now}
        row, is_new = HeldConsent.objects.select_for_update().get_or_create(
            **whose, defaults={"channels": sorted(channels), **text}
        )
        all_channels = sorted({*row.channels, *channels})
        if (row.channels, row.notice_version, row.language) != (all_channels, notice.version, notice.language):
            leave(held=row, actor=actor, now=now)
            row, is_new = HeldConsent.objects.create(**whose, channels=all_channels, **text), True
        if is_new:
            _record(AuditKind.CONSENT_QUESTION_HELD, row, actor, now)
    return row


def release(*, subject_ref: UUID, fiduciary: Fiduciary, purpose: str, actor: Actor, now: datetime) -> None:
    """The guardian said yes: what was held for the purpose is held no longer. In the caller's transaction."""
    rows = HeldConsent.objects.filter(
        subject_ref__in=people.refs_of(subject_ref), fiduciary=fiduciary, purpose=purpose, state=HeldState.HELD
    )
    for row in rows:
        move(row, HeldState.GIVEN, moves=HELD_MOVES, closed_at=now)
        _record(AuditKind.CONSENT_QUESTION_CLOSED, row, actor, now)


def decline(*, subject_ref: UUID, fiduciary: Fiduciary, purpose: str, actor: Actor, now: datetime) -> None:
    """The guardian said no: nothing waits for the purpose any more. In the caller's transaction."""
    rows = HeldConsent.objects.filter(
        subject_ref__in=people.refs_of(subject_ref), fiduciary=fiduciary, purpose=purpose, state=HeldState.HELD
    )
    for row in rows:
        leave(held=row, actor=actor, now=now)


def leave(*, held: HeldConsent, actor: Actor, now: datetime) -> None:
    """Give a held question up. Raises IllegalMove when it is closed already."""
    with transaction.atomic():
        move(held, HeldState.LEFT, moves=HELD_MOVES, closed_at=now)
        _record(AuditKind.CONSENT_QUESTION_CLOSED, held, actor, now)


def keep(receipt: ConsentReceipt, guardian: Guardian, *, now: datetime) -> GuardianAnswer:
    """The proof beside the answers of a receipt, in the caller's transaction."""
    return GuardianAnswer.objects.create(
        receipt=receipt,
        subject_ref=receipt.subject_ref,
        guardian_ref=guardian.ref,
        relation=guardian.relation,
        identity_shown=guardian.identity_shown,
        age_shown=guardian.age_shown,
        appointed_by=guardian.appointed_by,
        sha256=guardian.evidence["sha256"],
        shown_at=now,
    )


def _record(kind: AuditKind, row: HeldConsent, actor: Actor, now: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=f"consent.heldconsent:{row.pk}",
        facts={
            "purpose": row.purpose,
            "fiduciary": row.fiduciary.code,
            "notice": row.notice_version.notice.code,
            "version": row.notice_version.number,
            "language": row.language,
            "state": str(row.state),
        },
        subject_ref=row.subject_ref,
        at=now,
    )
