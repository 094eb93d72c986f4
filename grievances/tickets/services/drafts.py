"""A grievance being written: kept on the server, found again by the browser's secret, sent once."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from grievances.base import encryption, selectors
from grievances.base.choices import Door, ForWhom
from grievances.base.models.draft import DraftFile, TicketDraft
from grievances.base.number_redaction import without_numbers
from grievances.tickets import category_details
from grievances.tickets.services import intake, uploads
from portal.kernel.core import ciphers, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import Principal, Subject
from portal.kernel.people.services import subjects
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import files as vault

#: Files per grievance: a technical limit of the form.
MOST_FILES = 5
ORGANISATION_DETAILS = ("organisation", "organisation_reference")
REQUIRED = ("for_whom", "kind", "what_happened", "language")


def start(*, at: datetime) -> tuple[TicketDraft, str]:
    """Make an empty draft with a subject of its own. Returns it with the secret for the browser's cookie."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        subject = subjects.new(SubjectKind.STRANGER, now=at)
        draft = TicketDraft.objects.create(
            secret_hash=ciphers.blind_index(secret, domain=selectors.DRAFT_SECRET),
            subject_ref=subject.ref,
            answers_sealed=encryption.seal({}, subject_ref=subject.ref),
            created_at=at,
            expires_at=at + selectors.promise(selectors.DRAFT_LIFE, at=at),
        )
    return draft, secret


def answers_of(draft: TicketDraft) -> dict[str, str]:
    """What was answered so far."""
    return encryption.unseal(draft.answers_sealed, subject_ref=draft.subject_ref)


def save(*, draft: TicketDraft, answers: Mapping[str, str]) -> int:
    """Keep the answers of one page beside the others. Returns how many identity numbers were cut from them.

    Raises Refused when the draft was sent already.
    """
    cut = 0
    safe: dict[str, str] = {}
    for name, text in answers.items():
        safe[name], found = without_numbers(text)
        cut += found
    with transaction.atomic():
        fresh = _unsent(draft)
        fresh.answers_sealed = encryption.seal(answers_of(fresh) | safe, subject_ref=fresh.subject_ref)
        fresh.save(update_fields=["answers_sealed"])
    draft.answers_sealed = fresh.answers_sealed
    return cut


def add_file(*, draft: TicketDraft, stream: BinaryIO, name: str, actor: Actor, at: datetime) -> DraftFile:
    """Check a file, keep it in the vault and list it in the draft. Raises Refused with the one thing that is wrong.

    The draft is locked for the keeping, not for the check: what is sent meanwhile takes no more files.
    """
    with transaction.atomic():
        _room_in(_unsent(draft))
    safe = uploads.made_safe(stream)
    with uploads.encrypted([(safe, name)]) as (ready,), transaction.atomic():
        _room_in(_unsent(draft))
        kept = uploads.keep(ready, subject_ref=draft.subject_ref, actor=actor)
        return DraftFile.objects.create(
            draft=draft,
            file=kept.file,
            name_sealed=kept.name_sealed,
            media_type=kept.media_type,
            size=kept.size,
            added_at=at,
        )


def _unsent(draft: TicketDraft) -> TicketDraft:
    """The draft as it is now, locked. Raises Refused when it was sent."""
    fresh = TicketDraft.objects.select_for_update().get(pk=draft.pk)
    if fresh.ticket_id is not None:
        raise Refused(_("This grievance was sent already. Track it, or file a new one."), code="SENT_ALREADY")
    return fresh


def _room_in(draft: TicketDraft) -> None:
    if draft.files.count() >= MOST_FILES:
        raise Refused(_("You can add 5 files. Remove one to add another."), code="TOO_MANY")


def remove_file(*, draft: TicketDraft, file_id: int, actor: Actor) -> None:
    """Take a file out of the draft. Removing it twice is the same as once."""
    with transaction.atomic():
        for kept in draft.files.filter(pk=file_id).select_related("file"):
            kept.delete()
            vault.discard(kept.file, actor=actor)


