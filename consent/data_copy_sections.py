"""What a person answered and was asked, for the bundle of their own data."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.models.acknowledgements import Acknowledgement
from consent.collection.models.consent_managers import ManagerLink
from consent.collection.models.inbound_replies import InboundMessage
from consent.notices.models.notifications import LateNotice
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import GuardianAnswer, HeldConsent, StandingEnded
from consent.records.models.preferences import Preference, PreferenceChange
from consent.records.models.prompts import Meeting, OptInRequest
from consent.records.models.suppressions import Suppression
from consent.records.services.addresses import contacts_of
from portal.kernel.core.addresses import address_keys
from portal.kernel.law.choices import Channel
from portal.kernel.law.labels import PurposeNames
from portal.kernel.people.models import ContactPoint


class ConsentSection:
    """Registered in ``ports.sections``."""

    name = "consents"
    label = _("What you agreed to")
    covers = (
        "consent.Acknowledgement",
        "consent.ConsentEvent",
        "consent.ConsentReceipt",
        "consent.GuardianAnswer",
        "consent.HeldConsent",
        "consent.InboundMessage",
        "consent.LateNotice",
        "consent.ManagerLink",
        "consent.Meeting",
        "consent.OptInRequest",
        "consent.Preference",
        "consent.PreferenceChange",
        "consent.StandingEnded",
        "consent.Suppression",
    )

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per answer, the oldest first, then what was read, asked and told, who acts, and the wishes."""
        refs = list(subject_refs)
        events = ConsentEvent.objects.filter(subject_ref__in=refs).select_related(
            "receipt", "entry", "fiduciary", "notice_version__notice"
        )
        seen = Acknowledgement.objects.filter(subject_ref__in=refs).select_related("version__notice")
        wishes = list(Preference.objects.filter(subject_ref__in=refs))
        present = [row.changed_at for row in wishes]
        earlier = PreferenceChange.objects.filter(subject_ref__in=refs).exclude(changed_at__in=present).order_by("pk")
        held = HeldConsent.objects.filter(subject_ref__in=refs).order_by("held_at")
        guardians = GuardianAnswer.objects.filter(subject_ref__in=refs).select_related("receipt").order_by("shown_at")
        ends = StandingEnded.objects.filter(subject_ref__in=refs).select_related("receipt").order_by("ended_at")
        return [
            *_answers(events.order_by("occurred_at", "pk")),
            *({"read": str(one.version), "at": one.seen_at.isoformat()} for one in seen.order_by("seen_at")),
            *({"waits_for_guardian": row.purpose, "state": row.get_state_display()} for row in held),
            *(_guardian(row) for row in guardians),
            *({"guardian_ended_by": row.get_by_display(), "at": row.ended_at.isoformat()} for row in ends),
            *_for_others(refs),
            *_asked(refs),
            *_said_at_numbers(refs),
            *(_manager(row) for row in _links(refs)),
            *({"earlier_wishes": _wishes(row)} for row in earlier),
            *(_wishes(row) for row in wishes),
        ]


def _for_others(refs: Collection[UUID]) -> list[dict[str, Any]]:
    """Where the person answered in another's place: never for whom."""
    given = GuardianAnswer.objects.filter(guardian_ref__in=refs).order_by("shown_at", "pk")
    ends = StandingEnded.objects.filter(guardian_ref__in=refs).order_by("ended_at", "pk")
    return [
        *({"you_answered_for_another": _guardian(row), "at": row.shown_at.isoformat()} for row in given),
        *({"you_answer_no_more_for_another": row.get_by_display(), "at": row.ended_at.isoformat()} for row in ends),
    ]


def _asked(refs: Collection[UUID]) -> list[dict[str, Any]]:
    """What the person was asked and told without having answered, and the first of two steps to a yes after a no."""
    name = PurposeNames()
    put = Meeting.objects.filter(subject_ref__in=refs).select_related("notice_version__notice")
    late = LateNotice.objects.filter(subject_ref__in=refs).select_related("notice_version__notice")
    again = OptInRequest.objects.filter(subject_ref__in=refs).select_related("fiduciary").order_by("requested_at", "pk")
    return [
        *(
            {
                "question_put": name(row.purpose),
                "notice": str(row.notice_version),
                "notice_sha256": row.text_sha256,
                "at": row.met_at.isoformat(),
            }
            for row in put.order_by("met_at", "pk")
        ),
        *(
            {
                "notice_given_afterwards": name(row.purpose),
                "notice": str(row.notice_version),
                "notice_sha256": row.text_sha256,
                "because_of": row.rule,
                "at": row.given_at.isoformat(),
            }
            for row in late.order_by("given_at", "pk")
        ),
        *(
            {
                "asked_to_be_asked_again": [_in_words(value, name) for value in row.asked],
                "on_behalf_of": row.fiduciary.name,
                "at": row.requested_at.isoformat(),
            }
            for row in again
        ),
    ]


