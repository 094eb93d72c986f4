"""The staff's page of take-overs: bring a list, read what is wrong line by line, take in, go on, give up."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from grievances.models import TicketTakeOver
from grievances.permissions import GrievancePermission
from grievances.services import taking_over
from grievances.states import TAKE_OVER_MOVES, TakeOverState
from grievances.takeover_words import line_fault
from portal.core import changes, clock, moments
from portal.core.admin import service_action
from portal.core.plain_words import PlainWords
from portal.jobs.audited_export import AuditedExport, resource_of
from portal.jobs.states import FINISHED
from portal.people.admin.creating import CreatingAdmin

#: Faulty lines on the page; the count says how many there are.
SHOWN = 200


class BringForm(forms.Form):
    """A list of open grievances of an old system."""

    origin = PlainWords(
        label=_("Old system"),
        max_length=taking_over.LONGEST_ORIGIN,
        help_text=_("No names of people."),
        widget=forms.TextInput(),
    )
    file = forms.FileField(
        label=_("List of open grievances"),
        help_text=format_lazy(
            _(
                "A CSV (UTF-8) or XLSX file. Columns: {columns}. Times as YYYY-MM-DD HH:MM (IST). Each line is tried first: "
                "nothing is taken in before you say so."
            ),
            columns=", ".join(taking_over.COLUMNS),
        ),
    )


def _at_work(row: TicketTakeOver, user: Any) -> str:
    if ended := _ended(row, user):
        return ended
    return "" if row.job.state in FINISHED else str(_("A job is working on it. Cancel the job first."))


def _ended(row: TicketTakeOver, user: Any) -> str:
    return "" if TAKE_OVER_MOVES[row.state] else str(_("It has ended."))


@admin.register(TicketTakeOver)
class TicketTakeOverAdmin(AuditedExport, CreatingAdmin):
    """Lists of old systems, the newest first."""

    view_permission = GrievancePermission.TICKET_BRING
    add_permission = GrievancePermission.TICKET_BRING
    export_permission = GrievancePermission.TICKET_BRING
    export_resource = resource_of(TicketTakeOver, "reference state origin sha256 lines brought_at ended_at")
    create_form = BringForm
    create_title = _("Bring open grievances of an old system")
    list_display = ("reference", "origin", "state", "lines", "brought_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("job",)
    search_fields = ("reference",)
    ordering = ("-brought_at",)
    fields = (
        "reference",
        "origin",
        "state",
        "sha256",
        "lines",
        "job",
        "counts",
        "kinds_of_faults",
        "faults",
        "brought_by",
        "brought_at",
        "ended_at",
    )
    readonly_fields = fields
    shown_before = ("origin", "state", "lines", "counts")

    def create(self, request: HttpRequest, given: dict[str, Any]) -> int:
        actor: Any = request.actor  # type: ignore[attr-defined]
        row = taking_over.bring(
            origin=given["origin"], name=given["file"].name, content=given["file"], actor=actor, now=clock.now()
        )
        return int(row.pk)

    @admin.display(description=_("so far"))
    def counts(self, obj: TicketTakeOver) -> str:
        """How many lines were taken in, or would be, and how many are at fault."""
        taken = obj.results.filter(ticket__isnull=False).count()
        faulty = obj.results.exclude(fault="").count()
        if obj.state == TakeOverState.TRIED:
            return _("%(good)d in order, %(faulty)d at fault") % {"good": obj.lines - faulty, "faulty": faulty}
        return _("%(taken)d taken in, %(faulty)d at fault") % {"taken": taken, "faulty": faulty}

    @admin.display(description=_("what is wrong, and how often"))
    def kinds_of_faults(self, obj: TicketTakeOver) -> str:
        sums = Counter(obj.results.exclude(fault="").values_list("fault", flat=True))
        times = (
            (ngettext("%(count)d line", "%(count)d lines", count) % {"count": count}, code)
            for code, count in sums.most_common()
        )
        lines = ((f"{many}: {line_fault(code)}",) for many, code in times)
        return format_html_join("", "<p>{}</p>", lines) or moments.NONE

    @admin.display(description=_("lines at fault"))
    def faults(self, obj: TicketTakeOver) -> str:
        """The first of them, by line."""
        rows = obj.results.exclude(fault="")
        said = _("Line %(line)d: %(fault)s")
        lines = [said % {"line": one.number, "fault": line_fault(one.fault)} for one in rows[:SHOWN]]
        if (more := rows.count() - len(lines)) > 0:
            lines.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines)) or moments.NONE

    @service_action(
        permission=GrievancePermission.TICKET_BRING,
        label=_("Take in what is in order"),
        skip=_at_work,
        description=_(
            "Each becomes a grievance whose dates count from its receipt there. Lines at fault are left out. It goes on where "
            "it stopped."
        ),
    )
    def take_in(self, request: HttpRequest, obj: TicketTakeOver, given: dict[str, Any]) -> None:
        changes.watch_row(obj)
        taking_over.take_in(obj, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]

    @service_action(
        permission=GrievancePermission.TICKET_BRING,
        label=_("Give it up"),
        skip=_ended,
        description=_("The list is destroyed. What was taken in stays."),
    )
    def give_up(self, request: HttpRequest, obj: TicketTakeOver, given: dict[str, Any]) -> None:
        changes.watch_row(obj)
        taking_over.give_up(obj, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
