"""What every book of dated entries has: one person proposes, another approves or refuses, one ends what forbids nothing."""

from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import answers, clock, date_format
from portal.kernel.core.admin import service_action
from portal.kernel.core.admin.actions import ServiceAction
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.jobs.import_button import Imported
from portal.kernel.law import labels as law_labels
from portal.kernel.law.selectors import house_rule
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.admin.proposals import PROPOSAL, not_answerable
from portal.kernel.people.choices import Answer
from portal.kernel.people.forms import RefuseForm
from portal.kernel.registers.base.models.dated_entry import DatedEntry
from portal.kernel.registers.senders.selectors.sender_changes import COUNTED
from portal.kernel.registers.senders.services import sender_entries

ENTRY = "id fiduciary__code starts_at ends_at act made_by made_at checked_by checked_at shown_sha256 answer"
HOLDS = ("starts_at", "ends_at", "ended_by")


def holds_no_more(entry: DatedEntry, user: Any) -> str:
    """Why there is nothing to end; empty when there is."""
    if entry.answer != Answer.APPROVED:
        return str(_("It was not agreed to."))
    return str(_("It has ended already.")) if entry.has_ended(at=clock.now()) else ""


def not_to_end(entry: DatedEntry, user: Any) -> str:
    """Why one person does not end it; empty when they may."""
    return holds_no_more(entry, user) or (str(sender_entries.FORBIDS) if entry.forbids else "")


class EntryAdmin(Imported, AuditedExport, CreatingAdmin):
    """A book of dated entries. ``own_fields`` are the book's own.

    Whoever may propose (``add_permission``) may answer what another proposed. ``end_permission`` and ``end_means`` say who
    may end an entry, and what that does.
    """

    end_permission: str
    end_means: Any
    own_fields: tuple[str, ...] = ()
    list_filter: ClassVar[tuple[str, ...]] = ("answer",)
    list_select_related: ClassVar[tuple[str, ...]] = ("fiduciary",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """With what a proposal takes the place of: who agrees to it ends that."""
        beside = ("replaces",) if obj is not None and sender_entries.replaced_by(obj) else ()
        if obj is not None and self.sends_stopped(obj):
            beside = (*beside, "sends_stopped")
        holds = HOLDS if obj is None else ("holds_from", *HOLDS[1:])
        return ("fiduciary", *self.own_fields, *holds, *beside, *PROPOSAL)

    @admin.display(description=_("valid from"), ordering="starts_at")
    def holds_from(self, obj: Any) -> str:
        """When it holds: a proposal holds from no day yet, and one that was refused never."""
        if obj.answer == Answer.APPROVED:
            return date_format.moment(obj.starts_at)
        if obj.answer != Answer.PENDING:
            return str(_("Never: it was not agreed to."))
        if obj.starts_at <= clock.now():
            return str(_("Not yet: from its approval on."))
        return _("Not yet: from %(at)s, if approved before.") % {"at": date_format.moment(obj.starts_at)}

    @admin.display(description=_("Takes the place of"))
    def replaces(self, obj: Any) -> str:
        return ", ".join(f"{row} ({row.checked_at:%Y-%m-%d})" for row in sender_entries.replaced_by(obj))

    def differences(self, request: HttpRequest, row: Any) -> list[tuple[Any, str, str]]:
        """Against the entry whose place it takes; what stays the same is left out."""
        before = next(iter(sender_entries.replaced_by(row)), None)
        return self.compared(request, before, row, ("fiduciary", *self.own_fields)) if before is not None else []

    @admin.display(description=_("Sends that this would have stopped"))
    def sends_stopped(self, obj: Any) -> str:
        """What its approval, or its end, would change; empty where it changes no decision."""
        now = clock.now()
        found = answers.affected_sends.ask(entry=obj, at=now)
        if found is None:
            return ""
        said = _("%(stopped)s of %(permitted)s in the last %(period)s") % {
            "stopped": f"{found.stopped:,}",
            "permitted": f"{found.permitted:,}",
            "period": law_labels.amount(house_rule(COUNTED, on=clock.day(now))),
        }
        return f"{_('If approved') if obj.answer == Answer.PENDING else _('If it ends now')}: {said}"

    def own_action(self, action: ServiceAction) -> ServiceAction:
        match action.name:
            case "approve" | "refuse":
                return replace(action, permission=str(self.add_permission))
            case "end-entry":
                return replace(action, permission=self.end_permission, description=self.end_means)
        return action

    @service_action(permission="", label=_("Approve"), skip=not_answerable)
    def approve(self, request: HttpRequest, obj: Any, answer: dict[str, Any]) -> None:
        sender_entries.answer(obj, approve=True, reason="", actor=actor_of(request), now=clock.now())

    @service_action(permission="", ask=RefuseForm, label=_("Refuse"), skip=not_answerable)
    def refuse(self, request: HttpRequest, obj: Any, answer: dict[str, Any]) -> None:
        sender_entries.answer(
            obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )

    @service_action(permission="", label=_("End it now"), skip=not_to_end)
    def end_entry(self, request: HttpRequest, obj: Any, answer: dict[str, Any]) -> None:
        sender_entries.end(obj, actor=actor_of(request), now=clock.now())
