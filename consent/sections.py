"""What a person answered, for the bundle of their own data."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.models import Acknowledgement, ConsentEvent, GuardianAnswer, HeldConsent, Preference, StandingEnded


class ConsentSection:
    """Registered in ``hooks.sections``."""

    name = "consents"
    label = _("What you agreed to")

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per answer, the oldest first, then what was read and the wishes about messages."""
        refs = list(subject_refs)
        events = ConsentEvent.objects.filter(subject_ref__in=refs).select_related(
            "receipt", "entry", "fiduciary", "notice_version__notice"
        )
        seen = Acknowledgement.objects.filter(subject_ref__in=refs).select_related("version__notice")
        wishes = Preference.objects.filter(subject_ref__in=refs)
        held = HeldConsent.objects.filter(subject_ref__in=refs).order_by("held_at")
        guardians = GuardianAnswer.objects.filter(subject_ref__in=refs).select_related("receipt").order_by("shown_at")
        ends = StandingEnded.objects.filter(subject_ref__in=refs).select_related("receipt").order_by("ended_at")
        return [
            *(_answer(event) for event in events.order_by("occurred_at", "pk")),
            *({"read": str(one.version), "at": one.seen_at.isoformat()} for one in seen.order_by("seen_at")),
            *({"waits_for_guardian": row.purpose, "state": row.get_state_display()} for row in held),
            *(_guardian(row) for row in guardians),
            *({"guardian_ended_by": row.get_by_display(), "at": row.ended_at.isoformat()} for row in ends),
            *(_wishes(row) for row in wishes),
        ]


def _answer(event: ConsentEvent) -> dict[str, Any]:
    return {
        "receipt": event.receipt.reference,
        "on_behalf_of": event.fiduciary.name,
        "purpose": event.purpose,
        "channel": event.get_channel_display(),
        "answer": event.get_answer_display(),
        "how": event.get_way_display(),
        "notice": str(event.notice_version) if event.notice_version else None,
        "notice_sha256": event.notice_sha256 or None,
        "at": event.occurred_at.isoformat(),
        "recorded_at": event.recorded_at.isoformat(),
        "ends_at": event.expires_at.isoformat() if event.expires_at else None,
        "ledger_entry": str(event.entry.event_id),
    }


def _guardian(row: GuardianAnswer) -> dict[str, Any]:
    return {
        "receipt": row.receipt.reference,
        "answered_by": row.get_relation_display(),
        "identity_shown_by": row.get_identity_shown_display(),
        "age_shown_by": row.get_age_shown_display(),
        "appointed_by": row.get_appointed_by_display() or None,
    }


def _wishes(row: Preference) -> dict[str, Any]:
    return {
        "quiet_from": row.quiet_from.isoformat() if row.quiet_from else None,
        "quiet_until": row.quiet_until.isoformat() if row.quiet_until else None,
        "paused_until": row.paused_until.isoformat() if row.paused_until else None,
        "pace": row.get_pace_display(),
        "language": row.language,
        "blocked_categories": row.blocked_categories.split(),
        "blocked_modes": row.blocked_modes.split(),
        "blocked_hours": row.blocked_bands.split(),
        "blocked_days": row.blocked_days.split(),
        "changed_at": row.changed_at.isoformat(),
    }
