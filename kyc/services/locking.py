"""Who works on a case: one person at a time, for the time a house rule gives; and which worker on a document."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kyc.models import Case, Document
from kyc.permissions import Permission
from kyc.services.settling import ZONE
from kyc.states import DocumentState
from portal.audit.kinds import AuditKind
from portal.audit.models import AuditEvent
from portal.audit.services import record
from portal.core import access
from portal.core import actor as actors
from portal.core.actor import Actor
from portal.core.clock import day
from portal.core.errors import LostRace
from portal.law.selectors import house_rule
from portal.law.services.timing import dates_of
from portal.people.models import User
from portal.people.services.four_eyes import person_of

LOCK_LIFE = "kyc.lock_life"


def claim(case: Case, *, actor: Actor, now: datetime) -> None:
    """Take the case, or keep it longer. Raises NotAllowed without the permission, LostRace when another person has it."""
    user = person_of(actor)
    access.require(user, Permission.CASE_DECIDE)
    until = _until(now)
    free = Q(locked_by=None) | Q(locked_until__lt=now) | Q(locked_by=user)
    with transaction.atomic():
        if Case.objects.filter(free, pk=case.pk).update(locked_by=user, locked_until=until) != 1:
            raise LostRace(_("A colleague is working on this case. Take another one, or wait until it is free."))
        if case.locked_by_id != user.pk:
            record(
                AuditKind.KYC_CASE_ASSIGNED,
                actor=actor,
                about=case.owner,
                subject_ref=case.subject_ref,
                facts={"kind": "taken"},
                at=now,
            )
        case.refresh_from_db()


def given_back(user: User, *, now: datetime) -> list[str]:
    """References of the cases that this person gave back so lately that the next one should be another."""
    begin = now - (_until(now) - now)
    events = AuditEvent.objects.filter(
        kind=AuditKind.KYC_CASE_ASSIGNED, actor_ref=actors.staff(user.pk).ref, at__gt=begin, facts__kind="given_back"
    )
    return [about.partition(":")[2] for about in events.values_list("about", flat=True)]


def require_free_for(case: Case, user: User, *, now: datetime) -> None:
    """Raises LostRace while another person has the case."""
    if case.holder_id_at(now) not in {None, user.pk}:
        raise LostRace(_("A colleague is working on this case. Take another one, or wait until it is free."))


def release(case: Case, *, actor: Actor, now: datetime) -> None:
    """Give the case back; nothing when this person does not have it."""
    user = person_of(actor)
    with transaction.atomic():
        if Case.objects.filter(pk=case.pk, locked_by=user).update(locked_by=None, locked_until=None) == 1:
            record(
                AuditKind.KYC_CASE_ASSIGNED,
                actor=actor,
                about=case.owner,
                subject_ref=case.subject_ref,
                facts={"kind": "given_back"},
                at=now,
            )
        case.refresh_from_db()


def _until(now: datetime) -> datetime:
    return dates_of(house_rule(LOCK_LIFE, on=day(now)), now, ZONE).due


def login_left(*, user_id: int, at: datetime) -> None:
    """Answers ``hooks.login_left``: what a deactivated login had taken is free."""
    Case.objects.filter(locked_by_id=user_id).update(locked_by=None, locked_until=None)


def is_still_here(document: Document) -> bool:
    """Whether the document still waits for its checks, held until the transaction ends.

    The child takes its time: meanwhile the customer may have let the file go, and then nothing of it is kept.
    """
    with transaction.atomic():
        rows = Document.objects.select_for_update(no_key=True)
        document.refresh_from_db(fields=["state", "kept", "erased_at"], from_queryset=rows)
    return document.state == DocumentState.RECEIVED and document.erased_at is None


def is_unjudged(document: Document) -> bool:
    """Whether it is still here and no other worker, to whom a lease that ran out gave it, keeps a copy already."""
    if not is_still_here(document):
        return False
    if document.kept_id is not None:
        document.refresh_from_db()
    return document.kept_id is None
