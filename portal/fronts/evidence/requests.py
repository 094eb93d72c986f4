"""What auditors want to be shown: asked, answered by staff, accepted or sent back."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from portal.fronts.evidence import controls, legal_duties
from portal.fronts.evidence.choices import MOVES, RequestState
from portal.fronts.evidence.models import InformationRequest, RequestEntry
from portal.fronts.evidence.permissions import Permission
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, answers, clock, field_changes, ids, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.people.models import User
from portal.kernel.people.services import maker_checker

_KINDS = {
    RequestState.ACCEPTED: AuditKind.EVIDENCE_REQUEST_ACCEPTED,
    RequestState.ANSWERED: AuditKind.EVIDENCE_REQUEST_ANSWERED,
    RequestState.ASKED: AuditKind.EVIDENCE_REQUEST_ASKED,
    RequestState.FLAGGED: AuditKind.EVIDENCE_REQUEST_FLAGGED,
}


def seen_by(user: Any) -> QuerySet[InformationRequest]:
    """All of them for staff; an auditor's login sees its own."""
    rows = InformationRequest.objects.select_related("asked_by")
    return rows if answers.reading_scope.ask(user) is None else rows.filter(asked_by=user)


def ask(*, text: str, control: str, due_on: date, actor: Actor, now: datetime) -> InformationRequest:
    """Ask to be shown something by a day: the request, its first entry and the audit event, in one transaction.

    ``control`` is the code of a control, or empty. Raises NotAllowed, Refused for a code that no control has, for no words, a
    number in them or a day that has passed.
    """
    user = _allowed(actor, Permission.REQUEST_MAKE)
    if due_on < clock.day(now):
        raise Refused(_("This day has passed. Give a day in the future."), code="DAY_PASSED")
    control = control.strip()
    if control and not _is_known(control, now):
        said = _("No control has the code %(code)s. Copy it from the list of controls, or leave this empty.")
        raise Refused(said % {"code": control}, code="CONTROL")
    with transaction.atomic():
        row = InformationRequest.objects.create(
            reference=ids.new_reference("IR"), control=control, asked_by=user, asked_at=now, due_on=due_on
        )
        field_changes.watch_created(row)
        _write(row, RequestState.ASKED, text, user, actor, now)
    return row


def _is_known(code: str, now: datetime) -> bool:
    return controls.is_known(code, now=now) or legal_duties.is_known(code, on=clock.day(now))


def answer(*, row: InformationRequest, text: str, link: str = "", actor: Actor, now: datetime) -> None:
    """Answer in words and, where there is one, with the address of a page of ours (``/admin/...``) that shows it.

    Raises NotAllowed, also for whoever asked; Refused for no words or another site's address; IllegalMove, LostRace.
    """
    user = _allowed(actor, Permission.REQUEST_ANSWER)
    if row.asked_by_id == user.pk:
        raise NotAllowed(_("Another person must answer: you asked this yourself."))
    if link and not _is_page(link):
        raise Refused(_("Page not found. Give its address, from /admin/ on."), code="LINK")
    with transaction.atomic():
        move(row, RequestState.ANSWERED, moves=MOVES, answered_at=now)
        _write(row, RequestState.ANSWERED, text, user, actor, now, link=link)


def accept(*, row: InformationRequest, actor: Actor, now: datetime) -> None:
    """The answer does: the request is closed. Raises NotAllowed for anybody but the one who asked; IllegalMove, LostRace."""
    user = _asker(row, actor)
    with transaction.atomic():
        move(row, RequestState.ACCEPTED, moves=MOVES, accepted_at=now)
        _write(row, RequestState.ACCEPTED, "", user, actor, now)


def flag(*, row: InformationRequest, text: str, due_on: date, actor: Actor, now: datetime) -> None:
    """Send an answer back, with why and another day. Raises as ``accept``, and Refused as ``ask``."""
    user = _asker(row, actor)
    if due_on < clock.day(now):
        raise Refused(_("This day has passed. Give a day in the future."), code="DAY_PASSED")
    with transaction.atomic():
        move(row, RequestState.FLAGGED, moves=MOVES, due_on=due_on)
        _write(row, RequestState.FLAGGED, text, user, actor, now)


def _is_page(link: str) -> bool:
    """Whether the address is one of the workplace's own that somebody serves: a list, a page, or a record that is there."""
    at = urlsplit(link)
    if at.scheme or at.netloc or not at.path.startswith("/admin/") or len(link.split()) != 1:
        return False
    try:
        found = resolve(at.path)
    except Resolver404:
        return False
    name = found.url_name or ""
    if not name:  # what the admin answers for every address that is nobody's
        return False
    if name.endswith("_change") and "object_id" in found.kwargs:
        return _is_record(name, unquote(found.kwargs["object_id"]))
    return True


def _is_record(name: str, number: str) -> bool:
    room, _dash, model = name.removesuffix("_change").partition("_")
    try:
        return bool(apps.get_model(room, model)._default_manager.filter(pk=number).exists())
    except (LookupError, ValueError, ValidationError):
        return False


def is_late(row: InformationRequest, *, now: datetime) -> bool:
    """Whether the day had passed at ``now``."""
    return clock.day(now) > row.due_on


def _allowed(actor: Actor, permission: Permission) -> User:
    user = maker_checker.person_of(actor)
    access.require(user, permission)
    return user


def _asker(row: InformationRequest, actor: Actor) -> User:
    user = _allowed(actor, Permission.REQUEST_MAKE)
    if row.asked_by_id != user.pk:
        raise NotAllowed(_("Only the auditor who asked says whether an answer does."))
    return user


def _write(
    row: InformationRequest,
    state: RequestState,
    text: str,
    user: User,
    actor: Actor,
    now: datetime,
    *,
    link: str = "",
) -> None:
    if state != RequestState.ACCEPTED and not text.strip():
        raise Refused(_("Write what you want to see, or where it is."), code="TEXT_MISSING")
    pii_guard.require_no_number(text)
    entry = RequestEntry.objects.create(request=row, state=state, text=text.strip(), link=link, by=user, at=now)
    field_changes.watch_created(entry)
    facts: dict[str, str | bool] = {
        "reference": row.reference,
        "control": row.control,
        "due_on": row.due_on.isoformat(),
    }
    if state == RequestState.ANSWERED:
        facts["is_late"] = is_late(row, now=now)
    record(_KINDS[state], actor=actor, about=f"evidence.informationrequest:{row.reference}", facts=facts, at=now)
