"""The queues of this room, as the workplace counts and links them, and who has what."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from grievances.base import selectors
from grievances.base.choices import OPEN_STATES
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from portal.kernel.core import access
from portal.kernel.core.queues import Facts, HandsOut, Queue, Tab, Where, Work
from portal.kernel.core.work_references import Reason
from portal.kernel.people.selectors import refs_of

#: Whoever answers grievances finds their number on the first page.
_ANSWERS = str(GrievancePermission.TICKET_ANSWER)
#: Whoever answers requests about data has their queues as tabs.
_DECIDES = str(GrievancePermission.REQUEST_ANSWER)


def _ticket_work(where: Where, *, act: str = "") -> Work:
    return Work(
        where,
        _ANSWERS,
        lambda ticket: _now("Answer grievance"),
        about=_about,
        owner=lambda ticket: ticket.about,
        act=act,
        is_exact=False,
    )


def _request_work(verb: Any) -> Work:
    return Work(
        Where.TAKE,
        _DECIDES,
        verb,
        about=lambda request: request.get_right_display(),
        owner=lambda request: request.ticket.about,
        related=("ticket",),
    )


def _about(ticket: Ticket) -> str:
    return f"{ticket.get_kind_display()}, {ticket.language}"


QUEUES = (
    Queue(
        "grievances-mine",
        _("Your grievances"),
        "grievances.Ticket",
        "queue=mine",
        ngettext_lazy("grievance assigned to you", "grievances assigned to you", "count"),
        tone="",
        figure_for=_ANSWERS,
        tab=Tab(_("Mine"), -50, _ANSWERS),
        work=_ticket_work(Where.HELD),
    ),
    Queue(
        "grievances-unassigned",
        _("Unassigned grievances"),
        "grievances.Ticket",
        "queue=unassigned",
        ngettext_lazy("grievance to assign", "grievances to assign", "count"),
        figure_for=_ANSWERS,
        tab=Tab(_("Unassigned"), -40, _ANSWERS),
        work=_ticket_work(Where.TAKE, act="take"),
    ),
    Queue(
        "grievances-open",
        _("Open grievances"),
        "grievances.Ticket",
        "queue=open",
        ngettext_lazy("grievance is open", "grievances are open", "count"),
        tone="",
        is_figure=False,
        tab=Tab(_("All open"), -30, _ANSWERS),
    ),
    Queue(
        "grievances-overdue",
        _("Overdue grievances"),
        "grievances.Ticket",
        "queue=overdue",
        ngettext_lazy("grievance is overdue", "grievances are overdue", "count"),
        tone="err",
        is_figure=False,
        tab=Tab(_("Overdue"), -20, _ANSWERS),
    ),
    Queue(
        "grievances-today",
        _("Grievances due today"),
        "grievances.Ticket",
        "queue=today",
        ngettext_lazy("grievance is due by midnight", "grievances are due by midnight", "count"),
        is_figure=False,
        tab=Tab(_("Due today"), -10, _ANSWERS),
    ),
    Queue(
        "grievances-appeals",
        _("Appeals"),
        "grievances.Ticket",
        "queue=appeals",
        ngettext_lazy("appeal waits for another officer", "appeals wait for another officer", "count"),
        is_figure=False,
        tab=Tab(_("Appeals"), -25, _ANSWERS),
    ),
    Queue(
        "grievances-waiting",
        _("Grievances that wait for the customer"),
        "grievances.Ticket",
        "queue=waiting",
        ngettext_lazy("grievance waits for the customer", "grievances wait for the customer", "count"),
        tone="",
        is_figure=False,
        tab=Tab(_("Waiting"), -28, _ANSWERS),
    ),
    Queue(
        "grievances-closed",
        _("Closed grievances"),
        "grievances.Ticket",
        "queue=closed",
        ngettext_lazy("grievance is closed", "grievances are closed", "count"),
        tone="",
        is_figure=False,
        tab=Tab(_("Closed"), -22, _ANSWERS),
    ),
    Queue(
        "requests-answer",
        _("Rights requests to answer"),
        "grievances.RightsRequest",
        "queue=answer",
        ngettext_lazy("request waits for a reply", "requests wait for a reply", "count"),
        is_figure=False,
        tab=Tab(_("To answer"), -20, _DECIDES),
        work=_request_work(lambda request: _now("Reply to rights request")),
    ),
    Queue(
        "requests-papers",
        _("Identity documents to review"),
        "grievances.RightsRequest",
        "queue=papers",
        ngettext_lazy("request has a document to review", "requests have documents to review", "count"),
        is_figure=False,
        work=_request_work(lambda request: _now("Review identity document")),
        tab=Tab(_("Identity documents"), -15, _DECIDES),
    ),
    Queue(
        "requests-overdue",
        _("Overdue rights requests"),
        "grievances.RightsRequest",
        "queue=overdue",
        ngettext_lazy("request is overdue", "requests are overdue", "count"),
        tone="err",
        is_figure=False,
        tab=Tab(_("Overdue"), -10, _DECIDES),
    ),
)
#: The button that hands out grievances.
HANDS_OUT = HandsOut(_("Take next grievance"), _ANSWERS, "admin:grievances_ticket_take_next", ("grievances.",))


def record_facts(*, owners: Collection[str], user: Any, at: datetime) -> dict[str, Facts]:
    """Answers ``ports.record_facts``: what the grievance of a clock is about, and who was handed it, else whose it is; a login
    that has ended has none.
    """
    named = {owner: selectors.reference_of_owner(owner) for owner in owners if owner.startswith("grievances.")}
    if not named:
        return {}
    rows = Ticket.objects.filter(reference__in=set(named.values())).select_related("assigned_to", "locked_by")
    found: dict[str, Facts] = {}
    for ticket in rows:
        holder = ticket.locked_by if ticket.holder_id_at(at) is not None else ticket.assigned_to
        holder = holder if holder is not None and holder.is_active else None
        found[ticket.reference] = Facts(ticket, holder, _about(ticket))
    return {owner: found[reference] for owner, reference in named.items() if reference in found}


#: Open grievances of one person that an opening offers as its reason.
_OFFERED = 3


def reasons_to_open(*, user: Any, subject_ref: UUID) -> Iterator[Reason]:
    """Answers ``ports.opening_reasons``: a caller for whoever files grievances for people, and the person's open grievances."""
    if access.allowed(user, GrievancePermission.TICKET_VIEW):
        rows = Ticket.objects.filter(subject_ref__in=refs_of(subject_ref), state__in=OPEN_STATES).order_by("-pk")
        for reference in rows.values_list("reference", flat=True)[:_OFFERED]:
            yield Reason(_now("For their grievance %(reference)s") % {"reference": reference}, "grievance", reference)
    if access.allowed(user, GrievancePermission.TICKET_FILE):
        yield Reason(_now("A caller on the line"), "support", "support desk")
