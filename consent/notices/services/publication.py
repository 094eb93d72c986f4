"""Publishing a text, and letting a defect stand: each by two people who saw the same."""

from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import VERSION_MOVES, AnnouncementKind, NoticeKind, VersionState, Weight
from consent.base.models.notices import Notice, NoticeText, NoticeVersion, PolicyDefect
from consent.base.permissions import Act
from consent.base.selectors.notices import before, clauses_of, open_defects, published
from consent.notices.models.publication import DefectOverride, PublicationProposal
from consent.notices.rules import text_diff
from consent.notices.services import draft_checks, effective_dates, policy_notifications, policy_reviews
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.services import purposes
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.services import append
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker


def shown(version: NoticeVersion, weight: str) -> dict[str, Any]:
    """What both people see and are bound to: every text by its hash, the day, the overridden defects, what it is compared
    with and how many changes that shows, and what kind of change they call it.
    """
    overrides = DefectOverride.objects.filter(
        defect__version=version, defect__mended=None, answer=Answer.APPROVED
    ).order_by("defect_id")
    old = before(version)
    compared_now = compared(version)
    return {
        "notice": version.notice.code,
        "version": version.number,
        "effective_on": version.effective_on.isoformat(),
        "purposes": list(version.purposes),
        "what_changed": version.what_changed,
        "summaries": dict(sorted(version.summaries.items())),
        "texts": {text.language: text.sha256 for text in version.texts.order_by("language")},
        "overridden": [f"{override.defect.code} {override.defect.clause}" for override in overrides],
        "compared_with": None if old is None else {"version": old.number, "sha256": old.binding.sha256},
        "changes": text_diff.changes(compared_now),
        "dropped": text_diff.dropped(compared_now),
        "weight": str(weight),
    }


def compared(version: NoticeVersion, old: NoticeVersion | None = None) -> list[text_diff.ClauseDifference]:
    """The binding text word by word against ``old``, or the version it follows; empty where it follows none."""
    earlier = old or before(version)
    if earlier is None:
        return []
    return text_diff.compare(clauses_of(earlier.binding), clauses_of(version.binding))


def propose(
    *, version: NoticeVersion, actor: Actor, weight: Weight | str = "", now: datetime | None = None
) -> PublicationProposal:
    """Propose to publish a draft as it stands. Nothing changes until another person approves.

    ``weight`` says what kind of change it is, material where nothing is said; a first version is a first version.
    Raises Refused while a defect is open, for a version that is no draft, has no English text or is proposed already, and
    as ``effective_dates.refuse_unfit`` for its day; NotAllowed when the actor's role may not propose.
    """
    at = now or clock.now()
    maker = maker_checker.person_of(actor)
    maker_checker.require_maker(maker, Act.NOTICE_PUBLISH, now=at)
    kind = Weight(weight or Weight.MATERIAL) if published(version.notice).exists() else Weight.FIRST
    _refuse_unready(version, weight=kind, proposed_at=at, at=at)
    with transaction.atomic():
        if version.proposals.filter(answer=Answer.PENDING).exists():
            raise Refused(
                _(
                    "This version is proposed already. Another person has to decide; if the text has changed "
                    "since, they reject it first."
                ),
                code="PENDING",
            )
        proposal = maker_checker.propose(
            PublicationProposal,
            act=Act.NOTICE_PUBLISH,
            maker=maker,
            shown=shown(version, kind),
            now=at,
            version=version,
            weight=kind,
        )
        _note(AuditKind.NOTICES_VERSION_PROPOSED, version, actor, at, proposal=proposal)
    return proposal


def answer(
    *, proposal: PublicationProposal, approve: bool, reason: str = "", actor: Actor, now: datetime | None = None
) -> None:
    """Answer a proposal as another person; approving publishes, in the same transaction.

    A published text is a ledger entry in each of its languages, and its purposes may be asked for from its first day.
    A policy's review starts anew, and a job tells everybody of a changed one. Other drafts are weighed against it.
    The notice is locked first, so that a second draft of it is weighed against this one and not against the text before;
    then the draft: an edit at the same moment comes before, and is then refused, or not at all.
    Raises as ``maker_checker.answer``, and Refused when a defect is open, or the day has passed or come too near.
    """
    at = now or clock.now()
    checker = maker_checker.person_of(actor)
    with transaction.atomic():
        Notice.objects.select_for_update(of=("self",)).get(versions=proposal.version_id)
        version = (
            NoticeVersion.objects.select_for_update(of=("self",)).select_related("notice").get(pk=proposal.version_id)
        )
        maker_checker.answer(
            proposal,
            checker=checker,
            approve=approve,
            shown=shown(version, proposal.weight),
            reason=reason,
            now=at,
        )
        _note(AuditKind.NOTICES_VERSION_ANSWERED, version, actor, at, proposal=proposal)
        if approve:
            _refuse_unready(version, weight=proposal.weight, proposed_at=proposal.made_at, at=at)
            _publish(version, weight=proposal.weight, actor=actor, at=at)


