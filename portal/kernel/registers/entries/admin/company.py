from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.admin import StaffModelAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.registers.base.models.company import CompanyDetails
from portal.kernel.registers.base.models.officers import Officer
from portal.kernel.registers.base.permissions import Act, Permission
from portal.kernel.registers.entries.forms.company import CompanyForm, OfficerForm
from portal.kernel.registers.entries.services import company, officers


class BookAdmin(StaffModelAdmin):
    """A book of dated entries: one person adds a proposal, another answers it, nobody edits."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return PROPOSAL if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        asked = tuple(self.form._meta.fields or ())
        return (*asked, *PROPOSAL) if obj is not None else asked


@admin.register(Officer)
class OfficerAdmin(AuditedExport, BookAdmin):
    export_resource = resource_of(
        Officer, "id kind title effective_from act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    form = OfficerForm
    view_permission = Permission.OFFICER_VIEW
    add_permission = Permission.OFFICER_PROPOSE
    proposes = Act.OFFICER_APPOINT
    list_display = ("kind", "full_name", "effective_from", "answer", "made_at", "checked_at")
    list_filter = ("kind", "answer")

    def save_model(self, request: HttpRequest, obj: Officer, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        """Adding is proposing."""
        obj.pk = officers.propose(**form.cleaned_data, actor=actor_of(request)).pk

    @service_action(permission=Permission.OFFICER_PROPOSE, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_officer(self, request: HttpRequest, obj: Officer, answer: dict[str, Any]) -> str:
        return answered(officers.answer, answer, officer=obj, actor=actor_of(request))


@admin.register(CompanyDetails)
class CompanyDetailsAdmin(AuditedExport, BookAdmin):
    export_resource = resource_of(
        CompanyDetails,
        "id legal_name trade_name email phone postal_address website effective_from act made_by made_at checked_by checked_at shown_sha256 answer",
    )
    form = CompanyForm
    view_permission = Permission.COMPANY_VIEW
    add_permission = Permission.COMPANY_PROPOSE
    proposes = Act.COMPANY_CHANGE
    list_display = ("trade_name", "legal_name", "effective_from", "answer", "made_at", "checked_at")
    list_filter = ("answer",)

    def save_model(
        self,
        request: HttpRequest,
        obj: CompanyDetails,
        form: ModelForm,
        change: bool,  # noqa: FBT001
    ) -> None:
        """Adding is proposing."""
        obj.pk = company.propose(**form.cleaned_data, actor=actor_of(request)).pk

    @service_action(permission=Permission.COMPANY_PROPOSE, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_company(self, request: HttpRequest, obj: CompanyDetails, answer: dict[str, Any]) -> str:
        return answered(company.answer, answer, details=obj, actor=actor_of(request))
