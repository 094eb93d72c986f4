"""A bundle of one person's file: one person asks for it, a job makes it, another signs it off; then it is fetched."""

from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.models import PersonFile
from portal.fronts.evidence.permissions import Act, Permission
from portal.fronts.evidence.person.subject_bundle import Made, digest_of_events
from portal.fronts.evidence.person.subject_timeline import timeline_of
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import access, actor, clock, ids, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.services import result_files
from portal.kernel.ledger import services as ledger
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import User
from portal.kernel.people.services import maker_checker

#: The kind of job that makes bundles.
JOB = "evidence.person_file"
#: Whoever asks for a job fetches its result from the page of jobs; of a bundle nobody may, before two have signed.
MAKER = actor.system(JOB)


def propose(*, subject_ref: UUID, as_of: datetime, ticket: str, actor: Actor, now: datetime) -> PersonFile:
    """Ask for the bundle as of an instant, in one transaction with its job. It is bound to the entries it is to hold.

    Raises NotAllowed for a role that may not, or may not read all of the file; Refused for an instant ahead of now
    (AHEAD) and for a person of whom nothing was known then (NOTHING_KNOWN).
    """
    maker = maker_checker.person_of(actor)
    _require_all(maker)
    if as_of > now:
        raise Refused(_("This time is still to come."), code="AHEAD")
    events, digest = digest_of_events(timeline_of(subject_ref, at=as_of))
    if not events:
        raise Refused(_("Nothing was known of this person then."), code="NOTHING_KNOWN")
    reference = ids.new_reference("PF")
    bound: dict[str, Any] = {"reference": reference, "subject_ref": subject_ref, "as_of": as_of, "ticket": ticket}
    with transaction.atomic():
        row = maker_checker.propose(
            PersonFile,
            act=Act.FILE_SIGN,
            maker=maker,
            shown=_shown(**bound, events=events, events_sha256=digest),
            now=now,
            **bound,
            events=events,
            events_sha256=digest,
        )
        row.job = jobs.start(kind=JOB, parameters={"file": reference}, actor=MAKER)
        row.save(update_fields=["job"])
        _note(AuditKind.EVIDENCE_FILE_PROPOSED, row, actor, now, ticket=ticket, events_sha256=digest)
    return row


def finished(row: PersonFile, made: Made, *, actor: Actor, now: datetime) -> None:
    """The bundle lies with its job: write its hash down, in the row and in the ledger. The first one counts."""
    with transaction.atomic():
        values = {"sha256": made.sha256, "size": made.length, "proved": made.proved}
        if PersonFile.objects.filter(pk=row.pk, sha256="").update(**values) != 1:
            raise Refused(_("This bundle was put together already."), code="MADE_ALREADY")
        row.refresh_from_db()
        facts: dict[str, str | int] = {
            "proved": made.proved,
            "bytes": made.length,
            "manifest_sha256": made.manifest_sha256,
        }
        event = _note(AuditKind.EVIDENCE_FILE_MADE, row, actor, now, sha256=made.sha256, **facts)
    ledger.seal_now(wait=30.0, entry=event.entry)


def answer(*, row: PersonFile, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Sign the bundle off or refuse it, as another person than the maker, in one transaction.

    What was proposed is worked out again from the ledger: other entries are refused (SHOWN_CHANGED). Raises what
    ``maker_checker.answer`` raises, NotAllowed for who may not read the file, Refused for a yes before it is made (NOT_MADE).
    """
    checker = maker_checker.person_of(actor)
    access.require(checker, Permission.FILE_VIEW)
    if approve and not row.sha256:
        raise Refused(_("The bundle is not put together yet."), code="NOT_MADE")
    events, digest = digest_of_events(timeline_of(row.subject_ref, at=row.as_of))
    with transaction.atomic():
        maker_checker.answer(
            row,
            checker=checker,
            approve=approve,
            shown=_shown(row.reference, row.subject_ref, row.as_of, row.ticket, events, digest),
            reason=reason,
            now=now,
        )
        said = {"sha256": row.sha256, "answer": str(row.answer), "ticket": row.ticket}
        _note(AuditKind.EVIDENCE_FILE_ANSWERED, row, actor, now, **said)


def fetch(*, row: PersonFile, by: User, actor: Actor) -> BinaryIO:
    """The bundle, for who may make one, once two people have signed it off. Each fetch is an audit event.

    Raises NotAllowed, NotFound before that and when its time is over.
    """
    _require_all(by)
    kept = row.job.result_file if row.job is not None else None
    if row.answer != Answer.APPROVED or row.job is None or (kept is not None and kept.sha256 != row.sha256):
        raise NotFound(_("Two people have not signed this bundle off."), code="NOT_SIGNED")
    stream = result_files.open_result(row.job, actor=actor)
    with transaction.atomic():
        audit.record(
            AuditKind.EVIDENCE_FILE_FETCHED,
            actor=actor,
            about=row.about,
            subject_ref=row.subject_ref,
            facts={"file": row.reference, "sha256": row.sha256},
        )
    return stream


def receipt_of(row: PersonFile) -> bytes:
    """The proof that the bundle as a whole stands in the ledger. Raises NotFound before it is made."""
    made = AuditEvent.objects.filter(kind=AuditKind.EVIDENCE_FILE_MADE, about=row.about).select_related("entry").first()
    if made is None:
        raise NotFound(_("The bundle is not put together yet."))
    return ledger.receipt_for(made.entry)


def _require_all(user: User) -> None:
    """A bundle holds every strand: whoever takes it away may read each of them."""
    access.require(user, Permission.FILE_MAKE)
    for strand in ports.strands:
        access.require(user, strand.needs)


def _shown(
    reference: str, subject_ref: UUID, as_of: datetime, ticket: str, events: int, events_sha256: str
) -> dict[str, Any]:
    return {
        "file": reference,
        "subject_ref": str(subject_ref),
        "as_of": clock.stamp(as_of),
        "ticket": ticket,
        "events": events,
        "events_sha256": events_sha256,
    }


def _note(kind: AuditKind, row: PersonFile, actor: Actor, now: datetime, **facts: str | int) -> AuditEvent:
    told: dict[str, str | int | bool | None] = {
        "file": row.reference,
        "as_of": clock.stamp(row.as_of),
        "events": row.events,
        **facts,
    }
    if kind != AuditKind.EVIDENCE_FILE_MADE:
        told["shown_sha256"] = row.shown_sha256
    return audit.record(kind, actor=actor, about=row.about, subject_ref=row.subject_ref, facts=told, at=now)
