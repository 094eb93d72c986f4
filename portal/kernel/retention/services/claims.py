"""A named, dated legal claim: one person proposes what a dispute needs and until when, another decides."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.rules import LONGEST_FACT
from portal.kernel.core import access, advisory_locks, clock, pii_guard, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.law import selectors as law
from portal.kernel.people.services import maker_checker
from portal.kernel.retention import labels, limitation, retention_decisions, rules
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureRun, LegalClaim, RetentionRule
from portal.kernel.retention.permissions import Act, Permission


def proposed_end(rule_key: str, disputed_on: date, *, on: date) -> date:
    """The last day that the limitation in force ``on`` that day gives for a dispute; minimum periods round late.

    Raises Refused for a key of no limitation that is in force (NO_SUCH_RULE).
    """
    legal = law.rules_in_force([rule_key], on=on).get(rule_key)
    if legal is None or legal.amount is None or not limitation.is_limitation(rule_key):
        raise Refused(_("Choose a limitation period."), code="NO_SUCH_RULE")
    return rules.kept_through(disputed_on, rules.Period(int(legal.amount), legal.unit))


def propose(
    *,
    subject_ref: UUID,
    dispute: str,
    disputed_on: date,
    rule_key: str,
    records: Iterable[str],
    retention_classes: Iterable[str],
    last_day: date | None,
    why: str,
    actor: Actor,
    now: datetime,
) -> LegalClaim:
    """Propose what a dispute needs, with its audit event, in one transaction. It keeps nothing before another person agrees.

    ``last_day`` None is the day that the limitation gives. Raises NotAllowed; Refused without a name or a reason
    (REASON_MISSING), for a dispute ahead (DAY_AHEAD), an end that has passed (PASSED) or is later than the limitation gives
    (TOO_LATE), without a record or a kind (NOTHING_NAMED), for a record that the person does not have or that cannot be
    kept by itself (NO_SUCH_RECORD), more records than one audit event states (TOO_MANY), a kind without a rule (NO_RULE); and what ``proposed_end`` and ``maker_checker.propose`` raise.
    """
    person = maker_checker.person_of(actor)
    access.require(person, Permission.HOLD_PLACE)
    if not dispute.strip() or not why.strip():
        raise Refused(_("Name the dispute, and say why these are needed."), code="REASON_MISSING")
    pii_guard.require_no_number(dispute)
    if disputed_on > clock.day(now):
        raise Refused(_("This date is in the future. Enter the date of the dispute."), code="DAY_AHEAD")
    latest = proposed_end(rule_key, disputed_on, on=clock.day(now))
    content: dict[str, Any] = {
        "subject_ref": subject_ref,
        "dispute": dispute.strip(),
        "disputed_on": disputed_on,
        "rule_key": rule_key,
        "records": sorted(set(records)),
        "retention_classes": sorted(set(retention_classes)),
        "last_day": last_day or latest,
        "why": why.strip(),
    }
    if content["last_day"] > latest:
        said = _("The limitation period ends on %(day)s. Enter that day or an earlier one.") % {
            "day": f"{latest:%d-%m-%Y}"
        }
        raise Refused(said, code="TOO_LATE")
    _require_ahead(content["last_day"], now)
    _require_known(content)
    return _made(content, replaces=None, actor=actor, now=now)


def propose_end(*, claim: LegalClaim, last_day: date, why: str, actor: Actor, now: datetime) -> LegalClaim:
    """Propose an earlier last day of a claim, once it needs its records no longer; the same otherwise.

    Raises NotAllowed, IllegalMove while another end waits or where the claim is not in force, Refused without words
    (REASON_MISSING), for a day that has passed (PASSED) and for one that is not earlier (TOO_LATE).
    """
    access.require(maker_checker.person_of(actor), Permission.HOLD_PLACE)
    _require_in_force(claim)
    if not why.strip():
        raise Refused(_("Say why."), code="REASON_MISSING")
    if last_day >= claim.last_day:
        raise Refused(_("Enter a day before the last day of the claim."), code="TOO_LATE")
    _require_ahead(last_day, now)
    same = ("subject_ref", "dispute", "disputed_on", "rule_key", "records", "retention_classes")
    content = {**{name: getattr(claim, name) for name in same}, "last_day": last_day, "why": why.strip()}
    try:
        with access.acting(maker_checker.person_of(actor), Permission.HOLD_PLACE):
            return _made(content, replaces=claim, actor=actor, now=now)
    except IntegrityError as error:
        raise IllegalMove(_("Another end of this claim waits for a second person already.")) from error


def answer(*, claim: LegalClaim, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Approve or refuse, as another person than the maker, in one transaction with its audit event. From an approval on exactly
    the named records stay until the last day.

    Raises what ``maker_checker.answer`` raises, NotAllowed, and Refused for a last day that has passed meanwhile (PASSED).
    """
    checker = maker_checker.person_of(actor)
    access.require(checker, Permission.HOLD_RELEASE)
    with transaction.atomic():
        # As a hold: waits for the erasure of one subject that is under way, and makes the next wait for this claim.
        list(ErasureRun.objects.select_for_update().filter(state=RunState.RUNNING))
        advisory_locks.take(*advisory_locks.of_keeping([claim.subject_ref]))
        maker_checker.answer(claim, checker=checker, approve=approve, shown=shown(claim), reason=reason, now=now)
        if approve:
            _require_ahead(claim.last_day, now)
        _record(AuditKind.RETENTION_CLAIM_APPROVED if approve else AuditKind.RETENTION_CLAIM_REFUSED, claim, actor, now)


