"""Staff's acts on a grievance beside answering it: its kind, its cause, links, joining, passing on."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from grievances.base import labels, request_labels, selectors
from grievances.base.choices import OPEN_STATES, RootCause, TicketKind, TicketState
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import Capacity, Right
from grievances.requests.forms import FIELDS
from grievances.requests.services import request_conversion
from grievances.requests.services.request_conversion import NOT_BY_STAFF
from grievances.tickets import grievance_status
from grievances.tickets.forms.staff import DocumentForm, ReceiptForm
from grievances.tickets.services import deadlines, document_links, opt_outs, triage
from portal.kernel.core import clock
from portal.kernel.core.admin import service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.people.models import Fiduciary


def closed(ticket: Ticket, user: Any) -> str:
    """Why an act for open grievances cannot be done on this one; empty where it can."""
    return "" if ticket.state in OPEN_STATES else str(_("It is answered or closed."))


def not_mine_to_answer(ticket: Ticket, user: Any) -> str:
    """As ``closed``; also where an appeal is against this officer's answer."""
    if ticket.is_kept_out:
        return str(_("It is on appeal against your answer."))
    return closed(ticket, user)


def _no_stop(ticket: Ticket, user: Any) -> str:
    if ticket.kind != TicketKind.UNWANTED_MESSAGES:
        return str(_("It is not about unwanted messages."))
    return not_mine_to_answer(ticket, user)


def _no_merge(ticket: Ticket, user: Any) -> str:
    if selectors.is_request(ticket):
        return str(_("Requests about data are joined by the portal itself."))
    if ticket.is_kept_out:
        return str(_("It is on appeal against your answer."))
    return str(_("It is closed.")) if ticket.state == TicketState.CLOSED else ""


def _no_pass(ticket: Ticket, user: Any) -> str:
    return str(_("It was passed on.")) if ticket.client_id is not None else not_mine_to_answer(ticket, user)


def _no_kind(ticket: Ticket, user: Any) -> str:
    return str(_("It is a request about data.")) if selectors.is_request(ticket) else ""


def _no_request(ticket: Ticket, user: Any) -> str:
    return _no_kind(ticket, user) or not_mine_to_answer(ticket, user)


class KindForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=list(labels.FORM_KINDS.items()),
        error_messages={"required": _("Select a kind")},
    )


class BecomeForm(forms.Form):
    """Which right, and for whom; what the pages of a request ask besides."""

    right = forms.ChoiceField(
        label=_("What do they ask for?"),
        choices=[(str(value), text) for value, text in request_labels.RIGHTS.items() if value not in NOT_BY_STAFF],
        error_messages={"required": _("Select what they ask for")},
    )
    capacity = forms.ChoiceField(
        label=_("For whom?"),
        choices=[
            (str(value), text)
            for value, text in request_labels.CAPACITIES.items()
            if value not in {Capacity.NOMINEE, Capacity.RELATIVE}
        ],
        error_messages={"required": _("Select for whom")},
    )
    person_name = forms.CharField(label=_("If for someone else: their name"), max_length=200, required=False)
    field = forms.ChoiceField(
        label=_("Of a correction: what is wrong"), choices=[("", "–"), *FIELDS.items()], required=False
    )
    should_be = forms.CharField(label=_("Of a correction: how it should be"), max_length=500, required=False)


class CauseForm(forms.Form):
    cause = forms.ChoiceField(
        label=_("What did it come from?"),
        choices=list(labels.ROOT_CAUSES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Select what it came from")},
    )


class OtherForm(forms.Form):
    other = forms.CharField(
        label=_("Reference of the other grievance"),
        max_length=40,
        error_messages={"required": _("Enter the reference of the other grievance")},
    )


class ClientForm(forms.Form):
    to = forms.ModelChoiceField(
        label=_("For which client was the message?"),
        queryset=Fiduciary.objects.filter(is_self=False).order_by("name"),
        error_messages={"required": _("Choose the client")},
    )


class SortsTickets:
    """Mixin of the tickets' admin."""

    def _given(self, request: HttpRequest, obj: Ticket) -> dict[str, Any]:
        return {"ticket": obj, "by": request.user, "actor": actor_of(request), "at": clock.now()}

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("Stop the messages"),
        skip=_no_stop,
        description=_(
            "All promotional messages of the sender stop at the address that got it: the number or email address "
            "in the grievance, else where the person can be reached. The person is informed."
        ),
    )
    def stop_messages(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> str:
        receipts = opt_outs.stop_messages(**self._given(request, obj))
        return ", ".join(receipts) or str(_("All of it was stopped before."))

    @service_action(
        permission=GrievancePermission.TICKET_ASSIGN,
        label=_("Correct when it reached us"),
        ask=ReceiptForm,
        skip=closed,
        description=_("Every date is counted anew from then on. The old dates stay on record with their start."),
    )
    def correct_receipt(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> str:
        deadlines.correct_receipt(**answer, **self._given(request, obj))
        return grievance_status.sentence_for_staff(obj, now=clock.now())

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("Pass on to the client"),
        ask=ClientForm,
        skip=_no_pass,
        description=_(
            "For a message that we only carried for a client. The client reads the grievance by the API; it stays "
            "open here with its dates, and the person is informed."
        ),
    )
    def pass_on(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        triage.pass_on(to=answer["to"], **self._given(request, obj))

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("Say what it is about"),
        ask=KindForm,
        skip=_no_kind,
        description=_("A mail says nothing of its kind. The dates stay as they are."),
    )
    def say_kind(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        triage.say_kind(kind=TicketKind(answer["kind"]), **self._given(request, obj))

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("It is a request about data"),
        ask=BecomeForm,
        skip=_no_request,
        description=_(
            "The deadlines of the right run from the day on which it reached us, and the person is asked to prove "
            "their identity. For someone else: enter on the page of the request whose data it is, and the code "
            "that is sent there."
        ),
    )
    def become_request(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        right, capacity = Right(answer.pop("right")), Capacity(answer.pop("capacity"))
        request_conversion.become_request(right=right, capacity=capacity, details=answer, **self._given(request, obj))

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("It is about a document"),
        ask=DocumentForm,
        skip=not_mine_to_answer,
        description=_(
            "For a document that its person names: the review desk may review a rejected one again only once its "
            "customer has asked. For a person who was signed in the desk knows it by itself; for anyone else once "
            "you say so."
        ),
    )
    def tie_document(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        document_links.tie_document(**answer, **self._given(request, obj))

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("Say what it came from"),
        ask=CauseForm,
        description=_("Counted, so that the next one does not come. The person does not see it."),
    )
    def say_cause(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        triage.say_cause(cause=RootCause(answer["cause"]), **self._given(request, obj))

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("Link with another one"),
        ask=OtherForm,
        description=_("Staff see both together. Nothing moves, and the person does not see it."),
    )
    def link(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        triage.link(other=triage.by_reference(answer["other"]), **self._given(request, obj))

    @service_action(
        permission=GrievancePermission.TICKET_ANSWER,
        label=_("Join with an older one"),
        ask=OtherForm,
        skip=_no_merge,
        description=_(
            "Of the same person. This one is closed, the one with the earlier date continues; the person is informed."
        ),
    )
    def merge(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        triage.merge(into=triage.by_reference(answer["other"]), **self._given(request, obj))
