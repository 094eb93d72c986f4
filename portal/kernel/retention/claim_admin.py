"""Pages of named legal claims: proposed, decided, ended sooner."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import StaffModelAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import selectors as law
from portal.kernel.people import labels as people_labels
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.retention import labels, selectors
from portal.kernel.retention.forms import ClaimEndForm, LegalClaimForm
from portal.kernel.retention.models import LegalClaim, RetentionRule
from portal.kernel.retention.permissions import Act, Permission
from portal.kernel.retention.services import claims


def _not_in_force(claim: LegalClaim, user: Any) -> str:
    in_force = LegalClaim.decided().filter(pk=claim.pk, last_day__gte=clock.day(clock.now())).exists()
    return "" if in_force else str(_("This claim is not in force."))


@admin.register(LegalClaim)
class LegalClaimAdmin(AuditedExport, StaffModelAdmin):
    """What named disputes need, until when: one person proposes, another decides."""

    export_resource = resource_of(
        LegalClaim,
        "id subject_ref dispute disputed_on rule_key records retention_classes last_day replaces act made_by made_at "
        "checked_by checked_at shown_sha256 answer",
    )
    form = LegalClaimForm
    view_permission = Permission.HOLD_VIEW
    add_permission = Permission.HOLD_PLACE
    proposes = Act.CLAIM_DECIDE
    list_display = ("dispute", "disputed_on", "limitation_period", "last_day", "answer", "made_at")
    list_filter = ("answer",)
    search_fields = ("dispute",)

    def get_fields(self, request: HttpRequest, obj: LegalClaim | None = None) -> tuple[str, ...]:
        asked = LegalClaimForm.Meta.fields
        if obj is None:
            return asked
        read = {
            "subject_ref": "person",
            "rule_key": "limitation_period",
            "records": "named_records",
            "retention_classes": "named_kinds",
        }
        return (*(read.get(name, name) for name in asked), "replaces", *PROPOSAL)

    @admin.display(description=_("person"))
    def person(self, obj: LegalClaim) -> str:
        """As their record is headed; its opaque reference is what both people are bound to."""
        return f"{people_labels.subject_name(obj.subject_ref)} ({obj.subject_ref})"

    @admin.display(description=_("limitation period"), ordering="rule_key")
    def limitation_period(self, obj: LegalClaim) -> str:
        """The law that limits the claim, named as in the form."""
        legal = law.rules_in_force([obj.rule_key], on=clock.day(obj.made_at)).get(obj.rule_key)
        return selectors.citation(legal) if legal is not None else obj.rule_key

    @admin.display(description=_("records"))
    def named_records(self, obj: LegalClaim) -> str:
        """One a line: what it is, with its reference."""
        return "\n".join(labels.record_name(label) for label in obj.records) or "-"

    @admin.display(description=_("kinds of data"))
    def named_kinds(self, obj: LegalClaim) -> str:
        """One a line, by the name of its newest retention rule."""
        rules = RetentionRule.objects.filter(retention_class__in=obj.retention_classes).order_by("version")
        names = labels.kinds_of(rules.values_list("retention_class", "name"))
        return "\n".join(name for _code, name in names) or "-"

    def save_model(self, request: HttpRequest, obj: LegalClaim, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        """Adding is proposing."""
        made = claims.propose(**form.cleaned_data, actor=actor_of(request), now=clock.now())
        obj.pk = made.pk

    @service_action(permission=Permission.HOLD_RELEASE, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_claim(self, request: HttpRequest, obj: LegalClaim, answer: dict[str, Any]) -> str:
        return answered(claims.answer, answer, claim=obj, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.HOLD_PLACE,
        ask=ClaimEndForm,
        label=_("Propose an earlier end"),
        act=Act.CLAIM_DECIDE,
        skip=_not_in_force,
    )
    def propose_end(self, request: HttpRequest, obj: LegalClaim, answer: dict[str, Any]) -> str:
        claims.propose_end(claim=obj, **answer, actor=actor_of(request), now=clock.now())
        return str(_("Proposed. It counts once a second person agrees."))
