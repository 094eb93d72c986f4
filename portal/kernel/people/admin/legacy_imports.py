"""The staff's page of take-overs: bring a file, read what is wrong line by line, take in, go on, give up."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.kernel.core import clock, date_format, field_changes
from portal.kernel.core.admin import service_action
from portal.kernel.core.admin.actions import ServiceAction
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.jobs.choices import FINISHED
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.choices import TakeOverState
from portal.kernel.people.models.legacy_imports import TakeOverModel
from portal.kernel.people.services.legacy_imports import LONGEST_ORIGIN, TakeOvers

#: Faulty lines on the page; the count says how many there are.
SHOWN = 200
#: What of a take-over leaves in an export.
EXPORTED = "reference state origin sha256 lines brought_at ended_at"


class BringForm(forms.Form):
    """A room adds the field ``file``, and what has to stand in it."""

    origin = PlainWords(
        label=_("Old system"), max_length=LONGEST_ORIGIN, help_text=_("No names of people."), widget=forms.TextInput()
    )


def _ended(row: TakeOverModel, user: Any) -> str:
    return str(_("It has ended.")) if row.has_ended else ""


def _at_work(row: TakeOverModel, user: Any) -> str:
    if row.has_ended or row.job.state in FINISHED:
        return _ended(row, user)
    return str(_("A job is working on it. Cancel the job first."))


class TakeOverAdmin(AuditedExport, CreatingAdmin):
    """Files of old systems, the newest first. A room says how it takes them over, and what its acts mean."""

    take_overs: TakeOvers[Any, Any]
    #: The code of a fault as a sentence.
    line_fault: Callable[[str], str]
    take_in_means: Any
    give_up_means: Any

    list_display = ("reference", "origin", "state", "lines", "brought_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("job",)
    search_fields = ("reference",)
    ordering = ("-brought_at",)
    fields: ClassVar[tuple[str, ...]] = (
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

    def own_action(self, action: ServiceAction) -> ServiceAction:
        means = {"take-in": self.take_in_means, "give-up": self.give_up_means}[action.name]
        return replace(action, permission=self.take_overs.permission, description=means)

    @admin.display(description=_("so far"))
    def counts(self, obj: TakeOverModel) -> str:
        """How many lines were taken in, or would be, and how many are at fault."""
        faulty = obj.faulty().count()
        if obj.state == TakeOverState.TRIED:
            return _("%(good)d in order, %(faulty)d at fault") % {"good": obj.lines - faulty, "faulty": faulty}
        taken = obj.taken().count()
        return _("%(taken)d imported, %(faulty)d at fault") % {"taken": taken, "faulty": faulty}

    @admin.display(description=_("what is wrong, and how often"))
    def kinds_of_faults(self, obj: TakeOverModel) -> str:
        sums = Counter(obj.faulty().values_list("fault", flat=True))
        times = (
            (ngettext("%(count)d line", "%(count)d lines", count) % {"count": count}, code)
            for code, count in sums.most_common()
        )
        lines = ((f"{many}: {self.line_fault(code)}",) for many, code in times)
        return format_html_join("", "<p>{}</p>", lines) or date_format.NONE

    @admin.display(description=_("lines at fault"))
    def faults(self, obj: TakeOverModel) -> str:
        """The first of them, by line."""
        rows = obj.faulty()
        said = _("Line %(line)d: %(fault)s")
        lines = [said % {"line": one.number, "fault": self.line_fault(one.fault)} for one in rows[:SHOWN]]
        if (more := rows.count() - len(lines)) > 0:
            lines.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines)) or date_format.NONE

    @service_action(permission="", label=_("Import valid rows"), skip=_at_work)
    def take_in(self, request: HttpRequest, obj: TakeOverModel, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj)
        self.take_overs.take_in(obj, actor=actor_of(request), now=clock.now())

    @service_action(permission="", label=_("Give it up"), skip=_ended)
    def give_up(self, request: HttpRequest, obj: TakeOverModel, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj)
        self.take_overs.give_up(obj, actor=actor_of(request), now=clock.now())
