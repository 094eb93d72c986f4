"""A claim that somebody died or can no longer act: from its papers on nothing promotional is sent; two people agree; the
person is written to and can object; then the nominee may act, and the account of somebody who died rests.

Whether we know the person shows nowhere before: the pages answer everybody the same, and a task looks whom a claim means.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid5

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base import selectors
from grievances.base.choices import OPEN_STATES, Author, EntryKind
from grievances.base.labels import day as day_in_words
from grievances.base.models.requests import RightsRequest
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import UNDECIDED, Capacity, Outcome, RefusalGround, Right
from grievances.nominees import labels as nominee_labels
from grievances.nominees.choices import LIVE, STANDING_MOVES, StandingEnd, StandingState
from grievances.nominees.models import Nominee, NomineeStanding
from grievances.nominees.services import nominations, nominee_authority
from grievances.tickets.services import notifications, thread_access, thread_entries
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, actor, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import IST
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import services as outbox
from portal.kernel.outbox.choices import ARRIVED
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.selectors import can_send
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ContactKind, RestCause, RestState
from portal.kernel.people.models import ContactPoint, Principal, Rest, User
from portal.kernel.people.services import incapacity

log = structlog.get_logger(__name__)
#: How long the person is waited for before a nominee may act.
COOLING = "nominees.cooling"
#: The letters to the person: by e-mail, and by SMS.
NOTICES = ("grievances.claim_notice", "grievances.claim_notice_short")
_UNREACHED = UUID("5e0f2c0a-8b1e-4a35-9d0f-2f6b7c1d9a44")
WORKER = actor.system("grievances.claims")
#: What goes on once a nominee may act, in the transaction in which that begins; filled by rooms above.
ON_AUTHORITY: list[Callable[[datetime], None]] = []


def settle(number: int, *, now: datetime) -> None:
    """Bring what is held back in step with one claim, in one transaction; safe to repeat.

    While a claim with papers is not decided, or its standing is not over, nothing promotional goes to whom it means; else
    what it held back is held back no more.
    """
    with transaction.atomic():
        claim = RightsRequest.objects.select_related("ticket").filter(pk=number, right=Right.CLAIM).first()
        if claim is None:
            return
        wanted = _held_back_by(claim)
        held = Rest.objects.filter(because=claim.ticket.about, lifted_at=None)
        for row in held.exclude(subject_ref__in=wanted):
            incapacity.lift(row=row, actor=WORKER, now=now)
        cause = _cause(claim) if wanted else ""
        for ref in sorted(wanted, key=str):
            incapacity.note(subject_ref=ref, cause=cause, because=claim.ticket.about, actor=WORKER, now=now)


def settle_all(*, now: datetime) -> int:
    """Every claim whose nudge was lost, and every standing whose time of waiting is over; one bad row stops no other."""
    waiting = RightsRequest.objects.filter(right=Right.CLAIM, state__in=UNDECIDED, address_shown_at__isnull=False)
    labels = Rest.objects.filter(lifted_at=None).values_list("because", flat=True)
    references = [selectors.reference_of_owner(label) for label in labels]
    held = RightsRequest.objects.filter(right=Right.CLAIM, ticket__reference__in=references)
    for number in sorted({*waiting.values_list("pk", flat=True), *held.values_list("pk", flat=True)}):
        _each(settle, number, now=now)
    over = Q(state=StandingState.COOLING) | Q(state=StandingState.IN_FORCE, cause=RestCause.INCAPACITY)
    ended = NomineeStanding.objects.filter(over, nominee__ended_at__isnull=False).order_by("pk")
    for number in list(ended.values_list("pk", flat=True)):
        _each(end_with_nomination, number, now=now)
    due = NomineeStanding.objects.filter(state=StandingState.COOLING, begins_at__lte=now).order_by("pk")
    numbers = list(due.values_list("pk", flat=True))
    for number in numbers:
        _each(begin, number, now=now)
    return len(numbers)


def require_may(request: RightsRequest, outcome: Outcome, ground: str) -> None:
    """What may be answered to a claim: the whole of it, or the refusal that is the same for everybody.

    Raises Refused: PART; GROUND for another refusal; WHOSE where the address that was named is nobody's, or several people's;
    NOT_NAMED where the claiming address was named by nobody there.
    """
    if outcome is Outcome.REFUSE:
        if ground != RefusalGround.NOT_NOMINEE:
            said = _("A claim is rejected with the one sentence that is the same for everyone.")
            raise Refused(said, code="GROUND")
        return
    if outcome is Outcome.PARTLY:
        raise Refused(_("A claim is granted whole or refused."), code="PART")
    found_for(request)


def found_for(request: RightsRequest) -> tuple[UUID, Nominee | None]:
    """The one person a claim means, and the nomination it rests on; of a report by somebody else no nomination.

    Raises Refused (NOT_NAMED, WHOSE).
    """
    meant = nominee_authority.refs_meant(request)
    if request.capacity == Capacity.NOMINEE:
        named = nominee_authority.nominees_among(meant, nominee_authority.shown_keys(request)) if meant else []
        if len({frozenset(people.refs_of(row.subject_ref)) for row in named}) != 1:
            raise Refused(_("No one at that address named the claiming address as a nominee."), code="NOT_NAMED")
        return named[0].subject_ref, named[0]
    if len(meant) != 1:
        raise Refused(_("At the address they named we know no one, or more than one person."), code="WHOSE")
    return meant.pop(), None


def decided(request: RightsRequest, *, is_granted: bool, actor: Actor, at: datetime) -> None:
    """What two people's answer to a claim leads to, in their transaction: a standing that waits, and letters to the person;
    or the end of what was held back.
    """
    for earlier in NomineeStanding.objects.filter(request=request, state__in=LIVE):
        _end(earlier, StandingEnd.ANOTHER, actor=actor, at=at)
    if not is_granted:
        settle(request.pk, now=at)
        return
    person_ref, nominee = found_for(request)
    standing = NomineeStanding.objects.create(
        request=request,
        nominee=nominee,
        person_ref=person_ref,
        cause=_cause(request),
        granted_at=at,
        begins_at=at + selectors.promise(COOLING, at=at),
    )
    _note(AuditKind.GRIEVANCES_STANDING_GRANTED, standing, actor, at)
    settle(request.pk, now=at)
    _write_to_person(standing)


def begin(number: int, *, now: datetime) -> None:
    """The time of waiting is over and nobody objected: the nominee may act; a verified death puts the account to rest, and
    its other nominees are written to. In one transaction; requests that waited for it go on.

    Where no letter reached the person, officers are told and it waits once more as long.
    """
    with transaction.atomic():
        standing = NomineeStanding.objects.select_for_update().get(pk=number)
        if standing.state != StandingState.COOLING or standing.begins_at > now:
            return
        if not _was_reached(standing) and _waits_for_a_word(standing, now):
            return
        if standing.nominee is not None and standing.nominee.ended_at is not None:
            return
        move(standing, StandingState.IN_FORCE, moves=STANDING_MOVES, begun_at=now)
        _note(AuditKind.GRIEVANCES_STANDING_BEGUN, standing, WORKER, now)
        if standing.cause == RestCause.DEATH:
            _put_to_rest(standing, now)
        for resume in ON_AUTHORITY:
            resume(now)


def end_with_nomination(number: int, *, now: datetime) -> None:
    """The person ended the nomination: what rested on it ends too, and promotion is held back no more. Not of who died:
    their account rests whoever acted for them.
    """
    with transaction.atomic():
        standing = NomineeStanding.objects.select_for_update(of=("self",)).select_related("nominee").get(pk=number)
        if standing.state in LIVE and standing.nominee is not None and standing.nominee.ended_at is not None:
            _end(standing, StandingEnd.NOMINATION, actor=WORKER, at=now)


def object_to(*, principal: Principal, actor: Actor, at: datetime) -> int:
    """The person says that they are here: every claim about them ends at once, by their word alone. Returns how many."""
    with transaction.atomic():
        live = list(nominee_authority.live_about(principal.subject.ref))
        for standing in live:
            _end(standing, StandingEnd.PERSON, actor=actor, at=at)
    return len(live)


def end_by_staff(*, standing: NomineeStanding, why: str, by: User, actor: Actor, at: datetime) -> None:
    """One officer ends a standing: power is given by two and taken by one. Raises NotAllowed; Refused without a reason, with
    a person's address in it, or for one that is over (ENDED).
    """
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    if not why.strip():
        raise Refused(_("Say why."), code="REASON_MISSING")
    pii_guard.require_plain(why)
    if standing.state not in LIVE:
        raise Refused(_("This standing has ended already."), code="ENDED")
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        thread_entries.add(
            standing.request.ticket,
            EntryKind.NOTE,
            author=Author.STAFF,
            actor=actor,
            at=at,
            texts={"text": why.strip()},
            internal=True,
        )
        _end(standing, StandingEnd.STAFF, actor=actor, at=at)


def letter_lines(request: RightsRequest, *, at: datetime) -> list[str]:
    """What the letter that grants a claim says besides: from when on, what may be done, and why we wait."""
    _person, nominee = found_for(request)
    said = _(
        "We reviewed the documents and destroyed them. We now write to the person's own addresses and wait "
        "%(days)d days, to prevent false claims. Promotional messages have stopped already."
    )
    pieces = [said % {"days": selectors.promise(COOLING, at=at).days}]
    if nominee is not None:
        rights = "\n".join(f"- {nominee_labels.RIGHTS[right]}" for right in nominee.rights)
        pieces.append(
            _("From then on you may, with a code sent to the address by which you were named:\n%(rights)s")
            % {"rights": rights}
        )
    elif _cause(request) == RestCause.DEATH:
        pieces.append(
            _("From then on the account is paused. What a law makes us keep is retained, and ends in its time.")
        )
    return pieces


def last_of(request: RightsRequest) -> NomineeStanding | None:
    """The standing that a claim led to, if any: for the page of who claimed."""
    return NomineeStanding.objects.select_related("nominee").filter(request=request).first()


def _held_back_by(claim: RightsRequest) -> set[UUID]:
    """Whom a claim means while it is plausible: the claiming address was shown and a paper came, or two people agreed.

    Where several people have the address that was named, and it is not clear who of them died, all of them.
    """
    live = NomineeStanding.objects.filter(request=claim, state__in=LIVE).first()
    if live is not None:
        return {live.person_ref}
    is_open = claim.state in UNDECIDED and claim.ticket.state in OPEN_STATES
    if not is_open or claim.address_shown_at is None or not claim.papers.exists():
        return set()
    meant = nominee_authority.refs_meant(claim)
    if claim.capacity == Capacity.NOMINEE and len(meant) > 1:
        named = {
            row.subject_ref for row in nominee_authority.nominees_among(meant, nominee_authority.shown_keys(claim))
        }
        return named or meant
    return meant


def _cause(request: RightsRequest) -> str:
    return str(RestCause(thread_access.details_of(request).get("cause", RestCause.DEATH)))


def _each(do: Callable[..., None], number: int, *, now: datetime) -> None:
    try:
        do(number, now=now)
    except PortalError as error:
        log.warning("grievances.claim_row_skipped", row=number, code=error.code)


def _put_to_rest(standing: NomineeStanding, now: datetime) -> None:
    row = Rest.objects.filter(
        because=standing.request.ticket.about, subject_ref=standing.person_ref, state=RestState.NOTED
    ).first()
    if row is None:
        return
    incapacity.put_to_rest(row=row, actor=WORKER, now=now)
    for nominee in nominations.of_person(standing.person_ref):
        if nominee.pk != standing.nominee_id:
            _call(nominee, standing)


def _call(nominee: Nominee, standing: NomineeStanding) -> None:
    """Tell a nominee that it has come to it: reference and way, no name."""
    held = nominations.details_of(nominee)
    by_email = bool(held.get("email"))
    if not by_email and not (held.get("phone") and can_send(Channel.SMS)):
        return
    outbox.post(
        kind="grievances.nominee_called" if by_email else "grievances.nominee_called_short",
        subject_ref=standing.request.ticket.subject_ref,
        channel=Channel.EMAIL if by_email else Channel.SMS,
        address=held["email"] if by_email else held["phone"],
        language=standing.request.ticket.language,
        purpose="support",
        about=f"{nominee.owner}/called/{standing.pk}",
        context={"nomination": nominee.reference, "url": f"{settings.SITE_URL}/privacy/nominee/claim/"},
        only_here=True,
    )


def _write_to_person(standing: NomineeStanding) -> None:
    """To every address of the person: whoever reads it can object until the day. What was said of them stands in it.

    To a number only where it was confirmed and this installation can send there.
    """
    refs = people.refs_of(standing.person_ref)
    here = Q(kind=ContactKind.EMAIL)
    if can_send(Channel.SMS):
        here |= Q(kind=ContactKind.PHONE, verified_at__isnull=False)
    reached = ContactPoint.objects.filter(here, principal__subject__ref__in=refs, left_at=None)
    for contact in reached.select_related("principal").order_by("pk"):
        with translation.override(contact.principal.language):
            begins = day_in_words(standing.begins_at, IST)
        by_email = contact.kind == ContactKind.EMAIL
        outbox.post(
            kind=NOTICES[0] if by_email else NOTICES[1],
            subject_ref=standing.person_ref,
            channel=Channel.EMAIL if by_email else Channel.SMS,
            address=contact.address,
            language=contact.principal.language,
            purpose="policy_and_security",
            about=f"{_notice_about(standing)}{contact.pk}",
            context={"day": begins, "url": f"{settings.SITE_URL}/privacy/nominee/"},
            only_here=True,
        )


def _was_reached(standing: NomineeStanding) -> bool:
    """Whether a letter arrived, as far as a channel can know. Of who has no address that we may write to, none did."""
    notices = Message.objects.filter(kind__in=NOTICES, about__startswith=_notice_about(standing))
    return notices.filter(state__in=ARRIVED).exists()


def _waits_for_a_word(standing: NomineeStanding, now: datetime) -> bool:
    """Ask officers once to look for another way to the person. True until the time of waiting has passed twice."""
    ticket = standing.request.ticket
    until = standing.begins_at + (standing.begins_at - standing.granted_at)
    # Staff alone read it, and they read English.
    said = (
        "No message about this claim reached the person: at none of the addresses that we know. Find another way "
        "to reach them. If you doubt the claim, end it. On {day_in_words(until, IST)} it begins all the same."
    )
    thread_entries.add(
        ticket,
        EntryKind.NOTE,
        author=Author.PORTAL,
        actor=WORKER,
        at=now,
        texts={"text": said},
        internal=True,
        once_key=uuid5(_UNREACHED, str(standing.pk)),
    )
    return now < until


def _notice_about(standing: NomineeStanding) -> str:
    return f"{standing.request.ticket.about}/notice/{standing.pk}/"


def _end(standing: NomineeStanding, because: StandingEnd, *, actor: Actor, at: datetime) -> None:
    """End a standing, give back what it held, and tell who claimed: that it ended, not why."""
    with transaction.atomic():
        move(standing, StandingState.ENDED, moves=STANDING_MOVES, ended_at=at, ended_because=because)
        _note(AuditKind.GRIEVANCES_STANDING_ENDED, standing, actor, at, reason_code=str(because))
        ticket = standing.request.ticket
        if because != StandingEnd.ANOTHER:
            with translation.override(ticket.language):
                said = _(
                    "What you claimed has ended: you can do nothing in the person's place. If you disagree, write "
                    "to us."
                )
            line = thread_entries.add(
                ticket, EntryKind.REPLY, author=Author.PORTAL, actor=WORKER, at=at, texts={"text": said}
            )
            if line is not None:
                notifications.tell(ticket, "replied", about=f"line/{line.pk}", now=at)
        settle(standing.request_id, now=at)


def _note(kind: AuditKind, standing: NomineeStanding, actor: Actor, at: datetime, **facts: str) -> None:
    """About the claim, and for the person: their own history shows it. The cause is in the sealed details of the claim."""
    ticket = standing.request.ticket
    record(
        kind,
        actor=actor,
        about=ticket.about,
        facts={
            "reference": ticket.reference,
            "nomination": standing.nominee.reference if standing.nominee is not None else None,
            "state": str(standing.state),
            **facts,
        },
        subject_ref=standing.person_ref,
        at=at,
    )
