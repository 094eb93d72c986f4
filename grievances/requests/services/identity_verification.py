"""Showing who asks, with the least data that fits the risk: a session, a code to the address, a paper looked at once.

A paper is destroyed in the act that looks at it: what it came to and when it ended stay, the paper does not.
"""

from datetime import datetime
from typing import BinaryIO
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base import encryption, request_labels, selectors
from grievances.base.choices import OPEN_STATES, Author, ContactKind, EntryKind
from grievances.base.models.requests import ProofPaper, RightsRequest
from grievances.base.models.ticket import Ticket, TicketContact
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import MOVES, UNDECIDED, Capacity, Finding, Proof, RequestState, Right
from grievances.nominees.services import nominee_authority, nominee_claims
from grievances.requests import rules
from grievances.requests.services import processing_objections
from grievances.tickets.services import (
    conversation,
    deadlines,
    intake,
    notifications,
    public_tracking,
    resolutions,
    thread_access,
    thread_entries,
    uploads,
)
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, addresses, advisory_locks
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.clock import day
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.selectors import can_send
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import CodePurpose
from portal.kernel.people.models import ContactPoint, Principal, SubjectAlias, User
from portal.kernel.people.services import codes, subjects
from portal.kernel.vault.services import files as vault

#: Papers that wait to be looked at, for each request: a technical limit.
MOST_PAPERS = 5


def reached_at(request: RightsRequest) -> tuple[str, str] | None:
    """The kind and text of the address to which a code can go: e-mail, else a number where SMS are sent; or none.

    Who was signed in and asks for themself wrote the address for the answer with the same session: a code there would show
    nothing more. Theirs goes to an address that their account had confirmed before they asked, this one where it is.
    """
    known = intake.addresses_of(request.ticket)
    if request.was_signed_in and request.capacity == Capacity.SELF:
        known = _confirmed_before(request.ticket, known)
    if ContactKind.EMAIL in known:
        return ContactKind.EMAIL, known[ContactKind.EMAIL]
    if ContactKind.PHONE in known and can_send(Channel.SMS):
        return ContactKind.PHONE, known[ContactKind.PHONE]
    return None


def _confirmed_before(ticket: Ticket, wanted: dict[str, str]) -> dict[str, str]:
    held = ContactPoint.objects.filter(
        principal__subject__ref__in=people.known_people(ticket.subject_ref),
        left_at=None,
        verified_at__lte=ticket.received_at,
    ).order_by("verified_at", "pk")
    found: dict[str, str] = {}
    for contact in held:
        if contact.kind not in found or contact.address == wanted.get(contact.kind):
            found[contact.kind] = contact.address
    return found


def send_code(*, request: RightsRequest, at: datetime) -> bool:
    """Send a code to the address of the request, in the caller's transaction. Who is there is looked up by nobody.

    False where no code can go out: only a number and no SMS here, or too many codes asked for within an hour. The
    request stands all the same; an officer can call the number back.
    """
    ticket = request.ticket
    place = reached_at(request)
    if place is None or request.address_shown_at is not None:
        return False
    try:
        notifications.send_code(
            "request_code", ticket=ticket, place=place, opens=ticket.about, about=f"{ticket.about}/proof", at=at
        )
    except Refused:
        return False
    return True


def is_code_open(request: RightsRequest, *, at: datetime) -> bool:
    """Whether a code that was sent for this request still works: only then a page may say that one was sent."""
    return codes.is_open(purpose=CodePurpose.TRACK, about=request.ticket.about, now=at)


@retried
def enter_code(*, request: RightsRequest, typed: str, actor: Actor, at: datetime) -> tuple[RightsRequest, str]:
    """Take the code that was sent to the address. Returns where the request goes on, and a secret that opens its page.

    That is the request itself or the one that it joined. Raises Refused for a wrong code, which counts.
    """
    ticket = request.ticket
    place = reached_at(request)
    if place is None:
        raise Refused(_("We cannot send a code to this number. An officer will call you back."), code="NO_CODE")
    with transaction.atomic():
        found = codes.attempt(
            purpose=CodePurpose.TRACK, kind=place[0], address=place[1], typed=typed, about=ticket.about, now=at
        )
        if not isinstance(found, Refused):
            proof = rules.proof_of_address(right=request.right, is_signed_in=request.was_signed_in)
            kept = Proof.CODE if proof == Proof.SESSION else proof
            address_shown(request=request, proof=kept, place=place, actor=actor, at=at)
            goes_on = request.joined_to or request
            return goes_on, public_tracking.open_view(ticket=goes_on.ticket, kind=place[0], actor=actor, at=at)
    raise found


