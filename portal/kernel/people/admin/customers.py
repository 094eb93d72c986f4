"""Customers and persons: masked everywhere, opened with a purpose, revealed with a reason."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, RowsBeside, service_action
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.jobs.import_button import Imported
from portal.kernel.people import name_columns, selectors
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.admin.search import FoundByAddress
from portal.kernel.people.choices import CustomerKind, CustomerState
from portal.kernel.people.export_resources import CustomerResource
from portal.kernel.people.forms import (
    ClientForm,
    CustomerForm,
    InsolvencyForm,
    InviteMemberForm,
    MergeForm,
    ProtectionForm,
    ReassignForm,
    RenameForm,
    RevealForm,
)
from portal.kernel.people.labels import insolvency_line
from portal.kernel.people.models import ContactPoint, Customer, Fiduciary, Invitation, Membership, Principal, User
from portal.kernel.people.permissions import Act, Permission
from portal.kernel.people.services import (
    customers,
    devices,
    fiduciaries,
    freezes,
    guardianships,
    insolvency,
    invitations,
    person_merge,
    reveals,
)

T = TypeVar("T")


def _refused(require: Callable[[T], None], asked: T) -> str:
    """Why one person alone does not end this: it belongs to the freeze of a child, as the service would say."""
    try:
        require(asked)
    except Refused as refusal:
        return str(refusal)
    return ""


def _not_to_open(customer: Customer, user: Any) -> str:
    if customer.state != CustomerState.CLOSED:
        return str(_("It is open."))
    return customers.held_by_order(customer) or _refused(freezes.require_may_open, customer)


def _not_to_close(customer: Customer, user: Any) -> str:
    return customers.held_by_order(customer) if customer.state == CustomerState.ACTIVE else str(_("It is closed."))


class MembershipInline(RowsBeside):
    model = Membership
    fields = ("customer", "principal", "role", "joined_at", "ended_at")


class ContactInline(RowsBeside):
    model = ContactPoint
    fields = ("kind", "masked_address", "verified_at", "left_at")
    readonly_fields = ("masked_address",)

    @admin.display(description=_("Address"))
    def masked_address(self, obj: ContactPoint) -> str:
        return obj.masked


@admin.register(Customer)
class CustomerAdmin(FoundByAddress, Imported, AuditedExport, OpenedWithPurpose, CreatingAdmin):
    view_permission = Permission.CUSTOMER_VIEW
    add_permission = Permission.CUSTOMER_CREATE
    export_permission = Permission.CUSTOMER_EXPORT
    export_resource = CustomerResource
    create_form = CustomerForm
    create_title = _("Add a customer")
    list_display = (
        name_columns.ACCOUNT,
        *("kind", "state"),
        name_columns.MEMBERS,
        *("created_at", "reference"),
    )
    list_display_links = (name_columns.ACCOUNT,)
    list_filter = ("kind", "state", "created_at")
    fields = ("reference", "kind", "name", "state", "insolvency", "created_at", "subject")
    readonly_fields = ("insolvency",)
    inlines = (MembershipInline,)
    search_fields = ("reference",)
    found_field = "reference"
    linked_lookups = ("reference__in",)
    search_help_text = _("A reference, or the whole email address or phone number of one of its people.")
    ordering = ("-pk",)  # newest first, by the key: a million rows are not sorted for a page

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.subject.ref

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        """The list does not decrypt names."""
        rows = super().get_queryset(request).select_related("subject")
        resolved = request.resolver_match
        is_list = resolved is not None and str(resolved.url_name).endswith("_changelist")
        return rows.defer("name") if is_list else rows

    def rows_of(self, people: set[int]) -> QuerySet[Customer]:
        return Customer.objects.filter(
            pk__in=Membership.objects.filter(principal__in=people, ended_at=None).values("customer")
        )

    def with_reference(self, queryset: QuerySet[Customer], reference: str) -> QuerySet[Customer]:
        return queryset.filter(reference=reference)

    def create(self, request: HttpRequest, answer: dict[str, Any]) -> int | None:
        customer = customers.create_and_invite(
            kind=answer["kind"],
            name=answer["name"],
            owner_email=answer["owner_email"],
            language=answer["language"] or "en",
            actor=actor_of(request),
            now=clock.now(),
        )
        return customer.pk

    @service_action(
        permission=Permission.CUSTOMER_INVITE,
        ask=InviteMemberForm,
        label=_("Invite a person"),
        skip=lambda obj, user: customers.held_by_order(obj),
    )
    def invite(self, request: HttpRequest, obj: Customer, answer: dict[str, Any]) -> str:
        customers.invite(
            customer=obj,
            address=answer["email"],
            role=answer["role"],
            language=answer["language"],
            actor=actor_of(request),
        )
        return str(_("The invitation is on its way."))

    @service_action(permission=Permission.CUSTOMER_CHANGE, ask=RenameForm, label=_("Correct the name"))
    def rename(self, request: HttpRequest, obj: Customer, answer: dict[str, Any]) -> None:
        customers.rename(customer=obj, name=answer["name"], actor=actor_of(request))

    @service_action(
        permission=Permission.CUSTOMER_INSOLVENCY,
        ask=InsolvencyForm,
        label=_("Propose a step of its insolvency"),
        act=Act.CUSTOMER_INSOLVENCY,
        description=_(
            "A second person has to agree. Then the professional whom the order names acts for it, and nothing "
            "promotional "
            "goes to its people. What a law keeps is kept on."
        ),
        skip=lambda obj, user: (
            "" if obj.kind == CustomerKind.ORGANISATION else str(_("Only an organisation can be insolvent."))
        ),
    )
    def propose_insolvency(self, request: HttpRequest, obj: Customer, answer: dict[str, Any]) -> str:
        insolvency.propose(
            customer=obj,
            paper_sha256=answer.pop("paper"),
            **answer,
            actor=actor_of(request),
            now=clock.now(),
        )
        return str(_("Proposed: a second person has to agree."))

    @admin.display(description=_("insolvency"))
    def insolvency(self, obj: Customer) -> str:
        """Who acts for it instead, since which order."""
        return insolvency_line(obj) or "–"

    @service_action(
        permission=Permission.CUSTOMER_CHANGE,
        label=_("Close the account"),
        skip=_not_to_close,
    )
    def close(self, request: HttpRequest, obj: Customer, answer: dict[str, Any]) -> None:
        customers.close(customer=obj, actor=actor_of(request))

    @service_action(
        permission=Permission.CUSTOMER_CHANGE,
        label=_("Open the account again"),
        skip=_not_to_open,
    )
    def reopen(self, request: HttpRequest, obj: Customer, answer: dict[str, Any]) -> None:
        customers.reopen(customer=obj, actor=actor_of(request))


def _no_login(obj: Principal, user: Any) -> str:
    return "" if User.objects.filter(principal=obj).exists() else str(_("This person has no login."))


def _answers_alone(principal: Principal, user: Any) -> str:
    if selectors.protection_of(principal.subject.ref, at=clock.now()) is None:
        return str(_("No one else decides for this person."))
    return _refused(freezes.require_not_frozen, principal.subject.ref)


@admin.register(Principal)
class PrincipalAdmin(FoundByAddress, AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    export_resource = resource_of(Principal, "id subject language created_at")
    view_permission = Permission.CUSTOMER_VIEW
    list_display = (
        *(name_columns.PERSON, name_columns.CONTACT, name_columns.COMPANY),
        *("language", "created_at", "number"),
    )
    list_display_links = (name_columns.PERSON,)
    fields = ("full_name", "language", "zone", "created_at", "subject")
    inlines = (ContactInline, MembershipInline)
    search_fields = ("pk",)
    found_field = "id"
    linked_lookups = ("id__in",)
    search_help_text = _("A customer's reference, or the person's whole email address or phone number.")
    ordering = ("-pk",)  # newest first, by the key: a million rows are not sorted for a page

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.subject.ref

    def get_queryset(self, request: HttpRequest) -> QuerySet[Principal]:
        rows = super().get_queryset(request).select_related("subject")
        resolved = request.resolver_match
        is_list = resolved is not None and str(resolved.url_name).endswith("_changelist")
        return rows.defer("full_name") if is_list else rows

    @admin.display(description=_("no."), ordering="pk")
    def number(self, obj: Principal) -> int:
        return obj.pk

    def rows_of(self, people: set[int]) -> QuerySet[Principal]:
        return Principal.objects.filter(pk__in=people)

    def with_reference(self, queryset: QuerySet[Principal], reference: str) -> QuerySet[Principal]:
        return queryset.filter(memberships__customer__reference=reference)

    @service_action(permission=Permission.CUSTOMER_REVEAL, ask=RevealForm, label=_("Show the addresses"))
    def reveal_addresses(self, request: HttpRequest, obj: Principal, answer: dict[str, Any]) -> str:
        shown = reveals.addresses_of(
            principal=obj,
            reason=answer["reason"],
            ticket=answer["ticket"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return ", ".join(shown) or str(_("There is no address."))

    @service_action(permission=Permission.CUSTOMER_UNLOCK, label=_("Unlock the sign-in"), skip=_no_login)
    def unlock(self, request: HttpRequest, obj: Principal, answer: dict[str, Any]) -> None:
        devices.unlock(
            user=User.objects.get(principal=obj),
            actor=actor_of(request),
            now=clock.now(),
        )

    @service_action(
        permission=Permission.PROTECTION_NOTE,
        ask=ProtectionForm,
        label=_("Someone else decides for this person"),
        description=_(
            "A child, or a person with a lawful guardian: from now on their own consent waits for the guardian."
        ),
    )
    def protect(self, request: HttpRequest, obj: Principal, answer: dict[str, Any]) -> None:
        guardianships.protect(
            subject_ref=obj.subject.ref,
            **answer,
            actor=actor_of(request),
            now=clock.now(),
        )

    @service_action(
        permission=Permission.PRINCIPAL_MERGE,
        ask=MergeForm,
        label=_("Propose that another record is the same person"),
        act=Act.PRINCIPAL_MERGE,
        description=_("Both records and their histories stay. A second person has to agree."),
    )
    def propose_merge(self, request: HttpRequest, obj: Principal, answer: dict[str, Any]) -> None:
        person_merge.propose(
            old=answer["other"],
            new=obj,
            why=answer["why"],
            actor=actor_of(request),
            now=clock.now(),
        )

    @service_action(
        permission=Permission.PRINCIPAL_MERGE,
        ask=ReassignForm,
        label=_("Reassign contact detail"),
    )
    def reassign_address(self, request: HttpRequest, obj: Principal, answer: dict[str, Any]) -> str:
        kind, address = answer["address"]
        count = person_merge.reassign(
            holder=obj,
            kind=kind,
            address=address,
            why=answer["why"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return str(_("It has left so many people: {count}")).format(count=count)

    @service_action(
        permission=Permission.PROTECTION_NOTE, label=_("The person decides alone again"), skip=_answers_alone
    )
    def unprotect(self, request: HttpRequest, obj: Principal, answer: dict[str, Any]) -> None:
        guardianships.end_all(
            subject_ref=obj.subject.ref,
            actor=actor_of(request),
            now=clock.now(),
        )


def _not_to_cancel(invitation: Invitation, user: Any) -> str:
    if invitation.accepted_at or invitation.cancelled_at:
        return str(_("It is no longer open."))
    return str(invitations.OF_AN_ORDER) if invitations.is_of_an_order(invitation) else ""


@admin.register(Invitation)
class InvitationAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        Invitation, "id kind customer role invited_by invited_at expires_at sent_at accepted_at cancelled_at"
    )
    view_permission = Permission.CUSTOMER_VIEW
    list_display = (
        "kind",
        "customer",
        "invited_by",
        "invited_at",
        "expires_at",
        "sent_at",
        "accepted_at",
        "cancelled_at",
    )
    list_filter = ("kind", "invited_at")
    list_select_related = ("customer", "invited_by")
    fields = (
        "kind",
        "customer",
        "role",
        "language",
        "invited_by",
        "invited_at",
        "expires_at",
        "sent_at",
        "accepted_at",
    )
    ordering = ("-invited_at",)

    @service_action(
        permission=Permission.CUSTOMER_INVITE,
        label=_("Cancel the invitation"),
        skip=_not_to_cancel,
    )
    def cancel(self, request: HttpRequest, obj: Invitation, answer: dict[str, Any]) -> None:
        invitations.cancel(invitation=obj, actor=actor_of(request), now=clock.now())


@admin.register(Fiduciary)
class FiduciaryAdmin(AuditedExport, CreatingAdmin):
    export_resource = resource_of(Fiduciary, "code name is_self created_at")
    view_permission = Permission.FIDUCIARY_VIEW
    add_permission = Permission.FIDUCIARY_CREATE
    create_form = ClientForm
    create_title = _("Add a client")
    list_display = ("code", "name", "is_self", "created_at")
    search_fields = ("code", "name")
    fields = ("code", "name", "is_self", "created_at")

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return fiduciaries.add_client(**entered, actor=actor_of(request), now=clock.now()).pk