def _refuse_unready(version: NoticeVersion, *, weight: str, proposed_at: datetime, at: datetime) -> None:
    if version.state != VersionState.DRAFT:
        raise Refused(_("Only a draft can be published."), code="NOT_A_DRAFT")
    if not version.texts.filter(language="en").exists():
        raise Refused(_("The binding text, in English, is missing."), code="NO_BINDING_TEXT")
    left = open_defects(version)
    if left:
        raise Refused(
            _("Open policy issues: %(defects)s. Fix the text, or let two people say why each may stay.")
            % {"defects": ", ".join(f"{defect.code} {defect.clause}" for defect in left)},
            code="DEFECTS_OPEN",
        )
    effective_dates.refuse_unfit(version, weight=weight, proposed_at=proposed_at, at=at)


def _publish(version: NoticeVersion, *, weight: str, actor: Actor, at: datetime) -> None:
    move(version, VersionState.PUBLISHED, moves=VERSION_MOVES, published_at=at, weight=weight)
    for text in version.texts.order_by("language"):
        enter(text)
    if version.notice.kind == NoticeKind.CONSENT_NOTICE:
        for code in version.purposes:
            purposes.notice_published(code=code, at=max(at, _first_instant(version.effective_on)))
    if version.notice.kind == NoticeKind.PRIVACY_POLICY:
        policy_reviews.begin(version=version, actor=actor, at=at)
        if weight != Weight.FIRST:
            policy_notifications.begin(version=version, kind=AnnouncementKind.CHANGE, actor=actor, at=at)
    draft_checks.weigh_other_drafts(version, at=at)
    _note(AuditKind.NOTICES_VERSION_PUBLISHED, version, actor, at)


def enter(text: NoticeText) -> None:
    """Commit the ledger to a published text, in the caller's transaction: as of now, whenever it was published."""
    version = text.version
    append(
        kind=EntryKind.NOTICE,
        payload={
            "id": version.notice.code,
            "version": version.number,
            "lang": text.language,
            "sha256": text.sha256,
            "effective_on": version.effective_on.isoformat(),
        },
        subject_ref=None,
        recorded_at=clock.now(),
    )


def _first_instant(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.IST)


def drop(*, version: NoticeVersion, actor: Actor, now: datetime | None = None) -> None:
    """Give up a draft. Raises IllegalMove for a published version."""
    at = now or clock.now()
    with transaction.atomic():
        move(version, VersionState.DROPPED, moves=VERSION_MOVES)
        _note(AuditKind.NOTICES_VERSION_WITHDRAWN, version, actor, at)


def propose_override(*, defect: PolicyDefect, why: str, actor: Actor, now: datetime | None = None) -> DefectOverride:
    """Say why a defect may stay. It counts once another person agrees. Raises Refused without a reason."""
    at = now or clock.now()
    maker = maker_checker.person_of(actor)
    maker_checker.require_maker(maker, Act.DEFECT_OVERRIDE, now=at)
    reason = why.strip()
    if not reason:
        raise Refused(_("Say why the text may be published with this defect."), code="REASON_MISSING")
    if defect.version.state != VersionState.DRAFT:
        raise Refused(_("This version is no longer a draft."), code="NOT_A_DRAFT")
    with transaction.atomic():
        if defect.overrides.exclude(answer=Answer.REFUSED).exists():
            raise Refused(_("Someone else proposed this already, or two people approved it."), code="PENDING")
        override = maker_checker.propose(
            DefectOverride,
            act=Act.DEFECT_OVERRIDE,
            maker=maker,
            shown=_shown_override(defect, reason),
            now=at,
            defect=defect,
            why=reason,
        )
        _note_override(AuditKind.NOTICES_OVERRIDE_PROPOSED, override, actor, at)
    return override


def answer_override(
    *, override: DefectOverride, approve: bool, reason: str = "", actor: Actor, now: datetime | None = None
) -> None:
    """Agree or refuse, as another person, that a defect may stay."""
    at = now or clock.now()
    with transaction.atomic():
        maker_checker.answer(
            override,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=_shown_override(override.defect, override.why),
            reason=reason,
            now=at,
        )
        kind = AuditKind.NOTICES_DEFECT_OVERRIDDEN if approve else AuditKind.NOTICES_OVERRIDE_REFUSED
        _note_override(kind, override, actor, at)


def _shown_override(defect: PolicyDefect, why: str) -> dict[str, Any]:
    return {
        "version": defect.version_id,
        "code": defect.code,
        "clause": defect.clause,
        "message": defect.message,
        "why": why,
    }


def _note(
    kind: AuditKind,
    version: NoticeVersion,
    actor: Actor,
    at: datetime,
    *,
    proposal: PublicationProposal | None = None,
) -> None:
    facts: dict[str, str | int | bool | None] = {
        "notice": version.notice.code,
        "version": version.number,
        "effective_on": version.effective_on.isoformat(),
    }
    if proposal is not None:
        facts |= {
            "proposal": proposal.pk,
            "weight": proposal.weight,
            "answer": proposal.answer,
            "shown_sha256": proposal.shown_sha256,
        }
    record(kind, actor=actor, about=f"consent.notice:{version.notice.code}", facts=facts, at=at)


def _note_override(kind: AuditKind, override: DefectOverride, actor: Actor, at: datetime) -> None:
    version = override.defect.version
    record(
        kind,
        actor=actor,
        about=f"consent.notice:{version.notice.code}",
        facts={
            "notice": version.notice.code,
            "version": version.number,
            "defect": f"{override.defect.code} {override.defect.clause}",
            "proposal": override.pk,
            "answer": override.answer,
            "shown_sha256": override.shown_sha256,
        },
        at=at,
    )
