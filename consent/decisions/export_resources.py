"""What of the consent rooms leaves in a list: references, codes, hashes and times."""

from consent.decisions.models.contact_decisions import AnswerSet, GivenAnswer
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from portal.kernel.jobs.audited_export import AuditedResource


class AnswerSetResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = AnswerSet
        fields = (
            "reference",
            "answered_as",
            "fiduciary__code",
            "purpose",
            "channel",
            "header",
            "template",
            "asked_by",
            "for_time",
            "answered_at",
            "total",
            "allowed",
            "invalid",
            "asked_sha256",
            "answers_sha256",
            "entry__event_id",
        )
        export_order = fields


class GivenAnswerResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = GivenAnswer
        fields = (
            "id",
            "fiduciary__code",
            "asked_by",
            "purpose",
            "channel",
            "header",
            "template",
            "address_key",
            "allowed",
            "reason",
            "entry_ref",
            "for_time",
            "answered_at",
        )
        export_order = fields


class ConsentEventResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = ConsentEvent
        fields = (
            "id",
            "receipt__reference",
            "entry__event_id",
            "subject_ref",
            "fiduciary__code",
            "purpose",
            "channel",
            "sender",
            "answer",
            "way",
            "notice_version__notice__code",
            "notice_version__number",
            "notice_language",
            "notice_sha256",
            "address_verified",
            "occurred_at",
            "recorded_at",
            "expires_at",
            "previous__entry__event_id",
        )
        export_order = fields


class ConsentStateResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = ConsentState
        fields = (
            "subject_ref",
            "fiduciary__code",
            "purpose",
            "channel",
            "answer",
            "verified",
            "expires_at",
            "occurred_at",
            "entry_ref",
        )
        export_order = fields


class SuppressionResource(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = Suppression
        fields = (
            "id",
            "receipt__reference",
            "entry__event_id",
            "fiduciary__code",
            "address_kind",
            "purpose",
            "channel",
            "header",
            "way",
            "suppressed_at",
            "recorded_at",
        )
        export_order = fields
