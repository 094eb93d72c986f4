"""Staff took a yes on paper or by telephone: proposed with its proof, recorded when another person agrees."""

import contextlib
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, AppointedBy, Relation, ShownBy, VersionState, Way
from consent.base.labels import FAULT, FAULTS
from consent.base.models.notices import NoticeVersion
from consent.base.permissions import Act
from consent.base.rules.status_fold import YES
from consent.collection.services.call_consents import REFERENCE
from consent.decisions.services import sender_status
from consent.records.models.offline_consents import TakenAnswer
from consent.records.models.state import ConsentState
from consent.records.services import guardian_consents, subject_locks
from consent.records.services.addresses import Address, addresses_by_channel
from consent.records.services.consent_events import Choice, Recorded, check, record_all
from consent.records.services.evidence import CALL, SCAN, Evidence, reference
from consent.records.services.guardian_consents import Guardian
from consent.suppressions.services.withdrawals import refusals_of_senders
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import Answer as Proposed
from portal.kernel.people.models import Fiduciary, Subject
from portal.kernel.people.services import maker_checker
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.inspection.result import Limits
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files, inspections

LIMITS = Limits(pixels=50_000_000, pages=20)
FIELDS = (
    "subject_ref",
    "purpose",
    "channels",
    "sender",
    "way",
    "language",
    "call_reference",
    "guardian_ref",
    "relation",
    "identity_shown",
    "age_shown",
    "appointed_by",
)


@dataclass(frozen=True)
class Taken:
    """Whose yes, to what, in which words, and when. ``channels`` is empty for processing that is no message.

    ``sender``: the one header, number or code that it is about, as staff write it; empty: all of the fiduciary's.
    """

    subject_ref: UUID
    fiduciary: Fiduciary
    purpose: str
    channels: Sequence[str]
    way: Way
    notice_version: NoticeVersion
    language: str
    occurred_at: datetime
    call_reference: str = ""
    guardian: Guardian | None = None
    sender: str = ""


def shown(taken: TakenAnswer) -> dict[str, Any]:
    """What both people see and are bound to, the scan by its hash."""
    # Without a sender it is what people were bound to before an answer could name one.
    plain = {name: getattr(taken, name) for name in FIELDS if name != "sender" or taken.sender}
    return {
        **{name: value if isinstance(value, list) else str(value or "") for name, value in plain.items()},
        "fiduciary": taken.fiduciary.code,
        "notice": taken.notice_version.notice.code,
        "version": taken.notice_version.number,
        "text_sha256": taken.notice_version.text_in(taken.language).sha256,
        "occurred_at": clock.stamp(taken.occurred_at),
        "scan_sha256": taken.scan.sha256 if taken.scan else "",
        "addresses_sha256": _addresses_sha256(taken),
    }


