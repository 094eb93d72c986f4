"""A policy is looked at within the time of our rule (and of the law, where it asks): changed, or found to hold still."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import VersionState
from consent.base.models.notices import NoticeVersion
from consent.base.permissions import Permission
from consent.base.selectors.notices import in_force
from consent.notices.models.policy_notifications import NoticeReview
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law.choices import Regime
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadlines
from portal.kernel.outbox.services import write_to_staff

KIND = "notice_review"
OWNER = "consent.notice:"
PURPOSE = "account_service"


def owner_of(version: NoticeVersion) -> str:
    """The label of a notice's clocks."""
    return f"{OWNER}{version.notice.code}"


def begin(*, version: NoticeVersion, actor: Actor, at: datetime) -> None:
    """Start the time until the next review, in place of the one that ran, in the caller's transaction."""
    owner = owner_of(version)
    deadlines.stop(owner=owner, at=at, actor=actor, now=at)
    deadlines.start(
        owner=owner,
        subject_ref=None,
        rule_keys=None,
        kind=KIND,
        started_at=at,
        zone=str(clock.IST),
        regimes=(Regime.IN, Regime.US_CA),
        actor=actor,
        now=at,
    )


def record_review(*, version: NoticeVersion, actor: Actor, now: datetime | None = None) -> NoticeReview:
    """Keep that somebody looked at the text in force and found nothing to change; its time starts anew.

    In one transaction. Raises Refused for a version that is not in force: a draft or an old text is no promise.
    """
    at = now or clock.now()
    if why := not_in_force(version, at=at):
        raise Refused(why, code="NOT_IN_FORCE")
    with transaction.atomic():
        review = NoticeReview.objects.create(version=version, reviewed_by=actor.ref[:40], reviewed_at=at)
        field_changes.watch_created(review)
        record(
            AuditKind.NOTICES_POLICY_REVIEWED,
            actor=actor,
            about=owner_of(version),
            facts={"notice": version.notice.code, "version": version.number, "sha256": version.binding.sha256},
            at=at,
        )
        begin(version=version, actor=actor, at=at)
    return review


def not_in_force(version: NoticeVersion, *, at: datetime) -> str:
    """Why the version is not the text in force; empty when it is."""
    try:
        is_it = version.state == VersionState.PUBLISHED and in_force(version.notice, on=clock.day(at)).pk == version.pk
    except NotFound:
        is_it = False
    return "" if is_it else str(_("Only the text that is in force can be reviewed."))


def tell_staff(running: Clock, *, kind: str, about: str, now: datetime) -> int:
    """Tell everybody who may propose a text that its review is due, or late, once for each ``about``. Returns how many."""
    return write_to_staff(
        kind=kind,
        permission=Permission.NOTICE_PROPOSE,
        purpose=PURPOSE,
        about=f"{running.owner}/{about}",
        context={
            "notice": running.owner.removeprefix(OWNER),
            "rule": running.rule_key,
            "due": f"{running.due_at.astimezone(clock.IST):%d-%m-%Y}",
            "url": f"{settings.SITE_URL}/admin/consent/noticeversion/",
        },
        now=now,
    )