def address_shown(
    *, request: RightsRequest, proof: Proof, actor: Actor, at: datetime, place: tuple[str, str] | None = None
) -> None:
    """It is shown who asks, in the caller's transaction; what follows from it follows. Twice is harmless.

    ``place``: the address that was shown to be theirs; None where the session alone shows it.
    """
    with transaction.atomic():
        advisory_locks.take(*_turns_of(request.ticket))
        shown = RightsRequest.objects.filter(pk=request.pk, address_shown_at=None)
        if not shown.update(address_shown_at=at, proof=proof):
            return
        request.refresh_from_db()
        if place is not None:
            TicketContact.objects.filter(
                ticket=request.ticket,
                kind=place[0],
                address_key__in=addresses.address_keys(place[1]),
                verified_at=None,
            ).update(verified_at=at)
        _know_again(request, actor, at)
        processing_objections.carry_out(request, actor=actor, at=at)
        _note(request, AuditKind.GRIEVANCES_REQUEST_ADDRESS_SHOWN, actor, at)
        _look_at_claim(request)
        _go_on(request, actor, at)


@retried
def called_back(*, request: RightsRequest, by: User, actor: Actor, at: datetime) -> None:
    """An officer called the number of a request that no code can reach, and the person there had asked.

    Raises NotAllowed, Refused where a code can be sent or the address was shown already.
    """
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    if reached_at(request) is not None or request.address_shown_at is not None:
        raise Refused(_("A code can be sent here, or the address was shown already."), code="NOT_NEEDED")
    number = intake.addresses_of(request.ticket).get(ContactKind.PHONE)
    place = (str(ContactKind.PHONE), number) if number is not None else None
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        address_shown(request=request, proof=Proof.CALL, place=place, actor=actor, at=at)


def add_paper(*, request: RightsRequest, upload: conversation.Upload, actor: Actor, at: datetime) -> ProofPaper:
    """Keep a paper that shows that one may act for somebody else, until it was looked at.

    Raises Refused where none is needed or enough wait; FileFault for a file that is not fit.
    """
    _require_room(request)
    safe = uploads.made_safe(upload.stream)
    with vault.encrypted(safe.stream) as bytes_of, transaction.atomic():
        RightsRequest.objects.select_for_update().get(pk=request.pk)
        _require_room(request)
        key_ref = uuid4()
        kept = vault.keep(
            bytes_of,
            subject_ref=request.ticket.subject_ref,
            retention_class=encryption.RETENTION_CLASS,
            kind="grievances.proof",
            actor=actor,
            key_ref=key_ref,
        )
        paper = ProofPaper.objects.create(
            request=request, key_ref=key_ref, file=kept, media_type=safe.media_type, size=kept.size, received_at=at
        )
        _note(request, AuditKind.GRIEVANCES_PROOF_RECEIVED, actor, at)
        _look_at_claim(request)
        return paper


def open_paper(*, paper: ProofPaper, by: User, actor: Actor) -> BinaryIO:
    """The paper's bytes for who is to say what it shows; vault writes who opened it. Raises NotAllowed; Shredded afterwards."""
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    return vault.open_stream(paper.file, actor=actor, reason=f"proof of {paper.request.ticket.reference}")


def check_paper(*, paper: ProofPaper, finding: str, by: User, actor: Actor, at: datetime) -> None:
    """Say what a paper came to; it is destroyed in the same transaction, with the date. A request may go on by it.

    Where it is not enough the person is asked for another one. Raises NotAllowed, Refused for a paper looked at before
    (CHECKED_ALREADY) and from who has not opened it (NOT_OPENED).
    """
    access.require(by, GrievancePermission.REQUEST_ANSWER)
    if paper.destroyed_at is None and not vault.has_opened(paper.file, actor=actor):
        raise Refused(_("Open the document first: after your decision no one can."), code="NOT_OPENED")
    with access.acting(by, GrievancePermission.REQUEST_ANSWER):
        waiting = ProofPaper.objects.filter(pk=paper.pk, finding="", destroyed_at=None)
        if waiting.update(finding=Finding(finding), checked_by=by, destroyed_at=at) != 1:
            raise Refused(_("This document was reviewed already."), code="CHECKED_ALREADY")
        paper.refresh_from_db()
        request = paper.request
        vault.shred(subject_ref=paper.key_ref, retention_class=encryption.RETENTION_CLASS, actor=actor)
        _note(request, AuditKind.GRIEVANCES_PROOF_CHECKED, actor, at, reason_code=str(finding))
        if finding == Finding.PROVES:
            _go_on(request, actor, at)
        elif request.ticket.state in OPEN_STATES:
            conversation.ask(ticket=request.ticket, text=_ask_again(request), by=by, actor=actor, at=at)