def _addresses_sha256(taken: TakenAnswer) -> str:
    """Of the lookup hashes that the yes would be about: an address that comes later was on nobody's paper."""
    keys = sorted(f"{channel} {place.keys[-1].hex()}" for channel, place in _places(taken.subject_ref, taken.channels))
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def propose(*, taken: Taken, scan: BinaryIO | None, actor: Actor, now: datetime | None = None) -> TakenAnswer:
    """Propose a yes with its proof. Nothing is recorded before another person has agreed.

    One transaction: the row of the scan, encrypted before, the proposal, its audit event. Raises Refused without a scan (paper)
    or the call's reference (telephone), for a file that is unfit, a text that was not in force, an address the person
    does not have, a sender that is not registered for it, or a person for whom somebody else must answer; NotAllowed when the role may not propose. Raises Refused (PROPOSED_ALREADY) for a yes of a call that is proposed or recorded already.
    """
    at = now or clock.now()
    maker = maker_checker.person_of(actor)
    maker_checker.require_maker(maker, Act.ANSWER_TAKE, now=at)
    taken = replace(taken, sender=_sender_of(taken, at))
    _refuse_unfit(taken, has_scan=scan is not None, at=at)
    data = _made_safe(scan) if scan is not None else None
    guardian = taken.guardian
    with contextlib.ExitStack() as stack:
        bytes_of = stack.enter_context(files.encrypted(io.BytesIO(data))) if data is not None else None
        stack.enter_context(transaction.atomic())
        subject_locks.take_all_of(taken.subject_ref)  # the same call proposed twice at once
        _refuse_same_call(taken)
        row = TakenAnswer(
            subject_ref=taken.subject_ref,
            fiduciary=taken.fiduciary,
            purpose=taken.purpose,
            channels=sorted(taken.channels),
            sender=taken.sender,
            way=taken.way,
            notice_version=taken.notice_version,
            language=taken.notice_version.text_in(taken.language).language,
            occurred_at=taken.occurred_at,
            call_reference=taken.call_reference,
            scan=_kept(bytes_of, taken.subject_ref, actor) if bytes_of is not None else None,
            guardian_ref=guardian.ref if guardian else None,
            relation=guardian.relation if guardian else "",
            identity_shown=guardian.identity_shown if guardian else "",
            age_shown=guardian.age_shown if guardian else "",
            appointed_by=guardian.appointed_by if guardian else "",
        )
        fields = {f.name: getattr(row, f.name) for f in TakenAnswer._meta.concrete_fields if f.name in _OWN}
        proposal = maker_checker.propose(
            TakenAnswer, act=Act.ANSWER_TAKE, maker=maker, shown=shown(row), now=at, **fields
        )
        _record(AuditKind.CONSENT_TAKEN_PROPOSED, proposal, actor, at)
    return proposal


_OWN = frozenset({*FIELDS, "fiduciary", "notice_version", "occurred_at", "scan"})


@retried
def answer(
    *, proposal: TakenAnswer, approve: bool, reason: str = "", actor: Actor, now: datetime | None = None
) -> Recorded | None:
    """Agree or refuse, as another person who has seen the proof; agreeing records the yes in the same transaction.

    The event is of when the person answered, in the way they did; its evidence is the scan, the call, and how a guardian
    was shown. Raises Refused for a yes by somebody who has not opened the scan, and as ``maker_checker.answer`` and
    ``consent_events.record_all``.
    """
    at = now or clock.now()
    if approve:
        _require_opened(proposal, actor)
    with transaction.atomic():
        proposal.refresh_from_db()  # of an attempt that the database ended nothing is true any more
        maker_checker.answer(
            proposal,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(proposal),
            reason=reason,
            now=at,
        )
        done = _recorded(proposal, actor=actor, at=at) if approve else None
        if done is not None:
            TakenAnswer.objects.filter(pk=proposal.pk).update(receipt=done.receipt)
            proposal.refresh_from_db()
        _record(AuditKind.CONSENT_TAKEN_ANSWERED, proposal, actor, at)
    return done


def _require_opened(proposal: TakenAnswer, actor: Actor) -> None:
    """The vault wrote down who opened the scan: only one of them can say what it shows."""
    if proposal.scan is None:
        return
    opened = AuditEvent.objects.filter(
        kind=AuditKind.VAULT_FILE_OPENED,
        about=files.about(proposal.scan),
        actor_kind=actor.kind,
        actor_ref=actor.ref,
    )
    if not opened.exists():
        raise Refused(
            _("Open the scan first: you say that it shows what the other person entered."), code="SCAN_NOT_OPENED"
        )


