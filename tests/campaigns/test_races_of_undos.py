"""An undo of a stop beside a new consent: both stay, whichever is first, and the chain is one."""

from datetime import timedelta

import pytest

from consent.models import ConsentEvent
from consent.records.services.projection import rebuild as rebuild_consent_state
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.core import actor, clock
from tests.campaigns.counts import conclude
from tests.campaigns.racing import rounds, several_writers, together
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.consent.test_races_of_undos import sms

pytestmark = [several_writers, pytest.mark.django_db(transaction=True)]
#: It is offered for some minutes only, and ends by a refusal; a consent ends nothing.
REFUSALS = {"", "UNDO_TOO_LATE"}


def is_one_chain(events: list[ConsentEvent]) -> bool:
    """Each event but the first follows one that nothing else follows."""
    before = [event.previous_id for event in events]
    return before.count(None) == 1 and len(set(before)) == len(events)


@rounds
def test_an_undo_beside_a_new_consent_loses_neither(rounds):
    law_is_loaded()
    published_notice()
    lost = []
    done = refused = 0
    for place in range(rounds):
        number = f"+9198{place:08d}"
        who = person(email=None, phone=number)
        said(who, "given", address=number, occurred_at=clock.now() - timedelta(days=2))
        receipt = stop_all_promotional(subject_ref=who.subject.ref, actor=actor.SYSTEM).receipt
        undone, *agreed = together(
            lambda receipt=receipt: undo_stop(receipt=receipt, actor=actor.SYSTEM),
            lambda who=who, number=number: said(who, "given", address=number, occurred_at=clock.now()).pk,
            lambda who=who, number=number: said(who, "given", address=number, occurred_at=clock.now()).pk,
        )
        assert undone.refusal in REFUSALS
        assert all(each.is_done for each in agreed)
        done += undone.is_done + len(agreed)
        refused += not undone.is_done
        events = list(ConsentEvent.objects.filter(subject_ref=who.subject.ref, purpose="marketing", channel="sms"))
        kept = {event.pk for event in events}
        lost += [number for each in agreed if each.value not in kept]
        lost += [number] * (not sms(number) or not is_one_chain(events))
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0
    conclude("An undo beside two new consents", attempts=done + refused, refused=refused, acknowledged=done, lost=lost)
