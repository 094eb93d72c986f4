"""Consent from before the law on notices: whoever gave it is given the notice afterwards (DPDP s.5(2))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.base.models.notices import NoticeText
from consent.base.rules.status_fold import YES
from consent.base.selectors.notices import notices_for
from consent.notices.models.notifications import LateNotice
from consent.notices.selectors import legacy_notices
from consent.notices.selectors.legacy_notices import Group
from consent.notices.services.person_notifications import address_of_page, reached, tell
from consent.records.models.state import ConsentState
from consent.records.services.consent_events import fiduciary_of
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.errors import PortalError
from portal.kernel.law import selectors as law
from portal.kernel.law.models import LegalRule
from portal.kernel.law.selectors import NotInForce
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE

log = structlog.get_logger(__name__)

#: "As soon as reasonably practicable" after commencement, to everybody who agreed before it.
RULE = "IN-DPDP-LEGACY"
#: It is owed by law: no wish and no opt-out keeps it back.
PURPOSE = "policy_and_security"
#: People in one sweep; the rest in the next.
MOST = 500
#: People without a way on one page of the staff's list; all are counted.
SHOWN: Final = 200


def give_late_notices(*, now: datetime) -> int:
    """Give the notice in force to everybody whose yes still stands and is older than the law. Returns to how many.

    Before the rule's first day nothing happens. Each person in a transaction of their own: message, proof with the
    text's hash, audit event. Whoever is known by several references is one person. Safe to repeat and to run twice at
    once. The yes goes on until it is withdrawn; of clients' purposes the client gives notice.
    """
    rule = _rule(now)
    whose, asked = fiduciary_of(OWN_CODE), set(_texts(clock.day(now), "en"))
    if rule is None or not asked:
        return 0
    given = 0
    # Who has no way is passed over in the query: there may be many, and they would be looked at in every sweep.
    for person in legacy_notices.everybody(_waiting(rule, whose, asked), Group.REACHED):
        if given == MOST:
            break
        try:
            given += _give(person, rule, whose, asked, now=now)
        except IntegrityError:  # another sweep gave it in this instant
            continue
        except PortalError as error:
            log.warning("consent.late_notice_not_given_yet", subject=str(person), code=error.code)
    return given


@dataclass(frozen=True)
class Unreached:
    """Somebody whose yes is older than the law and to whom no notice can be given now, with when they agreed first.

    ``subject_ref`` is the last of their references where several were joined.
    """

    subject_ref: UUID
    since: datetime
    purposes: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """Who waits for the notice and cannot be given it: one page of the people without a way, in the order of their
    yes, how many they are, and visitors.
    """

    people: tuple[Unreached, ...] = ()
    count: int = 0
    page: int = 1
    pages: int = 1
    #: Visitors whom nobody knows: there is no address at all.
    visitors: int = 0


def unreached(*, now: datetime, page: int = 1) -> Waiting:
    """Who is owed the notice and has neither a login nor a confirmed address on a channel that can send. Reads only.

    Nobody before the rule's first day, and nobody to whom the next sweep will give it. A page that is not there is the
    nearest that is. As many statements and as much memory for a full page as for a million people.
    """
    rule = _rule(now)
    asked = set(_texts(clock.day(now), "en"))
    if rule is None or not asked:
        return Waiting()
    rows = _waiting(rule, fiduciary_of(OWN_CODE), asked)
    count = legacy_notices.count(rows, Group.WITHOUT_A_WAY)
    pages = max(1, -(-count // SHOWN))
    page = min(max(page, 1), pages)
    shown = legacy_notices.page(rows, Group.WITHOUT_A_WAY, start=(page - 1) * SHOWN, most=SHOWN)
    found = tuple(
        Unreached(person, states[0].occurred_at, tuple(sorted({state.purpose for state in states})))
        for person, states in legacy_notices.of_each(rows, shown).items()
        if states
    )
    return Waiting(found, count, page, pages, legacy_notices.count(rows, Group.UNKNOWN))


def _rule(now: datetime) -> LegalRule | None:
    """The rule, once it is in force and says since when."""
    try:
        rule = law.legal_rule(RULE, on=clock.day(now))
    except NotInForce:
        return None
    return rule if rule.effective_from is not None else None


def _texts(on: date, language: str) -> Mapping[str, NoticeText]:
    """The text of today for each purpose that rests on consent."""
    return notices_for([p.code for p in law.purposes_in_force(on=on) if p.needs_consent], on=on, language=language)


def _waiting(rule: LegalRule, whose: Fiduciary, asked: set[str]) -> QuerySet[ConsentState]:
    """Every yes that is older than the law, by references to which its purpose's notice was not given yet."""
    given = LateNotice.objects.filter(subject_ref=OuterRef("subject_ref"), purpose=OuterRef("purpose"))
    began = datetime.combine(rule.effective_from or date.max, time(), tzinfo=clock.IST)
    return ConsentState.objects.filter(
        ~Exists(given), fiduciary=whose, purpose__in=asked, answer__in=YES, occurred_at__lt=began
    )


def _give(person: UUID, rule: LegalRule, whose: Fiduciary, asked: set[str], *, now: datetime) -> bool:
    found = reached(person)
    if found is None:
        return False
    with transaction.atomic():
        states = legacy_notices.of_each(_waiting(rule, whose, asked), [person])[person]
        purposes = sorted({state.purpose for state in states})
        if not purposes:
            return False
        texts = _texts(clock.day(now), found.language)
        about = f"consent.late_notice:{person}/{purposes[0]}"
        # Written first: who comes second meets this key before the outbox.
        LateNotice.objects.bulk_create(
            LateNotice(
                subject_ref=person,
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
            subject_ref=person,
            purpose=PURPOSE,
            about=about,
            context=lambda: _words(purposes, texts, now),
            fiduciary=whose.code,
        )
        for purpose in purposes:
            _record(person, purpose, texts[purpose], now)
    return True


def _words(purposes: Sequence[str], texts: Mapping[str, NoticeText], now: datetime) -> dict[str, str]:
    names = law.purposes_in_force(on=clock.day(now), codes=purposes)
    different = {texts[purpose].pk: _shown(texts[purpose]) for purpose in purposes}
    return {
        "purposes": "\n".join(f"- {purpose.name}" for purpose in names),
        "notice": "\n\n".join(different.values()),
        "url": address_of_page("preferences"),
    }


def _shown(text: NoticeText) -> str:
    """The exact text; over one that is not in the reader's language stands, in that, that it is in English."""
    if text.language == get_language():
        return text.text
    return "\n\n".join([_("We can say this in English only so far:"), text.text])


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