def _recorded(taken: TakenAnswer, *, actor: Actor, at: datetime) -> Recorded:
    guardian = guardian_of(taken)
    if guardian is not None:
        protection = people.protection_of(taken.subject_ref, at=at)
        guardian_consents.require_fit(guardian, protection, subject_ref=taken.subject_ref, at=at)
    choices = _choices(taken, guardian)
    done = record_all(
        subject_ref=taken.subject_ref,
        fiduciary=taken.fiduciary,
        choices=[*choices, *refusals_of_senders(taken.subject_ref, taken.fiduciary, choices)],
        way=Way(taken.way),
        occurred_at=taken.occurred_at,
        actor=actor,
        now=at,
    )
    if guardian is not None and done.receipt is not None:
        guardian_consents.keep(done.receipt, guardian, now=at)
        guardian_consents.release(
            subject_ref=taken.subject_ref, fiduciary=taken.fiduciary, purpose=taken.purpose, actor=actor, now=at
        )
    return done


def guardian_of(taken: TakenAnswer) -> Guardian | None:
    """The guardian of a proposal, if somebody else gave the answer."""
    if taken.guardian_ref is None:
        return None
    return Guardian(
        taken.guardian_ref,
        Relation(taken.relation),
        ShownBy(taken.identity_shown),
        ShownBy(taken.age_shown),
        AppointedBy(taken.appointed_by) if taken.appointed_by else "",
    )


def _choices(taken: TakenAnswer, guardian: Guardian | None) -> list[Choice]:
    pieces: list[Evidence] = []
    if taken.scan is not None:
        pieces.append({"type": SCAN, "sha256": taken.scan.sha256, "file": str(taken.scan.pk)})
    if taken.call_reference:
        pieces.append(reference(CALL, taken.call_reference))
    if guardian is not None:
        pieces.append(guardian.evidence)
    text = taken.notice_version.text_in(taken.language)
    standing = set(
        ConsentState.objects.filter(
            fiduciary=taken.fiduciary,
            purpose=taken.purpose,
            subject_ref__in=people.refs_of(taken.subject_ref),
            answer__in=YES,
        ).values_list("channel", flat=True)
    )
    return [
        Choice(
            place,
            taken.purpose,
            channel,
            Answer.RENEWED if channel in standing and not taken.sender else Answer.GIVEN,
            text,
            tuple(pieces),
            sender=taken.sender,
        )
        for channel, place in _places(taken.subject_ref, taken.channels)
    ]


def _sender_of(taken: Taken, at: datetime) -> str:
    """As registered. Raises Refused as ``sender_status.registered_for``, and for one that a guardian names."""
    if taken.sender.strip() and taken.guardian is not None:
        raise Refused(_("A parent or guardian agrees for all senders of a company: name none."), code="SENDER_OF_WARD")
    return sender_status.registered_for(taken.fiduciary, taken.sender, taken.channels, taken.purpose, at=at)


def _places(subject_ref: UUID, channels: Sequence[str]) -> list[tuple[str, Address]]:
    reached = addresses_by_channel(subject_ref)
    return [(channel, place) for channel in channels or [str(Channel.NONE)] for place in reached[channel]]


def open_scan(taken: TakenAnswer, *, actor: Actor) -> BinaryIO:
    """The clear bytes of the scan; that it was opened is an audit event of the vault. Raises NotFound without a scan."""
    if taken.scan is None:
        raise NotFound(_("There is no scan."))
    return files.open_stream(taken.scan, actor=actor, reason="consent.taken")


