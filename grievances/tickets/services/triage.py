"""What staff do with a grievance beside answering it: say what it is about, link it, join it, pass it to the client."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base import rules, selectors
from grievances.base.choices import OPEN_STATES, Author, EntryKind, RootCause, TicketKind, TicketState
from grievances.base.models.ticket import Ticket, TicketLink
from grievances.base.permissions import GrievancePermission
from grievances.tickets import grievance_status
from grievances.tickets.services import appeals, conversation, deadlines, notifications, resolutions, thread_entries
from grievances.tickets.services.work_allocation import CLAIMS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary, User


def say_kind(*, ticket: Ticket, kind: TicketKind, by: User, actor: Actor, at: datetime) -> None:
    """Put a grievance under what it is really about: a mail says nothing of it. The clocks stay as they are.

    Raises Refused (REQUEST) where either is a request about data: that is a row of its own, with a proof and two people.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    if ticket.kind == kind:
        return
    if TicketKind.REQUEST in {ticket.kind, kind}:
        said = _(
            "Say of a request about data which right it is, with the act for it. A request does not become a grievance."
        )
        raise Refused(said, code="REQUEST")
    before = ticket.kind
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        ticket.kind = kind
        ticket.save(update_fields=["kind"])
        _trace(ticket, AuditKind.GRIEVANCES_TICKET_SORTED, actor, at, {"from": before, "to": kind})


def say_cause(*, ticket: Ticket, cause: RootCause, by: User, actor: Actor, at: datetime) -> None:
    """Write down what a grievance came from, also after its end."""
    access.require(by, GrievancePermission.TICKET_ANSWER)
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        ticket.root_cause = cause
        ticket.save(update_fields=["root_cause"])
        _trace(ticket, AuditKind.GRIEVANCES_TICKET_SORTED, actor, at, {"reason_code": cause})


def transfer(*, ticket: Ticket, to: User, why: str, by: User, actor: Actor, at: datetime) -> None:
    """Give a grievance to somebody else with a word to them, kept as an internal note. It stays ours: nobody is sent away.

    In one transaction. Raises as ``conversation.assign`` does.
    """
    with transaction.atomic():
        conversation.assign(ticket=ticket, to=to, by=by, actor=actor, at=at)
        if why:
            conversation.note(ticket=ticket, text=why, by=by, actor=actor, at=at)


def link(*, ticket: Ticket, other: Ticket, by: User, actor: Actor, at: datetime) -> bool:
    """Let staff read two grievances together. False when they are linked already. Raises Refused for one and the same."""
    access.require(by, GrievancePermission.TICKET_ANSWER)
    if ticket.pk == other.pk:
        raise Refused(_("This is the same grievance."), code="SAME")
    first, second = sorted((ticket, other), key=lambda one: int(one.pk))
    try:
        with access.acting(by, GrievancePermission.TICKET_ANSWER):
            TicketLink.objects.create(first=first, second=second, made_by=by, made_at=at)
            _trace(ticket, AuditKind.GRIEVANCES_TICKET_LINKED, actor, at, {"request": other.reference})
    except IntegrityError:
        return False
    return True


