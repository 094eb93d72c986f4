"""API keys: proposed, agreed to, taken once, ended."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, date_format
from portal.kernel.core.admin import service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.admin.proposals import not_answerable
from portal.kernel.people.choices import Answer, ApiScope
from portal.kernel.people.forms import ApiKeyForm, RefuseForm
from portal.kernel.people.models import ApiKey
from portal.kernel.people.permissions import Permission
from portal.kernel.people.services import api_keys


def not_to_be_taken(obj: ApiKey, user: Any) -> str:
    if obj.made_by_id != user.pk:
        return str(_("Only the person who proposed the key can take it."))
    if obj.answer != Answer.APPROVED or obj.issued_at is not None or obj.ended_at is not None:
        return str(_("There is no key to take."))
    return ""


def not_to_be_ended(obj: ApiKey, user: Any) -> str:
    if obj.ended_at is not None:
        return str(_("This key has ended already."))
    return "" if obj.answer == Answer.APPROVED else str(_("There is no key: no second person approved it."))


def not_to_be_answered(obj: ApiKey, user: Any) -> str:
    return str(_("This proposal was withdrawn.")) if obj.ended_at is not None else not_answerable(obj, user)


def not_to_be_withdrawn(obj: ApiKey, user: Any) -> str:
    if obj.made_by_id != user.pk:
        return str(_("Only the person who proposed the key can withdraw the proposal."))
    if obj.answer != Answer.PENDING or obj.ended_at is not None:
        return str(_("There is no proposal to withdraw."))
    return ""


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedExport, CreatingAdmin):
    view_permission = Permission.API_KEY_VIEW
    add_permission = Permission.API_KEY_PROPOSE
    export_resource = resource_of(
        ApiKey,
        "id fiduciary__code label prefix expires_at issued_at last_used_at ended_at act made_by made_at checked_by "
        "checked_at "
        "shown_sha256 answer",
    )
    create_form = ApiKeyForm
    create_title = _("Propose an API key")
    create_done = _("Proposed. Another person has to agree; then you take the key on this page.")
    list_display = ("label", "fiduciary", "prefix", "standing", "last_day", "last_used_at", "ended_at")
    list_filter = ("answer", "expires_at")
    list_select_related = ("fiduciary",)
    fields = (
        *(
            "label",
            "fiduciary",
            "may_do",
            "prefix",
            "last_day",
            "issued_at",
            "last_used_at",
            "ended_at",
            "ended_by",
            "standing",
        ),
        *("made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256"),
    )
    readonly_fields = ("may_do", "last_day", "standing")

    @admin.display(description=_("What it may do"))
    def may_do(self, obj: ApiKey) -> str:
        return ", ".join(str(ApiScope(scope).label) for scope in obj.scopes)

    @admin.display(description=_("last day it works"), ordering="expires_at")
    def last_day(self, obj: ApiKey) -> str:
        """The day that was entered. Its end is kept, which is the first moment of the next day."""
        return date_format.day(clock.day(obj.expires_at - timedelta.resolution))

    @admin.display(description=_("answer"), ordering="answer")
    def standing(self, obj: ApiKey) -> str:
        is_withdrawn = obj.answer == Answer.PENDING and obj.ended_at is not None
        return str(_("Withdrawn") if is_withdrawn else Answer(obj.answer).label)

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return api_keys.propose(**entered, actor=actor_of(request), now=clock.now()).pk

    @service_action(permission=Permission.API_KEY_PROPOSE, label=_("Approve"), skip=not_to_be_answered)
    def approve(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> None:
        api_keys.answer(key=obj, approve=True, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.API_KEY_PROPOSE, ask=RefuseForm, label=_("Refuse"), skip=not_to_be_answered)
    def refuse(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> None:
        api_keys.answer(
            key=obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )

    @service_action(permission=Permission.API_KEY_PROPOSE, label=_("Withdraw the proposal"), skip=not_to_be_withdrawn)
    def withdraw(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> str:
        api_keys.withdraw(key=obj, actor=actor_of(request), now=clock.now())
        return gettext("Withdrawn. It can no longer be approved.")

    @service_action(permission=Permission.API_KEY_PROPOSE, label=_("Take the key"), skip=not_to_be_taken)
    def take(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> str:
        text = api_keys.issue(key=obj, actor=actor_of(request), now=clock.now())
        return gettext("This is the key. It is shown this once; copy it now: {key}").format(key=text)

    @service_action(permission=Permission.API_KEY_END, label=_("End the key"), skip=not_to_be_ended)
    def end_key(self, request: HttpRequest, obj: ApiKey, answer: dict[str, Any]) -> None:
        api_keys.end(key=obj, actor=actor_of(request), now=clock.now())