def _refuse_unfit(taken: Taken, *, has_scan: bool, at: datetime) -> None:
    if not Subject.objects.filter(ref=taken.subject_ref, erased_at=None).exists():
        raise Refused(_("There is no person with this reference."), code="NO_SUCH_SUBJECT")
    if taken.way is Way.PAPER and not has_scan:
        raise Refused(_("Add the scan of the form: without it no one can see what was signed."), code="SCAN_MISSING")
    if taken.way is Way.PHONE and not REFERENCE.fullmatch(taken.call_reference):
        raise Refused(
            _("Give the reference of the call: 4 to 64 letters, digits and hyphens, no phone number."),
            code="CALL_REFERENCE",
        )
    if taken.occurred_at > at:
        raise Refused(_("A choice cannot be in the future."), code="OCCURRED_IN_FUTURE")
    if taken.notice_version.state != VersionState.PUBLISHED or taken.purpose not in taken.notice_version.purposes:
        raise Refused(_("A consent needs the published notice that asks for this purpose."), code="NOTICE_MISSING")
    purpose = law.purpose(taken.purpose, on=clock.day(at))
    if purpose.sends_messages != bool(taken.channels):
        raise Refused(_("Name the channels of messages, and none for what is no message."), code="CHANNEL_NOT_USED")
    places = _places(taken.subject_ref, taken.channels)
    if {channel for channel, _place in places} != set(taken.channels or [str(Channel.NONE)]):
        raise Refused(_("We have no address of this person for one of the channels."), code="NO_ADDRESS")
    text = taken.notice_version.text_in(taken.language)
    for channel, place in places:
        check(
            Choice(place, taken.purpose, channel, Answer.GIVEN, text),
            whose=taken.fiduciary,
            way=taken.way,
            on=at,
            occurred_at=taken.occurred_at,
        )
    if taken.guardian is not None:
        protection = people.protection_of(taken.subject_ref, at=at)
        guardian_consents.require_fit(taken.guardian, protection, subject_ref=taken.subject_ref, at=at)
    guardian_consents.require_able(taken.subject_ref, [taken.purpose], by_guardian=taken.guardian is not None, at=at)


def _refuse_same_call(taken: Taken) -> None:
    """One yes of one call is proposed once: a second one would be a second event of the same words.

    Other purposes and channels of the call are proposed by themselves, and what was refused may be proposed again.
    """
    if taken.way is not Way.PHONE:
        return
    same = TakenAnswer.objects.filter(
        subject_ref__in=people.refs_of(taken.subject_ref),
        fiduciary=taken.fiduciary,
        purpose=taken.purpose,
        way=Way.PHONE,
        occurred_at=taken.occurred_at,
        call_reference=taken.call_reference,
        sender=taken.sender,
    ).exclude(answer=Proposed.REFUSED)
    for first in same.order_by("pk"):
        if set(first.channels) & set(taken.channels) or not taken.channels:
            raise Refused(
                _("This yes of the same call was proposed already, as number %(number)s on %(time)s: %(state)s.")
                % {
                    "number": first.pk,
                    "time": f"{first.made_at.astimezone(clock.IST):%d-%m-%Y %H:%M}",
                    "state": first.get_answer_display(),
                },
                code="PROPOSED_ALREADY",
            )


def _made_safe(scan: BinaryIO) -> bytes:
    """The scan as it may be kept, judged in a child process. Raises Refused with what is wrong and what to do."""
    _given, verdict, kept = inspections.read_checked(scan, extension=None, limits=LIMITS)
    if verdict.fault is not None:
        raise Refused(FAULTS.get(verdict.fault, FAULT), code=verdict.fault)
    return kept


def _kept(bytes_of: files.Encrypted, subject_ref: UUID, actor: Actor) -> StoredFile:
    return files.keep(
        bytes_of,
        subject_ref=subject_ref,
        retention_class=RetentionClass.CONSENT_EVIDENCE,
        kind="consent.scan",
        actor=actor,
    )


def _record(kind: AuditKind, row: TakenAnswer, actor: Actor, at: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=f"consent.takenanswer:{row.pk}",
        facts={
            "purpose": row.purpose,
            "channel": ",".join(row.channels) or str(Channel.NONE),
            "fiduciary": row.fiduciary.code,
            "notice": row.notice_version.notice.code,
            "version": row.notice_version.number,
            "language": row.language,
            "way": str(row.way),
            "state": str(row.answer),
            "sha256": row.shown_sha256,
            "reference": row.receipt.reference if row.receipt else None,
        },
        subject_ref=row.subject_ref,
        at=at,
    )