def papers_open(request: RightsRequest) -> list[ProofPaper]:
    """Papers that wait to be looked at, the oldest first."""
    return list(request.papers.filter(finding="", destroyed_at=None).select_related("file"))


def is_proved(request: RightsRequest) -> bool:
    """Whether the papers or the standing that its capacity needs are there; for oneself nothing is needed."""
    if rules.needs_standing(right=request.right, capacity=request.capacity):
        return nominee_authority.of_request(request) is not None
    return not _needs_papers(request) or request.papers.filter(finding=Finding.PROVES).exists()


def _needs_papers(request: RightsRequest) -> bool:
    return rules.needs_papers(right=request.right, capacity=request.capacity)


def resume_nominee_requests(now: datetime) -> None:
    """Look again at every request of a nominee whose address was shown: somebody's authority has begun. In its transaction."""
    waiting = RightsRequest.objects.filter(
        capacity=Capacity.NOMINEE, state=RequestState.ASKED, address_shown_at__isnull=False
    ).exclude(right=Right.CLAIM)
    for request in waiting.select_related("ticket__fiduciary").order_by("pk"):
        advisory_locks.take(*_turns_of(request.ticket))
        request.refresh_from_db()
        _go_on(request, nominee_claims.WORKER, now)


def _require_room(request: RightsRequest) -> None:
    if not _needs_papers(request) or request.state != RequestState.ASKED:
        raise Refused(_("No document is needed for this request."), code="NOT_NEEDED")
    if len(papers_open(request)) >= MOST_PAPERS:
        raise Refused(_("We have 5 documents of yours to review. Wait until we have."), code="TOO_MANY")


def _go_on(request: RightsRequest, actor: Actor, at: datetime) -> None:
    """All that has to be shown is shown: the request is to be answered, here or within another one."""
    if request.state != RequestState.ASKED or request.address_shown_at is None or not is_proved(request):
        return
    proof = request.proof if request.capacity == Capacity.SELF else Proof.PAPERS
    try:
        move(request, RequestState.SHOWN, moves=MOVES, shown_at=at, proof=proof)
    except IllegalMove:
        return
    ticket = request.ticket
    thread_entries.add(ticket, EntryKind.PROVED, author=Author.PORTAL, actor=actor, at=at)
    processing_objections.carry_out_for_other(request, actor=actor, at=at)
    _note(request, AuditKind.GRIEVANCES_REQUEST_SHOWN, actor, at)
    if request.capacity == Capacity.NOMINEE or request.right == Right.CLAIM:
        return  # two of one asking person may be about two people
    join = rules.joins(
        right=request.right,
        capacity=request.capacity,
        asked_at=ticket.received_at,
        others=_others(request),
        most=int(law.house_rule("requests.most_open", on=day(at)).amount or 0),
        within=selectors.promise("requests.counted_within", at=at),
        details=thread_access.details_of(request),
    )
    if join is not None:
        _join(request, RightsRequest.objects.select_related("ticket__fiduciary").get(pk=join.into), join, actor, at)


def _others(request: RightsRequest) -> list[rules.Open]:
    """Requests of the same person that are open and whose address was shown: nobody joins a stranger's by a guess, nor that of
    somebody with whom they share an address. Each of two has a wish of their own, and an answer.
    """
    refs = people.refs_of(request.ticket.subject_ref)
    keys = list(request.ticket.contacts.filter(verified_at__isnull=False).values_list("address_key", flat=True))
    rows = RightsRequest.objects.filter(
        state__in=UNDECIDED, address_shown_at__isnull=False, ticket__state__in=OPEN_STATES
    ).exclude(Q(pk=request.pk) | Q(right=Right.CLAIM))
    same = rows.filter(ticket__subject_ref__in=refs) | rows.filter(
        ticket__contacts__address_key__in=keys, ticket__contacts__verified_at__isnull=False
    )
    found = list(RightsRequest.objects.filter(pk__in=same.values("pk")).select_related("ticket"))
    here = _people_at(request) if any(one.ticket.subject_ref not in refs for one in found) else set()
    return [
        rules.Open(one.pk, one.right, one.capacity, one.ticket.received_at, thread_access.details_of(one))
        for one in found
        if one.ticket.subject_ref in refs or len(here | _known(one.ticket.subject_ref)) < 2
    ]


