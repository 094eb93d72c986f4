"""Consent from before the law on notices: whoever gave it is given the notice afterwards (DPDP s.5(2))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from consent.models import ConsentState, LateNotice, NoticeText
from consent.rules.fold import YES
from consent.selectors.notices import notices_for
from consent.services.recording import fiduciary_of
from consent.services.telling import address_of_page, is_known, is_reached, reached, tell, waiting
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import actor as actors
from portal.core import clock
from portal.core.errors import PortalError
from portal.law import selectors as law
from portal.law.models import LegalRule
from portal.law.selectors import NotInForce
from portal.people import selectors as people
from portal.people.models import Fiduciary
from portal.people.models.fiduciaries import OWN_CODE

log = structlog.get_logger(__name__)

#: "As soon as reasonably practicable" after commencement, to everybody who agreed before it.
RULE = "IN-DPDP-LEGACY"
#: It is owed by law: no wish and no opt-out keeps it back.
PURPOSE = "policy_and_security"
#: People in one sweep; the rest in the next.
MOST = 500


def give_late_notices(*, now: datetime, fiduciary: str = OWN_CODE) -> int:
    """Give the notice in force to everybody whose yes still stands and is older than the law. Returns to how many.

    Before the rule's first day nothing happens. Each person in a transaction of their own: message, proof with the
    text's hash, audit event. Safe to repeat and to run twice at once. The yes goes on until it is withdrawn; of clients'
    purposes the client gives notice.
    """
    on = clock.day(now)
    try:
        rule = law.legal_rule(RULE, on=on)
    except NotInForce:
        return 0
    if rule.effective_from is None:
        return 0
    whose = fiduciary_of(fiduciary)
    asked = set(_texts(on, "en"))
    given = 0
    for subject_ref in waiting(_waiting(rule.effective_from, whose, asked), first="occurred_at"):
        if given == MOST:
            break
        try:
            given += _give(subject_ref, rule, whose, asked, now=now)
        except IntegrityError:  # another sweep gave it in this instant
            continue
        except PortalError as error:
            log.warning("consent.late_notice_not_given_yet", subject=str(subject_ref), code=error.code)
    return given


@dataclass(frozen=True)
class Unreached:
    """Somebody whose yes is older than the law and to whom no notice can be given now, with when they agreed first."""

    subject_ref: UUID
    since: datetime
    purposes: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """Who waits for the notice and cannot be given it: people without a way, in the order of their yes, and visitors."""

    people: tuple[Unreached, ...] = ()
    #: Browsers whose visitor nobody knows: there is no address at all.
    visitors: int = 0


def unreached(*, now: datetime, fiduciary: str = OWN_CODE) -> Waiting:
    """Who is owed the notice and has neither a login nor a confirmed address on a channel that can send. Reads only.

    Nobody before the rule's first day, and nobody to whom the next sweep will give it.
    """
    on = clock.day(now)
    try:
        began_on = law.legal_rule(RULE, on=on).effective_from
    except NotInForce:
        return Waiting()
    if began_on is None:
        return Waiting()
    rows = _waiting(began_on, fiduciary_of(fiduciary), set(_texts(on, "en"))).exclude(is_reached())
    found: dict[UUID, tuple[datetime, set[str]]] = {}
    for ref, purpose, at in (
        rows.filter(is_known()).order_by("occurred_at", "pk").values_list("subject_ref", "purpose", "occurred_at")
    ):
        found.setdefault(ref, (at, set()))[1].add(purpose)
    # By another reference of theirs there may be a way.
    joined = people.joined(found)
    without = [ref for ref in found if ref not in joined or reached(ref) is None]
    return Waiting(
        tuple(Unreached(ref, found[ref][0], tuple(sorted(found[ref][1]))) for ref in without),
        rows.exclude(is_known()).order_by().values("subject_ref").distinct().count(),
    )


def _texts(on: date, language: str) -> Mapping[str, NoticeText]:
    """The text of today for each purpose that rests on consent."""
    return notices_for([p.code for p in law.purposes_in_force(on=on) if p.needs_consent], on=on, language=language)


def _waiting(began_on: date, whose: Fiduciary, asked: set[str]) -> QuerySet[ConsentState]:
    given = LateNotice.objects.filter(subject_ref=OuterRef("subject_ref"), purpose=OuterRef("purpose"))
    began = datetime.combine(began_on, time(), tzinfo=clock.IST)
    return ConsentState.objects.filter(
        ~Exists(given), fiduciary=whose, purpose__in=asked, answer__in=YES, occurred_at__lt=began
    )


def _give(subject_ref: UUID, rule: LegalRule, whose: Fiduciary, asked: set[str], *, now: datetime) -> bool:
    found = reached(subject_ref)
    if rule.effective_from is None or found is None:
        return False
    with transaction.atomic():
        rows = _waiting(rule.effective_from, whose, asked).filter(subject_ref=subject_ref)
        purposes = sorted(set(rows.values_list("purpose", flat=True)))
        if not purposes:
            return False
        texts = _texts(clock.day(now), found.language)
        about = f"consent.late_notice:{subject_ref}/{purposes[0]}"
        # Written first: who comes second meets this key before the outbox.
        LateNotice.objects.bulk_create(
            LateNotice(
                subject_ref=subject_ref,
                purpose=purpose,
                notice_version=texts[purpose].version,
                language=texts[purpose].language,
                text_sha256=texts[purpose].sha256,
                rule=f"{rule.key}@{rule.version}",
                about=about,
                given_at=now,
            )
            for purpose in purposes
        )
        tell(
            kind="consent.late_notice",
            subject_ref=subject_ref,
            purpose=PURPOSE,
            about=about,
            context=lambda: _words(purposes, texts, now),
            fiduciary=whose.code,
        )
        for purpose in purposes:
            _record(subject_ref, purpose, texts[purpose], now)
    return True


def _words(purposes: Sequence[str], texts: Mapping[str, NoticeText], now: datetime) -> dict[str, str]:
    names = law.purposes_in_force(on=clock.day(now), codes=purposes)
    different = {texts[purpose].pk: texts[purpose].text for purpose in purposes}
    return {
        "purposes": "\n".join(f"- {purpose.name}" for purpose in names),
        "notice": "\n\n".join(different.values()),
        "url": address_of_page("preferences"),
    }


def _record(subject_ref: UUID, purpose: str, text: NoticeText, now: datetime) -> None:
    record(
        AuditKind.CONSENT_LATE_NOTICE_GIVEN,
        actor=actors.system("consent.late_notices"),
        about=f"people.subject:{subject_ref}",
        facts={
            "purpose": purpose,
            "notice": text.version.notice.code,
            "version": text.version.number,
            "language": text.language,
            "sha256": text.sha256,
        },
        subject_ref=subject_ref,
        at=now,
    )
