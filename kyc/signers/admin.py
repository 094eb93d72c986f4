"""The staff's pages of signers' certificates: what is trusted, and changes that wait for a second person."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kyc.base.permissions import Act, Permission
from kyc.cases import labels
from kyc.signatures.child_reader import KINDS
from kyc.signers.models import SignerKey, SignerProposal
from kyc.signers.services import signer_proposals
from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.admin.proposals import not_answerable
from portal.kernel.people.forms import RefuseForm

#: A certificate has one or two kilobytes.
MOST_BYTES = 64 * 1024


class SignerForm(forms.Form):
    """A certificate to trust."""

    file = forms.FileField(
        label=_("Certificate"), help_text=_("The .cer or .pem file that the issuer publishes."), allow_empty_file=True
    )
    kinds = forms.MultipleChoiceField(
        label=_("Documents it may sign"),
        choices=[(kind, labels.SIGNED_KINDS[kind]) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
    )
    source = PlainWords(
        label=_("Where it is published"),
        help_text=_("The page of the issuer and the day you looked: the other person compares the fingerprint there."),
        max_length=300,
        widget=forms.TextInput,
    )


class EndForm(forms.Form):
    """Why a certificate should not be trusted any more."""

    source = PlainWords(
        label=_("Why, and where that was published"),
        help_text=_(
            "For example: withdrawn by the issuer, with the address of the notice. No names or numbers of people."
        ),
        max_length=300,
        widget=forms.TextInput,
    )


def _ended(obj: SignerKey, user: Any) -> str:
    return str(_("It is no longer trusted.")) if obj.ended_at is not None else ""


def _kinds(obj: Any) -> str:
    return ", ".join(str(labels.SIGNED_KINDS.get(kind, kind)) for kind in obj.kinds)


def _days_left(row: SignerKey) -> str:
    days = (row.valid_until - clock.now()).days
    return str(days) if days >= 0 else str(_("ended"))


@admin.register(SignerKey)
class SignerKeyAdmin(AuditedExport, ReadOnlyAdmin):
    """Certificates by their end. One that has ended stays: older documents are verified with it."""

    view_permission = Permission.SIGNER_VIEW
    export_resource = resource_of(
        SignerKey, "sha256 name kinds valid_from valid_until source is_confirmed added_at ended_at"
    )
    list_display = ("name", "may_sign", "valid_until", "days_left", "is_confirmed", "ended_at")
    list_display_links = ("name",)
    fields = (
        "name",
        "sha256",
        "may_sign",
        "valid_from",
        "valid_until",
        "source",
        "is_confirmed",
        "added_at",
        "ended_at",
    )
    readonly_fields = ("may_sign",)
    ordering = ("-valid_until",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("certificate")

    @admin.display(description=_("documents it may sign"))
    def may_sign(self, obj: SignerKey) -> str:
        return _kinds(obj)

    @admin.display(description=_("days left"))
    def days_left(self, obj: SignerKey) -> str:
        return _days_left(obj)

    @service_action(
        permission=Permission.SIGNER_PROPOSE, ask=EndForm, label=_("Propose to end it"), act=Act.SIGNER, skip=_ended
    )
    def propose_end(self, request: HttpRequest, obj: SignerKey, answer: dict[str, Any]) -> str:
        signer_proposals.propose_end(obj, source=answer["source"], actor=actor_of(request), now=clock.now())
        return str(_("Proposed. It is trusted until a second person agrees."))


@admin.register(SignerProposal)
class SignerProposalAdmin(AuditedExport, CreatingAdmin):
    """Proposals. The second person compares the fingerprint with what the issuer publishes."""

    view_permission = Permission.SIGNER_VIEW
    add_permission = Permission.SIGNER_PROPOSE
    export_resource = resource_of(
        SignerProposal,
        "id change sha256 name kinds source act made_by made_at checked_by checked_at shown_sha256 answer",
    )
    create_form = SignerForm
    create_title = _("Propose a signer's certificate")
    list_display = ("name", "change", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_filter = ("answer",)
    list_select_related = ("made_by", "checked_by")
    fields = (
        *("change", "name", "sha256", "may_sign", "source", "answer"),
        *("made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256"),
    )
    readonly_fields = ("may_sign",)

    @admin.display(description=_("documents it may sign"))
    def may_sign(self, obj: SignerProposal) -> str:
        return _kinds(obj)

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return signer_proposals.propose(
            data=entered["file"].read(MOST_BYTES),
            kinds=entered["kinds"],
            source=entered["source"],
            actor=actor_of(request),
            now=clock.now(),
        ).pk

    @service_action(
        permission=Permission.SIGNER_ANSWER,
        label=_("Approve"),
        skip=not_answerable,
        description=_("You have compared the fingerprint with the page of the issuer."),
    )
    def approve(self, request: HttpRequest, obj: SignerProposal, answer: dict[str, Any]) -> None:
        signer_proposals.answer(obj, approve=True, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.SIGNER_ANSWER, ask=RefuseForm, label=_("Refuse"), skip=not_answerable)
    def refuse(self, request: HttpRequest, obj: SignerProposal, answer: dict[str, Any]) -> None:
        signer_proposals.answer(
            obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )
