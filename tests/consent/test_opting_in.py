"""Where the law of California applies, a yes after a no takes two steps; nowhere else."""

from datetime import timedelta

import pytest
import time_machine

from consent.models import ConsentEvent, ConsentEvidence, OptInRequest
from consent.records.services import opt_in_confirmation
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.services import profiles
from portal.kernel.ledger.services import payload_of
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import people
from tests.consent.factories import person, published_notice, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
HOUR = timedelta(hours=1)


@pytest.fixture
def asha(law):
    published_notice()
    asha = person()
    people.note_regime(principal=asha, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=clock.now() - HOUR)
    return asha


def request(who, *values, at=None):
    return opt_in_confirmation.request(
        subject_ref=who.subject.ref, fiduciary=Fiduciary.objects.get(code="onesetu"),
        values=values or [("marketing", "sms")], actor=actor.SYSTEM, now=at or clock.now(),
    )  # fmt: skip


def yes(who, kept=None, **changes):
    at = clock.now() + timedelta(seconds=2)
    with time_machine.travel(at, tick=False):
        evidence = opt_in_confirmation.evidence_of(kept.sha256 if kept else "")
        return said(who, "given", occurred_at=clock.now(), evidence=evidence, **changes)


def refused(who, kept=None, **changes):
    before = ConsentEvent.objects.count()
    with pytest.raises(Refused) as refusal:
        yes(who, kept, **changes)
    assert ConsentEvent.objects.count() == before
    return refusal.value.code


def test_a_first_yes_takes_one_step(asha):
    assert yes(asha).answer == "given"


def test_a_yes_after_a_no_is_not_recorded_before_it_was_requested_and_confirmed(asha):
    said(asha, "withdrawn")
    assert refused(asha) == "CONFIRM_OPT_IN"
    kept = request(asha)
    assert ConsentEvent.objects.filter(answer="given").count() == 0
    event = yes(asha, kept)
    assert ConsentEvidence.objects.get(event=event).sha256 == kept.sha256
    assert payload_of(event.entry)["evidence"] == [{"type": "opt_in_request", "sha256": kept.sha256}]
    assert AuditEvent.objects.filter(kind="consent.opt_in.requested").count() == 1


def test_a_request_covers_what_it_names_and_its_own_person_and_not_for_long(asha):
    said(asha, "withdrawn")
    said(asha, "withdrawn", channel="email")
    assert refused(asha, request(asha), channel="email") == "CONFIRM_OPT_IN"
    ravi = person(email=None, phone="+919811112222")
    assert refused(asha, request(ravi)) == "CONFIRM_OPT_IN"
    assert refused(asha, request(asha, at=clock.now() - HOUR)) == "CONFIRM_OPT_IN"


def test_a_request_of_before_the_last_no_is_no_first_step(asha):
    """11 CCR 7028(a): both acts follow the opt-out."""
    now = clock.now()
    said(asha, "withdrawn", occurred_at=now - timedelta(seconds=3))
    kept = request(asha, at=now - timedelta(seconds=2))
    said(asha, "denied", occurred_at=now - timedelta(seconds=1))
    assert refused(asha, kept) == "CONFIRM_OPT_IN"
    assert yes(asha, request(asha)).answer == "given"


def test_the_two_steps_are_two_acts(asha):
    said(asha, "withdrawn")
    kept = request(asha, at=clock.now() + timedelta(seconds=2))
    with time_machine.travel(kept.requested_at, tick=False), pytest.raises(Refused):
        said(asha, "given", occurred_at=kept.requested_at, evidence=opt_in_confirmation.evidence_of(kept.sha256))


def test_nobody_else_is_asked_twice(law):
    published_notice()
    ravi = person()
    said(ravi, "withdrawn")
    assert yes(ravi).answer == "given"
    assert not OptInRequest.objects.exists()


def test_what_rests_on_consent_in_california_too_was_never_opted_out_of(asha):
    said(asha, "denied", purpose="call_recording", channel="none")
    assert yes(asha, purpose="call_recording", channel="none").answer == "given"


def test_a_house_that_is_no_business_there_asks_once(asha):
    profiles.adopt(
        answers={"ccpa_business": "no"}, effective_from=clock.now().date() - timedelta(days=1), made_by_ref="user:1",
        checked_by_ref="user:2", shown_sha256="a" * 64,
    )  # fmt: skip
    said(asha, "withdrawn")
    assert yes(asha).answer == "given"


def test_a_stop_of_everything_is_no_shorter_way_back_to_a_yes(asha):
    said(asha, "given", occurred_at=clock.now() - HOUR)
    stop = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    before = ConsentEvent.objects.count()
    with pytest.raises(Refused) as refusal:
        undo_stop(receipt=stop.receipt, actor=actor.SYSTEM)
    assert refusal.value.code == opt_in_confirmation.CONFIRM
    assert ConsentEvent.objects.count() == before
