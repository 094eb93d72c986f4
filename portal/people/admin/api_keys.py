"""API keys: proposed, agreed to, taken once, ended."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.core import clock
from portal.core.admin import service_action
from portal.jobs.audited_export import AuditedExport, resource_of
from portal.people.admin.answering import not_answerable
from portal.people.admin.creating import CreatingAdmin
from portal.people.forms import ApiKeyForm, RefuseForm
from portal.people.models import ApiKey
from portal.people.permissions import Permission
from portal.people.services import api_keys
from portal.people.states import Answer, ApiScope


def not_to_be_taken(obj: ApiKey, user: Any) -> str:
    if obj.made_by_id != user.pk:
        return str(_("Only the person who proposed the key can take it."))
    if obj.answer != Answer.APPROVED or obj.issued_at is not None or obj.ended_at is not None:
        return str(_("There is no key to take."))
    return ""


def has_ended(obj: ApiKey, user: Any) -> str:
    return str(_("This key has ended already.")) if obj.ended_at is not None else ""


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedExport, CreatingAdmin):
    view_permission = Permission.API_KEY_VIEW
    add_permission = Permission.API_KEY_PROPOSE
    export_resource = resource_of(
        ApiKey,
        "id fiduciary__code label prefix expires_at issued_at last_used_at ended_at act made_by made_at checked_by checked_at "
        "shown_sha256 answer",
    )
    create_form = ApiKeyForm
    create_title = _("Propose an API key")
    list_display = ("label", "fiduciary", "prefix", "answer", "expires_at", "last_used_at", "ended_at")
    list_filter = ("answer", "expires_at")
    list_select_related = ("fiduciary",)
    fields = (
        *(
            "label",
            "fiduciary",
            "may_do",
            "prefix",
            "expires_at",
            "issued_at",
            "last_used_at",
            "ended_at",
            "ended_by",
            "answer",
        ),
        *("made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256"),
    )
    readonly_fields = ("may_do",)

    @admin.display(description=_("What it may do"))
    def may_do(self, obj: ApiKey) -> str:
        return ", ".join(str(ApiScope(scope).label) for scope in obj.scopes)

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return api_keys.propose(**entered, actor=request.actor, now=clock.now()).pk  # type: ignore[attr-defined]

    @service_action(permission=Permission.API_KEY_PROPOSE, label=_("Approve"), skip=not_answerable)
    def approve(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> None:
        api_keys.answer(key=obj, approve=True, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]

    @service_action(permission=Permission.API_KEY_PROPOSE, ask=RefuseForm, label=_("Refuse"), skip=not_answerable)
    def refuse(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> None:
        api_keys.answer(
            key=obj,
            approve=False,
            reason=answer["reason"],
            actor=request.actor,  # type: ignore[attr-defined]
            now=clock.now(),
        )

    @service_action(permission=Permission.API_KEY_PROPOSE, label=_("Take the key"), skip=not_to_be_taken)
    def take(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> str:
        text = api_keys.issue(key=obj, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
        return gettext("This is the key. It is shown this once; copy it now: {key}").format(key=text)

    @service_action(permission=Permission.API_KEY_END, label=_("End the key"), skip=has_ended)
    def end_key(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> None:
        api_keys.end(key=obj, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
