from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import StaffModelAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.retention import financial_record_rules
from portal.kernel.retention.forms import BooksForm, DestroyedForm
from portal.kernel.retention.models import BooksRow
from portal.kernel.retention.permissions import Permission
from portal.kernel.retention.rules import Verdict
from portal.kernel.retention.services import financial_records


def _destroyed(row: BooksRow, user: Any) -> str:
    return str(_("This was noted already.")) if row.destroyed_on is not None else ""


def _verdict_of(row: BooksRow) -> Verdict | None:
    """Worked out once for each loaded row: two columns say it."""
    if "_verdict" not in row.__dict__:
        row.__dict__["_verdict"] = financial_record_rules.verdict_of(row, now=clock.now())
    found: Verdict | None = row.__dict__["_verdict"]
    return found


@admin.register(BooksRow)
class BooksRowAdmin(AuditedExport, StaffModelAdmin):
    """Invoices, payouts, licences and filings by financial year: which rule keeps them, until when, and where they lie."""

    export_resource = resource_of(
        BooksRow, "id kind financial_year system annual_return_due_on noted_by noted_at destroyed_on certificate"
    )
    form = BooksForm
    view_permission = Permission.BOOKS_VIEW
    add_permission = Permission.BOOKS_NOTE
    list_display = ("kind", "years", "system", "kept_until", "kept_by", "destroyed_on")
    list_filter = ("kind",)
    search_fields = ("system",)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the verdict on each row of the page: their rules are looked up once."""
        shown: Any = super().get_changelist_instance(request)
        for row in shown.result_list:
            _verdict_of(row)
        return shown

    def get_fields(self, request: HttpRequest, obj: BooksRow | None = None) -> tuple[str, ...]:
        asked = ("kind", "financial_year", "system", "annual_return_due_on")
        told = ("kept_until", "kept_by", "noted_by", "noted_at", "destroyed_on", "destroyed_by", "certificate")
        return (*asked, *told) if obj is not None else asked

    def save_model(self, request: HttpRequest, obj: BooksRow, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        """Adding is noting."""
        actor, now = actor_of(request), clock.now()
        obj.pk = financial_records.note(**form.cleaned_data, actor=actor, now=now).pk

    @service_action(
        permission=Permission.BOOKS_NOTE, ask=DestroyedForm, label=_("Note that they were destroyed"), skip=_destroyed
    )
    def note_destroyed(self, request: HttpRequest, obj: BooksRow, answer: dict[str, Any]) -> str:
        actor, now = actor_of(request), clock.now()
        financial_records.note_destroyed(row=obj, certificate=answer["certificate"], actor=actor, now=now)
        return str(_("Noted."))

    @admin.display(description=_("financial year"), ordering="financial_year")
    def years(self, obj: BooksRow) -> str:
        return obj.years

    @admin.display(description=_("kept until"))
    def kept_until(self, obj: BooksRow) -> Any:
        found = _verdict_of(obj)
        return (
            (found.kept_through or _("No end known")) if found is not None and found.is_kept else _("May be destroyed")
        )

    @admin.display(description=_("because of"))
    def kept_by(self, obj: BooksRow) -> str:
        found = _verdict_of(obj)
        return found.winner.citation or found.winner.key if found is not None else "-"
