"""Check V10 folds the consent events again: a state that says something else is found, and never mended by the check."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.base.choices import Answer
from consent.base.rules.contact import Reason
from consent.decisions.services.contact_decisions import may_contact
from consent.ledger_checks import OTHER_SEAL, ConsentStates
from consent.models import ConsentEvent, ConsentState
from consent.records.selectors import agreed_states
from consent.records.services.projection import rebuild as rebuild_consent_state
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import resume_signing, verify_ledger
from portal.kernel.audit.tasks import verify_all, verify_new
from portal.kernel.core import actor, clock
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import Scope
from portal.kernel.ledger.models import Head, Verification
from portal.kernel.ledger.services import projection_consistency
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA_PHONE, person, published_notice, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]

NOON = datetime(2026, 11, 16, 12, tzinfo=clock.IST)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def asha(law):
    """Consent to SMS that was withdrawn, and consent by e-mail that still counts; sealed and clean."""
    published_notice()
    asha = person()
    said(asha, "given", occurred_at=NOON - timedelta(days=3))
    said(asha, "withdrawn", occurred_at=NOON - timedelta(days=2))
    said(asha, "given", channel="email", occurred_at=NOON - timedelta(days=1))
    ledger.seal_now()
    assert ledger.verify().failures == []
    return asha


def found():
    return [(failure.check, failure.message) for failure in ledger.verify().failures]


def withdrawn():
    return ConsentState.objects.filter(channel="sms")


def wrong(columns):
    return [("V10", f"State {withdrawn().get().pk} of consent.ConsentState is not what its events say: {columns}.")]


def test_a_withdrawal_that_was_turned_into_consent_is_found_and_left_as_it_is(asha):
    withdrawn().update(answer="given")
    assert found() == wrong("answer")
    assert withdrawn().get().answer == "given"


def of_another_seal(state):
    return [("V10", f"State {state.pk} of consent.ConsentState {OTHER_SEAL}")]


CHANGES = {
    "answer": "denied",
    "verified": False,
    "expires_at": NOON + timedelta(days=999),
    "event_id": None,
    "entry_ref": uuid4(),
    "subject_ref": uuid4(),
    "occurred_at": NOON - timedelta(days=9),
    "notice_version_id": None,
    "as_of_event": 10**12,
    "seal": b"\xff" * 40,
}


@pytest.mark.parametrize("column", CHANGES)
def test_each_column_is_compared(asha, column):
    value = ConsentEvent.objects.order_by("pk").first().pk if column == "event_id" else CHANGES[column]
    withdrawn().update(**{column: value})
    assert found() == (of_another_seal(withdrawn().get()) if column == "seal" else wrong(column))


def test_every_column_but_the_key_is_compared():
    key = {"id", "fiduciary_id", "address_key", "purpose", "channel"}
    assert {field.attname for field in ConsentState._meta.concrete_fields} - key == CHANGES.keys()


def test_a_state_that_was_moved_to_another_place_is_found_at_both_places(asha):
    withdrawn().update(purpose="product_updates")
    pk, first = ConsentState.objects.get(purpose="product_updates").pk, ConsentEvent.objects.order_by("pk").first().pk
    assert found() == [
        ("V10", f"State {pk} of consent.ConsentState is not what its events say: there are none."),
        ("V10", f"Event {first} of consent.ConsentEvent has no state."),
    ]


def test_a_state_that_was_deleted_is_found(asha):
    withdrawn().delete()
    assert found() == [
        ("V10", f"Event {ConsentEvent.objects.order_by('pk').first().pk} of consent.ConsentEvent has no state.")
    ]


def test_a_genuine_old_row_with_its_own_seal_is_found(asha):
    """Its seal holds, so a decision cannot tell: the check can."""
    told = ConsentState.objects.get(channel="email")
    old = ConsentState.objects.filter(pk=told.pk).values().get()
    said(asha, "withdrawn", channel="email", occurred_at=NOON - timedelta(minutes=5))
    assert found() == []
    ConsentState.objects.filter(pk=told.pk).update(**old)
    ((check, message),) = found()
    assert (check, message.endswith("answer, expires_at, event_id, entry_ref, occurred_at, as_of_event.")) == (
        "V10",
        True,
    )


def test_a_join_by_a_worker_of_the_release_before_is_named_with_what_to_do(asha):
    """It folds two references as one person, writes what that comes to, and leaves the seal of before."""
    ravi = person(email=None, phone=ASHA_PHONE)
    said(ravi, "given", occurred_at=NOON - timedelta(days=1))
    old = bytes(withdrawn().get().seal)
    subjects.join(old_ref=asha.subject.ref, new_ref=ravi.subject.ref, actor=actor.SYSTEM, now=NOON)
    withdrawn().update(seal=old)
    ledger.seal_now()
    assert found() == of_another_seal(withdrawn().get())
    assert "rebuild_consent_state" in OTHER_SEAL
    decided = may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=NOON)
    assert (decided.allowed, decided.reason) == (False, Reason.CONSENT_UNPROVED)
    assert rebuild_consent_state(actor=actor.SYSTEM).sealed == 1
    ledger.seal_now()
    assert found() == []
    assert may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=NOON).allowed


def test_a_row_from_before_the_seal_is_no_failure(asha):
    ConsentState.objects.update(seal=None)
    assert found() == []


@pytest.mark.parametrize("sample", [None, 2_000])
def test_an_answer_that_comes_while_the_check_runs_is_no_failure(asha, monkeypatch, sample):
    """Between its two readings of one set somebody answers."""
    withdrawn().update(seal=None)  # else the whole check, which reads row and events at once, has nothing to fold
    events_of = followed_by(monkeypatch, lambda: said(asha, "given", occurred_at=NOON))
    assert list(ConsentStates().differences(sample=sample)) == []
    assert events_of.asked


def test_only_what_is_not_plainly_right_is_folded(asha):
    last = ConsentState.objects.latest("pk").pk
    assert agreed_states.doubtful(0) == ([], last)
    assert agreed_states.doubtful(last) == ([], None)
    withdrawn().update(verified=False)
    assert agreed_states.doubtful(0) == ([withdrawn().get().pk], last)


def test_two_events_of_one_instant_are_folded(asha):
    said(asha, "given", occurred_at=NOON - timedelta(days=2))
    assert agreed_states.doubtful(0)[0] == [withdrawn().get().pk]
    assert found() == []


def followed_by(monkeypatch, act):
    from consent.records.selectors import folds

    class Once:
        asked = False
        real = staticmethod(folds.events_of)

        def __call__(self, keys):
            if not self.asked:
                self.asked = True
                act()
            return self.real(keys)

    once = Once()
    monkeypatch.setattr(folds, "events_of", once)
    return once


def test_the_hourly_check_raises_the_alarm(asha):
    verify_all()
    withdrawn().update(answer="given")
    verify_new()
    run = Verification.objects.latest("pk")
    assert (run.scope, run.ok, [failure[0] for failure in run.failures]) == (Scope.NEW, False, ["V10"])
    assert Head.objects.get().stopped_by == "V10"
    assert AuditEvent.objects.filter(kind="ledger.signing.stopped").get().facts["check"] == "V10"
    name, ok, _detail = ledger.readiness()
    assert (name, ok) == ("ledger", False)


def test_after_the_projection_was_rebuilt_signing_goes_on(asha):
    withdrawn().update(answer="given")
    assert not verify_ledger(scope=Scope.ALL, actor=actor.SYSTEM).ok
    rebuild_consent_state(actor=actor.SYSTEM)
    resume_signing(actor=actor.SYSTEM)
    assert Head.objects.get().stopped_at is None


def test_a_sample_sees_the_newest_rows_and_some_of_the_others(asha, monkeypatch):
    monkeypatch.setattr(projection_consistency, "WINDOW", 1)
    rows = ConsentState.objects.values("pk")
    pks = {row["pk"] for row in rows}
    assert len(pks) == 2
    looked = [
        {row["pk"] for chunk in projection_consistency.chunks_of(rows, sample=4) for row in chunk} for _ in range(40)
    ]
    assert all(max(pks) in one for one in looked)
    assert set().union(*looked) == pks


def test_all_rows_come_in_sets(asha, monkeypatch):
    monkeypatch.setattr(projection_consistency, "CHUNK", 1)
    chunks = list(projection_consistency.chunks_of(ConsentState.objects.values("pk"), sample=None))
    assert [len(chunk) for chunk in chunks] == [1, 1]


def test_the_check_asks_no_more_statements_for_more_rows(asha, django_assert_max_num_queries):
    for number in range(20):
        said(person(email=None, phone=f"+9198765432{number:02d}"), "given")
    with django_assert_max_num_queries(4):
        assert list(ConsentStates().differences(sample=None)) == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(Answer.values), st.integers(1, 9)), min_size=1, max_size=6))
def test_whatever_is_answered_the_check_passes(asha, said_by):
    ravi = person(email=None)
    for is_asha, answer, minutes in said_by:
        said(asha if is_asha else ravi, answer, occurred_at=NOON - timedelta(minutes=minutes))
    assert list(ConsentStates().differences(sample=None)) == []
