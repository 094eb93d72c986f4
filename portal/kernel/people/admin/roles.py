"""Roles and who holds them; proposals wait for a second person."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin, RowsBeside, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import not_answerable
from portal.kernel.people.choices import Answer
from portal.kernel.people.export_resources import (
    FourEyesRuleResource,
    MfaResetResource,
    RoleGrantResource,
    RoleProposalResource,
)
from portal.kernel.people.forms import ChangeEndForm, RefuseForm, WhyForm
from portal.kernel.people.models import (
    FourEyesModel,
    FourEyesRule,
    MfaReset,
    Role,
    RoleGrant,
    RolePermission,
    RoleProposal,
)
from portal.kernel.people.permissions import Act, Permission
from portal.kernel.people.services import mfa, roles


class PermissionInline(RowsBeside):
    model = RolePermission
    fields = ("code",)


@admin.register(Role)
class RoleAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(Role, "code label needs_end needs_scope only_reads")
    view_permission = Permission.ROLE_VIEW
    list_display = ("label", "code", "needs_end", "needs_scope", "only_reads")
    inlines = (PermissionInline,)


@admin.register(FourEyesRule)
class FourEyesRuleAdmin(AuditedExport, ReadOnlyAdmin):
    view_permission = Permission.ROLE_VIEW
    export_permission = Permission.ROLE_EXPORT
    export_resource = FourEyesRuleResource
    list_display = ("act", "maker_role", "checker_role")
    list_filter = ("maker_role", "checker_role")
    list_select_related = ("maker_role", "checker_role")
    search_fields = ("act",)


def _ended(obj: RoleGrant, user: Any) -> str:
    is_over = obj.ends_at is not None and obj.ends_at <= clock.now()
    return str(_("This role has ended.")) if is_over else ""


@admin.register(RoleGrant)
class RoleGrantAdmin(AuditedExport, ReadOnlyAdmin):
    view_permission = Permission.ROLE_VIEW
    export_permission = Permission.ROLE_EXPORT
    export_resource = RoleGrantResource
    list_display = ("holder", "role", "starts_at", "ends_at", "granted_at")
    list_filter = ("role",)
    list_select_related = ("user", "role")
    search_fields = ("user__full_name",)
    fields = ("holder", "role", "starts_at", "ends_at", "granted_at", "data_from", "data_to", "areas")

    @admin.display(description=_("Staff member"), ordering="user__full_name")
    def holder(self, obj: RoleGrant) -> str:
        return obj.user.full_name

    @service_action(
        permission=Permission.ROLE_CHANGE,
        ask=ChangeEndForm,
        label=_("Propose another end"),
        act=Act.ROLE_CHANGE,
        skip=_ended,
    )
    def propose_change(self, request: HttpRequest, obj: RoleGrant, answer: dict[str, Any]) -> str:
        roles.propose_change(grant=obj, **answer, actor=actor_of(request), now=clock.now())
        return str(_("Proposed. It changes once a second person agrees."))

    @service_action(
        permission=Permission.ROLE_CHANGE,
        ask=WhyForm,
        label=_("Propose to end the role"),
        act=Act.ROLE_CHANGE,
        skip=_ended,
    )
    def propose_end(self, request: HttpRequest, obj: RoleGrant, answer: dict[str, Any]) -> str:
        roles.propose_end(grant=obj, **answer, actor=actor_of(request), now=clock.now())
        return str(_("Proposed. The role ends once a second person agrees."))


def not_of_ones_own(obj: FourEyesModel, user: Any) -> str:
    """Nor does anybody answer what is proposed about themselves."""
    if obj.answer == Answer.PENDING and user.pk in {obj.made_by_id, getattr(obj, "user_id", None)}:
        return str(_("Another person must decide this."))
    return not_answerable(obj, user)


class _ProposalAdmin(AuditedExport, ReadOnlyAdmin):
    export_permission = Permission.ROLE_EXPORT
    list_filter = ("answer", "made_at")
    list_select_related = ("user", "made_by", "checked_by")
    search_fields = ("user__full_name",)
    ordering = ("-made_at",)

    @admin.display(description=_("Staff member"), ordering="user__full_name")
    def person(self, obj: Any) -> str:
        return str(obj.user.full_name)

    @admin.display(description=_("Proposed by"))
    def maker(self, obj: Any) -> str:
        return str(obj.made_by.full_name)

    @admin.display(description=_("Decided by"))
    def checker(self, obj: Any) -> str:
        return str(obj.checked_by.full_name) if obj.checked_by else ""


@admin.register(RoleProposal)
class RoleProposalAdmin(_ProposalAdmin):
    view_permission = Permission.ROLE_VIEW
    export_resource = RoleProposalResource
    list_display = ("person", "change", "role", "answer", "maker", "made_at", "checker", "checked_at")
    fields = (
        *("person", "change", "role", "starts_at", "ends_at", "data_from", "data_to", "areas", "why", "answer"),
        *("maker", "made_at", "checker", "checked_at", "reason", "shown_sha256"),
    )

    @service_action(permission=Permission.ROLE_CHANGE, label=_("Approve"), skip=not_of_ones_own)
    def approve(self, request: HttpRequest, obj: RoleProposal, answer: dict[str, Any]) -> None:
        roles.answer(proposal=obj, approve=True, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.ROLE_CHANGE, ask=RefuseForm, label=_("Refuse"), skip=not_of_ones_own)
    def refuse(self, request: HttpRequest, obj: RoleProposal, answer: dict[str, Any]) -> None:
        roles.answer(
            proposal=obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )


@admin.register(MfaReset)
class MfaResetAdmin(_ProposalAdmin):
    view_permission = Permission.MFA_VIEW
    export_resource = MfaResetResource
    list_display = ("person", "answer", "maker", "made_at", "checker", "checked_at")
    fields = ("person", "why", "answer", "maker", "made_at", "checker", "checked_at", "reason", "shown_sha256")

    @service_action(permission=Permission.MFA_RESET, label=_("Approve"), skip=not_of_ones_own)
    def approve(self, request: HttpRequest, obj: MfaReset, answer: dict[str, Any]) -> None:
        mfa.answer(reset=obj, approve=True, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.MFA_RESET, ask=RefuseForm, label=_("Refuse"), skip=not_of_ones_own)
    def refuse(self, request: HttpRequest, obj: MfaReset, answer: dict[str, Any]) -> None:
        mfa.answer(
            reset=obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )
