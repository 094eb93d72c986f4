"""Staff's pages of grievances: queues, the grievance itself, the composer. Shows and asks; services act."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django import forms as django_forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from grievances.admin import ticket_page
from grievances.admin.assignment import TakesTickets
from grievances.admin.triage import SortsTickets, closed
from grievances.base import labels, selectors, ticket_summaries
from grievances.base.choices import OPEN_STATES, AppealOutcome, TicketState
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.tickets import reply_templates
from grievances.tickets.admin import FilesForPeople
from grievances.tickets.export_resources import TicketResource
from grievances.tickets.forms import public
from grievances.tickets.forms.public import LONGEST_MESSAGE, Prose
from grievances.tickets.forms.staff import ComposerForm
from grievances.tickets.services import conversation, notifications, presence, resolutions, thread_access, triage
from portal.kernel.core import access, clock, field_changes
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.kernel.core.admin.filters import one_of
from portal.kernel.core.admin.labels import RowTexts
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.people import selectors as people
from portal.kernel.people.forms import StaffChoice
from portal.kernel.people.models import User

#: Queues that say only where a grievance stands.
_BY_STATE: Mapping[str, Mapping[str, Any]] = {
    "open": {"state__one_of": OPEN_STATES},
    "waiting": {"state": TicketState.WITH_YOU},
    "appeals": {"appeals__outcome": AppealOutcome.WAITING},
    "closed": {"state": TicketState.CLOSED},
}


class QueueFilter(admin.SimpleListFilter):
    """The named queues. Each is an address that can be kept and shared."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("open", _("All open")),
            ("overdue", _("Overdue")),
            ("today", _("Due today")),
            ("mine", _("Mine")),
            ("unassigned", _("Unassigned")),
            ("waiting", _("Waiting for the customer")),
            ("appeals", _("On appeal")),
            ("closed", _("Closed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        now = clock.now()
        match self.value():
            case "overdue":
                return selectors.overdue(queryset, now=now)
            case "today":
                local = now.astimezone(clock.IST)
                midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
                return selectors.due_by(queryset, now=now, until=midnight)
            case "mine":
                handed_out = Q(locked_by=request.user.pk, locked_until__gte=now)
                return queryset.filter(handed_out | Q(assigned_to=request.user.pk), state__one_of=OPEN_STATES)
            case "unassigned":
                return selectors.unassigned(queryset, now=now)
        return queryset.filter(**_BY_STATE.get(self.value() or "", {}))


class AssignForm(django_forms.Form):
    to = StaffChoice(
        label=_("Who works on it?"),
        queryset=User.objects.none(),
        error_messages={"required": _("Choose who works on it")},
    )
    why = Prose(label=_("Internal note"), required=False, longest=LONGEST_MESSAGE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        if isinstance(field, StaffChoice):
            field.queryset = people.staff_with(GrievancePermission.TICKET_ANSWER, now=clock.now()).order_by("full_name")


def _gists_of(rows: Sequence[Ticket], user: Any) -> dict[int, str]:
    return ticket_summaries.gists_of(rows, user=user)


def _people_of(rows: Sequence[Ticket], user: Any) -> dict[int, str]:
    return ticket_summaries.people_of(rows, user=user)


@admin.register(Ticket)
class TicketAdmin(TakesTickets, FilesForPeople, SortsTickets, AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """The queues, and one grievance with its thread. Words are opened only for roles that may read them."""

    view_permission = GrievancePermission.TICKET_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = TicketResource
    change_list_template = "admin/grievances/ticket/list.html"
    change_form_template = "admin/grievances/ticket/page.html"
    list_display = (
        "due",
        *(RowTexts("gist", _("gist"), _gists_of), RowTexts("who", _("who"), _people_of)),
        *("kind", "state", "assigned", "language", "reference", "received_at"),
    )
    list_display_links = ("reference",)
    list_filter = (QueueFilter, "state", "kind", "door", ("language", one_of(public.LANGUAGES)))
    linked_lookups = ("received_at__gte", "received_at__lt", "closed_at__gte", "closed_at__lt")
    list_select_related = ("assigned_to",)
    search_fields = ("reference",)
    search_help_text = _("A reference, for example OS-GR-7K4M-9QXK")
    ordering = ("-received_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        """With whether an appeal keeps this login out: the acts of a row and its page ask it many times."""
        return selectors.with_kept_out(super().get_queryset(request), user_id=request.user.pk or 0)

    def get_list_display(self, request: HttpRequest) -> Any:
        """The gist is for those who may read the words."""
        columns = super().get_list_display(request)
        may_read = access.allowed(request.user, GrievancePermission.TICKET_READ)
        return [one for one in columns if may_read or getattr(one, "__name__", "") != "gist"]

    def get_ordering(self, request: HttpRequest) -> Any:
        """In a queue what is due first stands first; Django would sort what a filter gives by the list's own order. As the
        index has it: to put those without a date elsewhere SQLite would sort all that are open.
        """
        return ("due_at", "pk") if request.GET.get(QueueFilter.parameter_name) else self.ordering

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, obj: Ticket) -> str:
        """The date and how many days are left; a mark and a word, not a colour."""
        return selectors.due_in_words(obj, now=clock.now())

    @admin.display(description=_("assigned to"))
    def assigned(self, obj: Ticket) -> str:
        return obj.officer

    @service_action(
        permission=GrievancePermission.TICKET_ASSIGN,
        label=_("Assign"),
        ask=AssignForm,
        skip=closed,
        description=_("The officer sees it in their own queue. The person is not informed."),
    )
    def assign(self, request: HttpRequest, obj: Ticket, answer: dict[str, Any]) -> None:
        triage.transfer(
            ticket=obj, to=answer["to"], why=answer["why"], by=_staff(request), actor=actor_of(request), at=clock.now()
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:number>/write/", wrap(self.write_view), name="grievances_ticket_write"),
            path("<int:number>/file/<int:file>/", wrap(self.file_view), name="grievances_ticket_file"),
        ]
        return own + super().get_urls()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may_file = access.allowed(request.user, GrievancePermission.TICKET_FILE)
        may_answer = access.allowed(request.user, GrievancePermission.TICKET_ANSWER)
        context = {**(extra_context or {}), "may_file": may_file, "may_answer": may_answer}
        return super().changelist_view(request, context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of one grievance instead of a form of its fields."""
        obj = kwargs.get("obj")
        if obj is not None:
            context.update(ticket_page.page(request, obj, ticket_page.composer_of(request, obj)))
        return super().render_change_form(request, context, *args, **kwargs)

    def write_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """POST: a message to the person with what comes of it, or an internal note."""
        ticket = self._opened(request, number)
        page = reverse("admin:grievances_ticket_change", args=[ticket.pk])
        if request.method != "POST":
            return HttpResponseRedirect(page)
        if "start" in request.POST:
            return self._start(request, ticket)
        form = ticket_page.composer_of(request, ticket, request.POST)
        if not form.is_valid():
            return self._again(request, ticket, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            said = self._write(request, ticket, form)
        except PortalError as error:
            return self._refused(request, ticket, form, error)
        self._say(request, ticket, form, said)
        stays = form.cleaned_data["to"] == form.INTERNAL or form.cleaned_data["act"] == form.STAY
        return HttpResponseRedirect(page, status=HTTPStatus.SEE_OTHER) if stays else self.open_next(request, ticket)

    def _refused(self, request: HttpRequest, ticket: Ticket, form: ComposerForm, error: PortalError) -> HttpResponse:
        if error.code == presence.UNSEEN_LINE:
            return self._over_a_new_line(request, ticket, form)
        form.add_error("late_because" if "late_because" in error.fields else None, str(error))
        return self._again(request, ticket, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def _over_a_new_line(self, request: HttpRequest, ticket: Ticket, form: ComposerForm) -> HttpResponse:
        """Nothing was sent: the lines that came meanwhile above the message as it was written, to be sent from here."""
        composer = ticket_page.composer_of(request, ticket)
        names = ("to", "text", "act", "late_because", "once")
        composer.initial.update({name: form.data.get(name, "") for name in names})
        return self._again(request, ticket, composer, status=HTTPStatus.CONFLICT, seen=form.cleaned_data["seen"])

    def _start(self, request: HttpRequest, ticket: Ticket) -> HttpResponse:
        """The composer again with the text in the person's language, and the same in English beside it.

        What was written stays, before it: to the same readers, so that an internal note never turns into a message.
        """
        chosen = reply_templates.texts().get(request.POST.get("template", ""))
        composer = ticket_page.composer_of(request, ticket)
        names = ("to", "text", "act", "late_because", "seen")
        written = {name: request.POST[name] for name in names if request.POST.get(name)}
        said, in_english = reply_templates.filled(chosen, ticket, now=clock.now()) if chosen is not None else ("", "")
        parts = [part for part in (written.get("text", "").strip(), said) if part]
        composer.initial.update({**written, "text": "\n\n".join(parts)})
        return self._again(request, ticket, composer, in_english=in_english if ticket.language != "en" else "")

    def _again(
        self,
        request: HttpRequest,
        ticket: Ticket,
        composer: ComposerForm,
        *,
        status: int = HTTPStatus.OK,
        seen: int | None = None,
        **more: Any,
    ) -> HttpResponse:
        """The page of the grievance with a composer in which something stands."""
        context = {
            **self.admin_site.each_context(request),
            "title": ticket.reference,
            "opts": self.opts,
            "original": ticket,
            "row_actions": self.row_actions(request, ticket),
            **ticket_page.page(request, ticket, composer, seen=seen),
            **more,
        }
        return TemplateResponse(request, self.change_form_template, context, status=status)

    def file_view(self, request: HttpRequest, number: int, file: int) -> FileResponse:
        """A file of the thread, as a download. Vault writes who opened it."""
        ticket = self._opened(request, number)
        access.require(request.user, GrievancePermission.TICKET_READ)
        listed, stream = thread_access.open_attachment(
            ticket=ticket,
            attachment_id=file,
            internal=True,
            actor=actor_of(request),
            reason=f"grievance {ticket.reference}",
        )
        name = f"{ticket.reference}-{listed.pk}.{listed.kind.lower()}"
        return FileResponse(stream, as_attachment=True, filename=name, content_type="application/octet-stream")

    def _opened(self, request: HttpRequest, number: int) -> Ticket:
        """The grievance, if this login may see it and has said why it opened it."""
        found = (
            self.get_queryset(request).select_related("fiduciary", "assigned_to", "locked_by").filter(pk=number).first()
        )
        ticket = self.only_opened(request, found)
        field_changes.watch_row(ticket)
        return ticket

    def _write(self, request: HttpRequest, ticket: Ticket, form: ComposerForm) -> str:
        """Do what was chosen; what the next page says of it. A message goes out only over lines that its writer has seen."""
        given = form.cleaned_data
        by = _staff(request)
        common: dict[str, Any] = {
            "ticket": ticket,
            "text": given["text"],
            "by": by,
            "actor": actor_of(request),
            "at": clock.now(),
            "once_key": given["once"],
        }
        if given["to"] == form.INTERNAL:
            conversation.note(**common)
            return str(_("The internal note is saved."))
        with presence.having_read(ticket, seen=given["seen"], text=given["text"], once_key=given["once"], by=by):
            return self._send(given["act"], common, late=given.get("late_because", ""))

    def _send(self, act: str, common: dict[str, Any], *, late: str) -> str:
        form = ComposerForm
        if act == form.CORRECT:
            resolutions.correct(**common)
            return str(_("The corrected answer is in the thread. The customer is asked if it settles the grievance."))
        if act in {form.CHANGED, form.STAYS}:
            resolutions.propose(**common, outcome=AppealOutcome(act), late_because=late)
            return str(
                _("The answer to the appeal is in the thread. The customer is asked if it settles the grievance.")
            )
        if act == form.PROPOSE:
            resolutions.propose(**common, late_because=late)
            return str(_("The answer is in the thread. The customer is asked if it settles the grievance."))
        if act == form.ASK:
            conversation.ask(**common)
            return str(_("The question is in the thread. It is the customer's turn."))
        conversation.reply(**common)
        return str(_("The message is in the thread."))

    def _say(self, request: HttpRequest, ticket: Ticket, form: ComposerForm, said: str) -> None:
        """What was done, and how the person hears of it: a warning where nothing goes out to them."""
        if form.cleaned_data["to"] == form.INTERNAL:
            messages.success(request, said)
            return
        way = notifications.way_to(ticket)
        level = messages.SUCCESS if way else messages.WARNING
        url = reverse("admin:grievances_ticket_change", args=[ticket.pk])
        again = format_html('<a href="{}">{}</a>', url, _("Open again"))
        messages.add_message(
            request, level, format_html("{}: {} {} {}", ticket.reference, said, labels.REACHED[way], again)
        )


def _staff(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user