def _people_at(request: RightsRequest) -> set[UUID]:
    """Everybody known who may have written from the addresses that were shown: the asking person, and who confirmed them."""
    ticket, found = request.ticket, _known(request.ticket.subject_ref)
    shown = set(ticket.contacts.filter(verified_at__isnull=False).values_list("kind", flat=True))
    for kind, address in intake.addresses_of(ticket).items():
        if kind in shown:
            for person in people.confirmed_at(kind, address):
                found |= _known(person.subject.ref)
    return found


def _known(subject_ref: UUID) -> set[UUID]:
    """One reference for the person who is known under this one; of a stranger none."""
    return {min(people.refs_of(ref)) for ref in people.known_people(subject_ref)}


def _join(request: RightsRequest, into: RightsRequest, join: rules.Join, actor: Actor, at: datetime) -> None:
    move(request, RequestState.JOINED, moves=MOVES, joined_to=into, joined_because=join.because, decided_at=at)
    with translation.override(into.ticket.language):
        said = str(request_labels.JOINED_LINES[join.because]) % {
            "reference": request.ticket.reference,
            "right": request_labels.RIGHTS[request.right],
        }
    line = thread_entries.add(
        into.ticket, EntryKind.JOINED, author=Author.PORTAL, actor=actor, at=at, texts={"text": said}
    )
    if line is not None:
        notifications.tell(into.ticket, "replied", about=f"line/{line.pk}", now=at)
    resolutions.close_joined(ticket=request.ticket, actor=actor, at=at)
    _note(request, AuditKind.GRIEVANCES_REQUEST_JOINED, actor, at, to=into.ticket.reference, reason_code=join.because)


def _know_again(request: RightsRequest, actor: Actor, at: datetime) -> None:
    """A stranger whose address is one person's here, and of nobody else, is that person: their data is what is asked for.

    An address that somebody only claimed, and never confirmed, makes nobody that person.

    For somebody else's data the asking person's own address says nothing: an officer names whose data it is.
    """
    ticket = request.ticket
    if request.was_signed_in or request.capacity != Capacity.SELF:
        return
    found: dict[UUID, Principal] = {}
    for kind, address in intake.addresses_of(ticket).items():
        if ticket.contacts.filter(kind=kind, verified_at__isnull=False).exists():
            for person in people.confirmed_at(kind, address):
                found[min(people.refs_of(person.subject.ref))] = person
    if len(found) == 1 and not SubjectAlias.objects.filter(old_ref=ticket.subject_ref).exists():
        (known,) = found.values()
        subjects.join(old_ref=ticket.subject_ref, new_ref=known.subject.ref, actor=actor, now=at)
        ticket.zone = known.zone
        ticket.save(update_fields=["zone"])
        deadlines.start_missing(ticket, actor=actor, at=at)


def _look_at_claim(request: RightsRequest) -> None:
    """Not here: whether we know whom a claim names must not show in how long the page takes."""
    if request.right == Right.CLAIM:
        enqueue("grievances.tasks.look_at_claim", request.pk)


def _turns_of(ticket: Ticket) -> set[str]:
    known = intake.addresses_of(ticket).values()
    names = {f"grievances.requests:{addresses.address_keys(address)[-1].hex()}" for address in known}
    return names | {f"grievances.requests:{ref}" for ref in people.refs_of(ticket.subject_ref)}


def _ask_again(request: RightsRequest) -> str:
    with translation.override(request.ticket.language):
        needed = str(request_labels.PAPERS_NEEDED[request.capacity])
        return _(
            "The document you sent does not show that you may ask this. It is destroyed. Please send another one. "
            "%(needed)s"
        ) % {"needed": needed}


def _note(request: RightsRequest, kind: AuditKind, actor: Actor, at: datetime, **facts: str) -> None:
    ticket = request.ticket
    record(
        kind,
        actor=actor,
        about=ticket.about,
        facts={"reference": ticket.reference, "request": request.right, "state": request.state, **facts},
        subject_ref=ticket.subject_ref,
        at=at,
    )