def shown(claim: LegalClaim) -> dict[str, Any]:
    """What both people see of a claim, and are bound to."""
    return {
        "subject_ref": str(claim.subject_ref),
        "dispute": claim.dispute,
        "disputed_on": claim.disputed_on.isoformat(),
        "rule": claim.rule_key,
        "records": claim.records,
        "classes": claim.retention_classes,
        "last_day": claim.last_day.isoformat(),
        "replaces": claim.replaces_id,
        "why": claim.why,
    }


def _made(content: dict[str, Any], *, replaces: LegalClaim | None, actor: Actor, now: datetime) -> LegalClaim:
    draft = LegalClaim(**content, replaces=replaces)
    with transaction.atomic():
        made = maker_checker.propose(
            LegalClaim,
            act=Act.CLAIM_DECIDE,
            maker=maker_checker.person_of(actor),
            shown=shown(draft),
            now=now,
            **content,
            replaces=replaces,
        )
        _record(AuditKind.RETENTION_CLAIM_PROPOSED, made, actor, now)
    return made


def _require_ahead(last_day: date, now: datetime) -> None:
    if last_day < clock.day(now):
        raise Refused(_("This last day has passed: nothing would be kept."), code="PASSED")


def _require_in_force(claim: LegalClaim) -> None:
    if not LegalClaim.decided().filter(pk=claim.pk).exists():
        raise IllegalMove(_("This claim is not in force."))


def _require_known(content: dict[str, Any]) -> None:
    """That each named record is one of the person's which can stay by itself, and each kind has a rule."""
    records, classes = content["records"], content["retention_classes"]
    if not records and not classes:
        raise Refused(_("Name the records or the kinds of data that the dispute needs."), code="NOTHING_NAMED")
    unknown = set(records) - set(records_of(content["subject_ref"]))
    if unknown:
        said = _("Not a record of this person that can be kept by itself: %(labels)s. Name its kind of data instead.")
        raise Refused(
            said % {"labels": ", ".join(labels.record_name(each) for each in sorted(unknown))}, code="NO_SUCH_RECORD"
        )
    if len(" ".join(records)) > LONGEST_FACT:
        raise Refused(
            _("Too many records for one claim. Name their kind of data, or propose several claims."), code="TOO_MANY"
        )
    known = RetentionRule.objects.filter(retention_class__in=classes).values_list("retention_class", flat=True)
    if set(classes) - set(known):
        raise Refused(_("A kind of data has no retention rule. Choose one from the list."), code="NO_RULE")


def records_of(subject_ref: UUID) -> list[str]:
    """The labels of the person's records that a claim can name one by one. Reads only."""
    refs = retention_decisions.refs_of_person(subject_ref)
    found = (
        record.about
        for eraser in ports.erasers
        if getattr(eraser, "spares", False)
        for record in eraser.records(subject_refs=refs)
    )
    return sorted({about for about in found if about})


def _record(kind: AuditKind, claim: LegalClaim, actor: Actor, now: datetime) -> None:
    audit.record(
        kind,
        actor=actor,
        about=claim.about,
        subject_ref=claim.subject_ref,
        facts={
            "claim": claim.pk,
            "rule": claim.rule_key,
            "disputed_on": claim.disputed_on.isoformat(),
            "last_day": claim.last_day.isoformat(),
            "records": " ".join(claim.records),
            "replaces": claim.replaces_id,
            "retention_class": " ".join(claim.retention_classes),
            "shown_sha256": claim.shown_sha256,
        },
        at=now,
    )
