"""That a person has seen a version: a record of its own, which allows nothing."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import VersionState
from consent.base.models.acknowledgements import Acknowledgement
from consent.base.models.notices import NoticeText
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people import selectors as people


def acknowledge(*, subject_ref: UUID, text: NoticeText, actor: Actor, now: datetime | None = None) -> Acknowledgement:
    """Keep that the person has seen a text; once a version, so a repeated press changes nothing.

    Never makes a consent event. Raises Refused for a text that is not published.
    """
    at = now or clock.now()
    if text.version.state != VersionState.PUBLISHED:
        raise Refused(_("This text is not published."), code="NOT_PUBLISHED")
    with transaction.atomic():
        seen, is_new = Acknowledgement.objects.get_or_create(
            subject_ref=subject_ref,
            version=text.version,
            defaults={"language": text.language, "text_sha256": text.sha256, "seen_at": at},
        )
        if is_new:
            record(
                AuditKind.CONSENT_ACKNOWLEDGEMENT_GIVEN,
                actor=actor,
                about=f"consent.notice:{text.version.notice.code}",
                facts={
                    "notice": text.version.notice.code,
                    "version": text.version.number,
                    "sha256": text.sha256,
                },
                subject_ref=subject_ref,
                at=at,
            )
    return seen


def has_seen(subject_ref: UUID, text: NoticeText) -> bool:
    """Whether the person has seen the version, under any reference of theirs."""
    return Acknowledgement.objects.filter(subject_ref__in=people.refs_of(subject_ref), version=text.version).exists()
