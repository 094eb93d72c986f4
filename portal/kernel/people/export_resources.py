"""What of this room leaves in an export: references, codes and dates; people as the numbers that evidence names."""

from portal.kernel.core import addresses
from portal.kernel.jobs.audited_export import AuditedResource
from portal.kernel.people.models import Customer, FourEyesRule, MfaReset, RoleGrant, RoleProposal, SignIn, User


class CustomerResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = Customer
        fields = ("reference", "kind", "state", "created_at", "closed_at")
        export_order = fields


class StaffResource(AuditedResource):
    masks = {"email": lambda text: addresses.mask(addresses.EMAIL, text)}

    class Meta(AuditedResource.Meta):
        model = User
        fields = ("id", "email", "is_active", "created_at", "deactivated_at")
        export_order = fields


class SignInResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = SignIn
        fields = ("id", "user", "outcome", "at")
        export_order = fields


class FourEyesRuleResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = FourEyesRule
        fields = ("act", "maker_role__code", "checker_role__code")
        export_order = fields


class RoleGrantResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = RoleGrant
        fields = ("id", "user", "role__code", "starts_at", "ends_at", "granted_at", "data_from", "data_to", "areas")
        export_order = fields


class RoleProposalResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = RoleProposal
        fields = (
            *("id", "change", "user", "role__code", "starts_at", "ends_at", "data_from", "data_to", "areas", "answer"),
            *("made_by", "made_at", "checked_by", "checked_at", "shown_sha256"),
        )
        export_order = fields


class MfaResetResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = MfaReset
        fields = ("id", "user", "answer", "made_by", "made_at", "checked_by", "checked_at", "shown_sha256")
        export_order = fields