def _in_words(value: str, name: PurposeNames) -> str:
    """A purpose and its channel, which an opt-in request keeps as "purpose:channel"."""
    purpose, _colon, channel = value.partition(":")
    return name(purpose) if channel == Channel.NONE else f"{name(purpose)}, {Channel(channel).label}"


def _said_at_numbers(refs: Collection[UUID]) -> list[dict[str, Any]]:
    """Messages from the person's numbers and the stops there. From a number that others hold too only what has their receipt.

    Of a number only the keyed hash is kept, so nothing else says who wrote. What came before the person had it is not theirs.
    """
    since, name = _own_since(refs), PurposeNames()
    whose = Q(receipt__subject_ref__in=refs) | Q(address_key__in=list(since))
    written = InboundMessage.objects.filter(whose).select_related("receipt", "fiduciary").order_by("said_at", "pk")
    stops = Suppression.objects.filter(whose).select_related("receipt", "fiduciary", "lift")
    return [
        *(
            {
                "message_from_you": row.get_channel_display(),
                "to": row.fiduciary.name,
                "what_followed": row.get_effect_display(),
                "word": row.keyword or None,
                "receipt": row.receipt.reference if row.receipt else None,
                "grievance": row.grievance or None,
                "at": row.said_at.isoformat(),
            }
            for row in written
            if _is_theirs(row, row.said_at, refs, since)
        ),
        *(
            {
                "promotion_stopped_on": row.get_channel_display() or _("all channels"),
                "on_behalf_of": row.fiduciary.name,
                "purpose": name(row.purpose) if row.purpose else None,
                "how": row.get_way_display(),
                "receipt": row.receipt.reference,
                "at": row.suppressed_at.isoformat(),
                "taken_back_at": row.lift.lifted_at.isoformat() if hasattr(row, "lift") else None,
            }
            for row in stops.order_by("suppressed_at", "pk")
            if _is_theirs(row, row.suppressed_at, refs, since)
        ),
    ]


def _is_theirs(
    row: InboundMessage | Suppression, at: datetime, refs: Collection[UUID], since: Mapping[bytes, datetime]
) -> bool:
    if row.receipt is not None and row.receipt.subject_ref in refs:
        return True
    held_since = since.get(bytes(row.address_key))
    return held_since is not None and held_since <= at


def _own_since(refs: Collection[UUID]) -> dict[bytes, datetime]:
    """Each lookup hash of the confirmed addresses that nobody else holds, and since when the person alone was known to.

    Anybody may name a number; only who has confirmed it learns what was written from there, and nothing of the time in which
    somebody else held it too.
    """
    own = [(row.verified_at, address_keys(row.address)) for row in contacts_of(refs) if row.verified_at is not None]
    every = [key for _at, keys in own for key in keys]
    others = ContactPoint.objects.filter(address_key__in=every).exclude(principal__subject__ref__in=refs)
    left = [(bytes(key), left_at) for key, left_at in others.values_list("address_key", "left_at")]
    shared = {key for key, left_at in left if left_at is None}
    since: dict[bytes, datetime] = {}
    for verified_at, keys in own:
        if shared.isdisjoint(keys):
            ends = [left_at for key, left_at in left if left_at is not None and key in keys]
            since |= dict.fromkeys(keys, max([verified_at, *ends]))
    return since


def _links(refs: Collection[UUID]) -> Iterable[ManagerLink]:
    return (
        ManagerLink.objects.filter(subject_ref__in=refs).select_related("manager__fiduciary").order_by("asked_at", "pk")
    )


def _manager(row: ManagerLink) -> dict[str, Any]:
    return {
        "consent_manager": row.manager.name,
        "on_behalf_of": row.manager.fiduciary.name,
        "code_made_at": row.asked_at.isoformat(),
        "acts_since": row.linked_at.isoformat() if row.linked_at else None,
        "until": row.ended_at.isoformat() if row.ended_at else None,
    }


def _answers(events: Iterable[ConsentEvent]) -> Iterator[dict[str, Any]]:
    """Each with its codes in words, which are looked up once: for a thousand answers Django would hash all choices thrice each."""
    channels, answers, ways = (
        {str(value): str(word) for value, word in choices} for choices in (Channel.choices, Answer.choices, Way.choices)
    )
    for event in events:
        yield _answer(event, channels[event.channel], answers[event.answer], ways[event.way])


def _answer(event: ConsentEvent, channel: str, answer: str, way: str) -> dict[str, Any]:
    return {
        "receipt": event.receipt.reference,
        "on_behalf_of": event.fiduciary.name,
        "purpose": event.purpose,
        "channel": f"{channel} ({event.sender})" if event.sender else channel,
        "answer": answer,
        "how": way,
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


def _wishes(row: Preference | PreferenceChange) -> dict[str, Any]:
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
