"""The staff's page of take-overs: bring an archive, read what is wrong line by line, take in, go on, give up."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kyc.models import TakeOver
from kyc.permissions import Permission
from kyc.services import taking_over
from kyc.staff_words import line_fault
from kyc.states import TakeOverState
from portal.core import changes, clock, moments
from portal.core.admin import service_action
from portal.core.plain_words import PlainWords
from portal.jobs.audited_export import AuditedExport, resource_of
from portal.jobs.states import FINISHED
from portal.people.admin.creating import CreatingAdmin

#: Faulty lines on the page; the count says how many there are.
SHOWN = 200


class BringForm(forms.Form):
    """An archive of an old system."""

    origin = PlainWords(
        label=_("Old system"),
        max_length=taking_over.LONGEST_ORIGIN,
        help_text=_("No names of people."),
        widget=forms.TextInput(),
    )
    file = forms.FileField(
        label=_("Archive"),
        help_text=format_lazy(
            _(
                "A ZIP file with index.csv (UTF-8) and the files that it names. Columns: {columns}. Dates as YYYY-MM-DD. "
                "Each line is tried first: nothing is taken in before you say so."
            ),
            columns=", ".join(taking_over.COLUMNS),
        ),
    )


def _at_work(row: TakeOver, user: Any) -> str:
    if row.state in {TakeOverState.DONE, TakeOverState.GIVEN_UP}:
        return str(_("It has ended."))
    return "" if row.job.state in FINISHED else str(_("A job is working on it. Cancel the job first."))


def _ended(row: TakeOver, user: Any) -> str:
    return str(_("It has ended.")) if row.state in {TakeOverState.DONE, TakeOverState.GIVEN_UP} else ""


@admin.register(TakeOver)
class TakeOverAdmin(AuditedExport, CreatingAdmin):
    """Archives of old systems, the newest first."""

    view_permission = Permission.TAKE_OVER_BRING
    add_permission = Permission.TAKE_OVER_BRING
    export_permission = Permission.TAKE_OVER_BRING
    export_resource = resource_of(TakeOver, "reference state origin sha256 lines brought_at ended_at")
    create_form = BringForm
    create_title = _("Bring KYC files of an old system")
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
        row = taking_over.bring(origin=given["origin"], content=given["file"], actor=actor, now=clock.now())
        return int(row.pk)

    @admin.display(description=_("so far"))
    def counts(self, obj: TakeOver) -> str:
        """How many lines were taken in, or would be, and how many are at fault."""
        taken = obj.results.filter(document__isnull=False).count()
        faulty = obj.results.exclude(fault="").count()
        if obj.state == TakeOverState.TRIED:
            return _("%(good)d in order, %(faulty)d at fault") % {"good": obj.lines - faulty, "faulty": faulty}
        return _("%(taken)d taken in, %(faulty)d at fault") % {"taken": taken, "faulty": faulty}

    @admin.display(description=_("what is wrong, and how often"))
    def kinds_of_faults(self, obj: TakeOver) -> str:
        sums = Counter(obj.results.exclude(fault="").values_list("fault", flat=True))
        times = (
            (ngettext("%(count)d line", "%(count)d lines", count) % {"count": count}, code)
            for code, count in sums.most_common()
        )
        lines = ((f"{many}: {line_fault(code)}",) for many, code in times)
        return format_html_join("", "<p>{}</p>", lines) or moments.NONE

    @admin.display(description=_("lines at fault"))
    def faults(self, obj: TakeOver) -> str:
        """The first of them, by line."""
        rows = obj.results.exclude(fault="")
        said = _("Line %(line)d: %(fault)s")
        lines = [said % {"line": one.number, "fault": line_fault(one.fault)} for one in rows[:SHOWN]]
        if (more := rows.count() - len(lines)) > 0:
            lines.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines)) or moments.NONE

    @service_action(
        permission=Permission.TAKE_OVER_BRING,
        label=_("Take in what is in order"),
        skip=_at_work,
        description=_(
            "Each document is checked like a new one. Lines at fault are left out. It goes on where it stopped."
        ),
    )
    def take_in(self, request: HttpRequest, obj: TakeOver, given: dict[str, Any]) -> None:
        changes.watch_row(obj)
        taking_over.take_in(obj, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]

    @service_action(
        permission=Permission.TAKE_OVER_BRING,
        label=_("Give it up"),
        skip=_ended,
        description=_("The archive is destroyed. What was taken in stays."),
    )
    def give_up(self, request: HttpRequest, obj: TakeOver, given: dict[str, Any]) -> None:
        changes.watch_row(obj)
        taking_over.give_up(obj, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