def merge(*, ticket: Ticket, into: Ticket, by: User, actor: Actor, at: datetime) -> None:
    """Join a grievance with another one of the same person, in one transaction: it is closed, and the other one goes on.

    The words stay where they are; a line in each names the other, and the person is told. Raises Refused unless both are of
    one person (one account, or one address), open, and the dates of the other one are the stricter; LostRace while a colleague
    works on the one that would be closed.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    appeals.require_another(ticket, by)
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        both = {
            row.pk: row for row in Ticket.objects.select_for_update().filter(pk__in=[ticket.pk, into.pk]).order_by("pk")
        }
        newer, older = both[ticket.pk], both[into.pk]
        CLAIMS.require_free_for(newer, by, now=at)
        _require_mergeable(newer, older, at)
        for one, other in ((newer, older), (older, newer)):
            with translation.override(one.language):
                text = _("Joined with %(reference)s.") % {"reference": other.reference}
            thread_entries.add(one, EntryKind.MERGED, author=Author.STAFF, actor=actor, at=at, texts={"text": text})
        resolutions.close_merged(ticket=newer, into=older, actor=actor, at=at)
        _trace(newer, AuditKind.GRIEVANCES_TICKET_MERGED, actor, at, {"request": older.reference})
    ticket.refresh_from_db()


def _is_stricter(one: Ticket, other: Ticket, at: datetime) -> bool:
    """Whether the first has the earlier date; where their dates are the same, whether it came first.

    An older grievance that was opened again has later dates than a newer one.
    """
    dates = [rules.strictest(grievance_status.dues(each, now=at)) for each in (one, other)]
    if dates[0] == dates[1]:
        return one.received_at <= other.received_at
    return dates[0] is not None and rules.strictest(date for date in dates if date is not None) == dates[0]


def _require_mergeable(newer: Ticket, older: Ticket, at: datetime) -> None:
    if newer.pk == older.pk:
        raise Refused(_("This is the same grievance."), code="SAME")
    if TicketKind.REQUEST in {newer.kind, older.kind}:
        raise Refused(_("Requests about data are joined by the portal itself."), code="REQUEST")
    if newer.state == TicketState.CLOSED or older.state not in OPEN_STATES:
        raise Refused(_("Both have to be open."), code="NOT_OPEN")
    if not _is_stricter(older, newer, at):
        raise Refused(_("Join them the other way round: the dates of this one are the stricter."), code="NEWER")
    if not _of_one_person(newer, older):
        raise Refused(_("These are not of the same person, as far as we know."), code="TWO_PEOPLE")


def _of_one_person(newer: Ticket, older: Ticket) -> bool:
    if older.subject_ref in people.refs_of(newer.subject_ref):
        return True
    keys = set(map(bytes, newer.contacts.values_list("address_key", flat=True)))
    return bool(keys & set(map(bytes, older.contacts.values_list("address_key", flat=True))))


def pass_on(*, ticket: Ticket, to: Fiduciary, by: User, actor: Actor, at: datetime) -> None:
    """Hand a grievance about a client's message to that client, for whom we only act, in one transaction.

    The client reads it by the interface. It stays open here with the dates of the law, because the person wrote to us; the
    clock of our own part, until the client has it, ends. The person is told who answers. Doing it again changes nothing.
    Raises Refused for ourselves, another client than before, or a grievance that is not open; LostRace while a colleague works
    on it.
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    appeals.require_another(ticket, by)
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        fresh = Ticket.objects.select_for_update().select_related("fiduciary").get(pk=ticket.pk)
        if fresh.client_id == to.pk:
            return
        CLAIMS.require_free_for(fresh, by, now=at)
        if to.is_self:
            raise Refused(_("Choose the client whose message it is."), code="OURSELVES")
        if fresh.client_id is not None:
            raise Refused(_("It was passed to another client before."), code="PASSED_ON")
        if fresh.state not in OPEN_STATES:
            raise Refused(_("It is answered or closed."), code="NOT_OPEN")
        fresh.client, fresh.passed_on_at = to, at
        fresh.save(update_fields=["client", "passed_on_at"])
        deadlines.passed_on(fresh, regimes=people.regimes_of(fresh.subject_ref), actor=actor, at=at)
        with translation.override(fresh.language):
            text = _(
                "The message was sent for %(client)s. We have passed your grievance to them; you get the answer from us here."
            ) % {"client": to.name}
        entry = thread_entries.add(
            fresh, EntryKind.PASSED_ON, author=Author.STAFF, actor=actor, at=at, texts={"text": text}
        )
        _trace(fresh, AuditKind.GRIEVANCES_TICKET_PASSED_ON, actor, at, {"fiduciary": to.code})
        if entry is not None:
            notifications.tell(fresh, "replied", about=f"line/{entry.pk}", now=at)
    ticket.refresh_from_db()


def linked(ticket: Ticket) -> list[Ticket]:
    """The grievances that staff read together with this one, the ones joined with it first."""
    joined = list(ticket.merged.order_by("pk"))
    ids = {*ticket.links_from.values_list("second_id", flat=True), *ticket.links_to.values_list("first_id", flat=True)}
    return joined + list(Ticket.objects.filter(pk__in=ids).order_by("-received_at"))


def by_reference(reference: str) -> Ticket:
    """The grievance with a reference as staff type it. Raises Refused where there is none."""
    found = Ticket.objects.filter(reference=selectors.canonical(reference) or None).first()
    if found is None:
        raise Refused(_("There is no grievance with this reference."), code="NO_SUCH")
    return found


def _trace(ticket: Ticket, kind: AuditKind, actor: Actor, at: datetime, facts: dict[str, str]) -> None:
    record(
        kind,
        actor=actor,
        about=ticket.about,
        facts={"reference": ticket.reference, **facts},
        subject_ref=ticket.subject_ref,
        at=at,
    )
