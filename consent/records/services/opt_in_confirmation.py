"""Yes again after a no, in two steps where the law asks for them: the request, then its confirmation (11 CCR 7028)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.rules.status_fold import NO
from consent.records.models.events import ConsentEvent
from consent.records.models.prompts import OptInRequest
from consent.records.selectors import history
from consent.records.services.evidence import Evidence
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import LawfulBasis, Regime
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import maker_checker

#: The rule that asks for two steps, and for how long the first one waits for the second.
RULE, LIFE = "CA-OPTIN", "consent.opt_in_confirm"
#: The kind of evidence that the second step leaves.
REQUEST = "opt_in_request"
#: The code of the refusal that asks for the second step.
CONFIRM = "CONFIRM_OPT_IN"

Value = tuple[str, str]


def require_two_steps(
    *,
    subject_ref: UUID,
    fiduciary: Fiduciary,
    wanted: Sequence[tuple[str, str, Sequence[Evidence]]],
    at: datetime,
) -> None:
    """Raises Refused (CONFIRM_OPT_IN) for a yes after the person's own no that has not been requested before.

    ``wanted`` are purpose, channel and evidence of each yes. Asks nothing of people under other laws, and of no purpose
    that California lets rest on consent from the beginning: there nobody has opted out.
    """
    if unconfirmed(subject_ref=subject_ref, fiduciary=fiduciary, wanted=wanted, at=at):
        raise Refused(_("You refused this before. Confirm that you want it again."), code=CONFIRM)


def unconfirmed(
    *,
    subject_ref: UUID,
    fiduciary: Fiduciary,
    wanted: Sequence[tuple[str, str, Sequence[Evidence]]],
    at: datetime,
) -> tuple[Value, ...]:
    """Which of these yeses come after the person's own no and were not requested before, each once."""
    if not wanted or not _asks_for_two(subject_ref, on=clock.day(at)):
        return ()
    open_ones = _after_no(
        subject_ref, fiduciary, [(purpose, channel) for purpose, channel, _e in wanted], on=clock.day(at)
    )
    found = dict.fromkeys(
        (purpose, channel)
        for purpose, channel, evidence in wanted
        if (purpose, channel) in open_ones
        and not _was_requested(
            subject_ref, fiduciary, (purpose, channel), evidence, after=open_ones[purpose, channel], at=at
        )
    )
    return tuple(found)


def request(
    *, subject_ref: UUID, fiduciary: Fiduciary, values: Iterable[Value], actor: Actor, now: datetime
) -> OptInRequest:
    """Keep the first step, with its audit event. It is no consent: only a second, separate act is."""
    asked = sorted(f"{purpose}:{channel}" for purpose, channel in values)
    said = {
        "subject": str(subject_ref),
        "fiduciary": fiduciary.code,
        "asked": asked,
        "requested_at": clock.stamp(now),
    }
    with transaction.atomic():
        row, is_new = OptInRequest.objects.get_or_create(
            sha256=maker_checker.shown_digest(said),
            defaults={"subject_ref": subject_ref, "fiduciary": fiduciary, "asked": asked, "requested_at": now},
        )
        if is_new:
            record(
                AuditKind.CONSENT_OPT_IN_REQUESTED,
                actor=actor,
                about=f"consent.optinrequest:{row.pk}",
                facts={"fiduciary": fiduciary.code, "count": len(asked), "sha256": row.sha256},
                subject_ref=subject_ref,
                at=now,
            )
    return row


def evidence_of(sha256: str) -> tuple[Evidence, ...]:
    """What a second step brings along; nothing where there was no first one."""
    return ({"type": REQUEST, "sha256": sha256},) if sha256 else ()


def _asks_for_two(subject_ref: UUID, *, on: date) -> bool:
    regimes = people.regimes_of(subject_ref)
    if Regime.US_CA not in regimes:
        return False
    return bool(law.rules_for_us([RULE], on=on, regimes=regimes, profile=law.profile(on=on)))


def _after_no(subject_ref: UUID, fiduciary: Fiduciary, values: Sequence[Value], *, on: date) -> dict[Value, datetime]:
    """Those of the values about which the person's own last word is a no, and which California lets them opt out of; with
    the time of that no.
    """
    purposes = law.purposes_in_force(on=on, codes={purpose for purpose, _channel in values})
    opted = {p.code for p in purposes if p.basis(Regime.US_CA) == LawfulBasis.NOTICE_AND_OPT_OUT}
    said: dict[Value, ConsentEvent] = {}
    own = history.events_of(subject_ref).filter(fiduciary=fiduciary, purpose__in=opted)
    for event in sorted(own, key=lambda e: (e.occurred_at, e.pk)):
        said[(event.purpose, event.channel)] = event
    return {value: said[value].occurred_at for value in values if value in said and said[value].answer in NO}


def _was_requested(
    subject_ref: UUID,
    fiduciary: Fiduciary,
    value: Value,
    evidence: Sequence[Evidence],
    *,
    after: datetime,
    at: datetime,
) -> bool:
    """Both steps follow the opt-out: a request from before the last one is none."""
    named = [item["sha256"] for item in evidence if item["type"] == REQUEST]
    since = at - law.house_rule(LIFE, on=clock.day(at)).duration
    rows = OptInRequest.objects.filter(
        subject_ref__in=people.refs_of(subject_ref),
        fiduciary=fiduciary,
        sha256__in=named,
        requested_at__gte=max(since, after),
        requested_at__lt=at,
    )
    return any(":".join(value) in row.asked for row in rows)
