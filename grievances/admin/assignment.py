"""Taking grievances one by one: the button that hands out what is due first, and giving back."""

from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from grievances.admin.triage import not_mine_to_answer
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.tickets.forms.staff import TakeForm
from grievances.tickets.services import conversation, work_allocation
from portal.kernel.core import access, clock, date_format
from portal.kernel.core.admin import OpenedWithPurpose, StaffModelAdmin, service_action
from portal.kernel.core.admin.actions import MOST_ROWS, ServiceAction
from portal.kernel.core.requests import actor_of


def _not_handed_to(ticket: Ticket, user: Any) -> str:
    return "" if ticket.holder_id_at(clock.now()) == user.pk else str(_("You have not taken it."))


def taken(ticket: Ticket) -> tuple[str, str]:
    """Whoever was handed it, and until when, as staff read it; two empty texts when it is free."""
    if ticket.locked_by is None or ticket.holder_id_at(clock.now()) is None:
        return "", ""
    return str(ticket.locked_by.full_name or ticket.locked_by.email), date_format.moment(ticket.locked_until)


def _not_mine_to_take(ticket: Ticket, user: Any) -> str:
    if ticket.assigned_to_id == user.pk:
        return str(_("It is yours already."))
    return not_mine_to_answer(ticket, user)


class TakesTickets(OpenedWithPurpose, StaffModelAdmin):
    """Mixin of the tickets' admin: ``take-next/`` hands out."""

    def action_page(self, request: HttpRequest, action: ServiceAction, rows: QuerySet[Ticket]) -> HttpResponseBase:
        """Who takes it confirms what they saw: that nobody, or that colleague, had it."""
        if action.name == "take":
            action = replace(action, ask=partial(TakeForm, tickets=list(rows[: MOST_ROWS + 1])))
        return super().action_page(request, action, rows)

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("Assign to me"),
        ask=TakeForm,
        skip=_not_mine_to_take,
        description=_("You become the officer who answers it."),
    )
    def take(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        actor: Any = actor_of(request)
        by: Any = request.user
        seen = TakeForm.had_by(request.POST, obj)
        conversation.take(ticket=obj, by=by, actor=actor, at=clock.now(), seen_with=seen)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("take-next/", wrap(self.take_next_view), name="grievances_ticket_take_next")
        return [own, *super().get_urls()]

    def take_next_view(self, request: HttpRequest) -> HttpResponse:
        """POST: what is due first and free becomes this officer's for a while; its page opens, as "grievance"."""
        access.require(request.user, GrievancePermission.TICKET_ANSWER)
        queue = f"{reverse('admin:grievances_ticket_changelist')}?queue=open"
        if request.method != "POST":
            return HttpResponseRedirect(queue)
        wanted = request.POST.get("record", "").split()
        ticket = work_allocation.take_next(actor=actor_of(request), now=clock.now(), wanted=wanted)
        if ticket is None:
            messages.info(request, _("Nothing waits for you that a colleague has not taken."))
            return HttpResponseRedirect(queue)
        return self._to_page(request, ticket)

    def open_next(self, request: HttpRequest, left: Ticket) -> HttpResponse:
        """After an answer: the grievance that this officer is handed next, but the one just left; else the first page."""
        actor, now = actor_of(request), clock.now()
        ticket = work_allocation.take_next(actor=actor, now=now, without=left.reference)
        if ticket is None:
            messages.info(request, _("No other grievance waits for you."))
            return HttpResponseRedirect(reverse("admin:index"), status=HTTPStatus.SEE_OTHER)
        return self._to_page(request, ticket)

    def _to_page(self, request: HttpRequest, ticket: Ticket) -> HttpResponse:
        """To the page of a grievance that was just taken, which is the reason why it is read."""
        self.note_opened(request, ticket, purpose="grievance", ticket=ticket.reference)
        page = reverse("admin:grievances_ticket_change", args=[ticket.pk])
        return HttpResponseRedirect(page, status=HTTPStatus.SEE_OTHER)

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("Release"),
        skip=_not_handed_to,
        description=_("A colleague is handed it next."),
    )
    def give_back(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        work_allocation.release(obj, actor=actor_of(request), now=clock.now())