def missing(answers: Mapping[str, str]) -> list[str]:
    """The names of answers that sending still needs."""
    gaps = [name for name in REQUIRED if not answers.get(name)]
    if answers.get("for_whom") == ForWhom.ORGANISATION and not answers.get("organisation"):
        gaps.append("organisation")
    if not answers.get("email") and not answers.get("phone"):
        gaps.append("email")
    return gaps


@retried
def send(*, draft: TicketDraft, principal: Principal | None, actor: Actor, at: datetime) -> intake.Filed:
    """Make the draft a grievance, once: sending again returns the same one. Raises Refused when an answer is missing."""
    with transaction.atomic():
        TicketDraft.objects.select_for_update().get(pk=draft.pk)  # a file that is being added is in it, or is refused
        draft.refresh_from_db()  # of an attempt that the database ended nothing is true any more
        if draft.ticket is not None:
            return intake.Filed(draft.ticket, is_new=False)
        answers = answers_of(draft)
        if missing(answers):
            raise Refused(_("Some answers are missing. Go through the pages again."), code="INCOMPLETE")
        filed = intake.file_ticket(
            filing_key=draft.pk,
            subject_ref=draft.subject_ref,
            story=intake.Story(
                kind=answers["kind"],
                for_whom=answers["for_whom"],
                what_happened=answers["what_happened"],
                wanted=answers.get("wanted", ""),
                details={name: answers.get(name, "") for name in category_details.names_of(answers["kind"])},
                **_organisation(answers),
            ),
            reach=intake.Reach(
                language=answers["language"],
                email=answers.get("email", ""),
                phone=answers.get("phone", ""),
                door=Door.PAGE if principal is None else Door.ACCOUNT,
            ),
            principal=principal,
            files=list(draft.files.all()),
            actor=actor,
            at=at,
        )
        if filed.is_new:
            finish(draft, filed)
    return filed


def finish(draft: TicketDraft, filed: intake.Filed) -> None:
    """The draft has become a ticket, in the caller's transaction: its answers go, its tracking key is shown once."""
    draft.ticket = filed.ticket
    draft.tracking_key = filed.tracking_key
    draft.answers_sealed = encryption.seal({}, subject_ref=draft.subject_ref)
    draft.save(update_fields=["ticket", "tracking_key", "answers_sealed"])
    draft.files.all().delete()


def _organisation(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers about an organisation; what was answered before a change of mind stays out, as of other kinds."""
    names = ORGANISATION_DETAILS if answers["for_whom"] == ForWhom.ORGANISATION else ()
    return {name: answers.get(name, "") for name in names}


def use_up_tracking_key(draft: TicketDraft) -> bool:
    """Forget the tracking key: the page that shows it is made. Returns False when another request was quicker."""
    return TicketDraft.objects.filter(pk=draft.pk, tracking_key__isnull=False).update(tracking_key=None) == 1


def forget_expired(*, at: datetime, most: int = 200) -> int:
    """Erase drafts whose days are over: files, answers and, where nothing was sent, the subject. Returns how many."""
    gone = 0
    for draft in TicketDraft.objects.filter(expires_at__lte=at).order_by("expires_at")[:most]:
        if draft.ticket_id is None:
            erase_draft(draft=draft)
        else:
            draft.delete()
        gone += 1
    return gone


def erase_draft(*, draft: TicketDraft) -> None:
    """End a draft that was never sent: its answers, its files, its subject.

    The row is locked and asked again: one that is sent at this moment has become a grievance, whose key this would end.
    """
    with transaction.atomic():
        if TicketDraft.objects.select_for_update().filter(pk=draft.pk, ticket=None).first() is None:
            return
        DraftFile.objects.filter(draft=draft).delete()
        draft.delete()
        end_subject(draft.subject_ref)


def end_subject(subject_ref: UUID) -> None:
    """End the key of a grievance's own subject, and the subject, in the caller's transaction. Done before: nothing."""
    vault.shred(subject_ref=subject_ref, retention_class=RetentionClass.GRIEVANCE)
    subject = Subject.objects.filter(ref=subject_ref, erased_at=None).first()
    if subject is not None:
        subjects.end(subject, now=clock.now())
