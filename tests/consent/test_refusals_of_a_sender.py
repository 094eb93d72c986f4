"""A refusal of one sender outlives what is said about all of them, however it was made; and it stops nobody's signing."""

import pytest

from consent.base.choices import Answer, Way
from consent.models import ConsentReceipt, NoticeText, Suppression
from consent.records.services.addresses import Address, address_of
from consent.records.services.consent_events import Choice, record_all
from consent.suppressions.services import suppressions
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import refusals_of_senders, withdraw
from portal.kernel.core import actor, clock
from portal.kernel.ledger import services as ledger
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import ASHA_PHONE
from tests.consent.test_consent_per_sender import asha, every, say, world  # noqa: F401 - fixtures
from tests.consent.test_undos import still, stop_all, withdrawn  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def place(asha) -> Address:  # noqa: F811
    return address_of(subject_ref=asha.subject.ref, channel="sms", kind="phone", text=ASHA_PHONE)


def consented_to_all(who, place, answer=Answer.GIVEN):
    """As the pages do: refusals of single senders are recorded again beside a consent to all."""
    whose = Fiduciary.objects.get(code="onesetu")
    choices = [Choice(place, "marketing", "sms", answer, NoticeText.objects.first())]
    choices += refusals_of_senders(who.subject.ref, whose, choices)
    record_all(
        subject_ref=who.subject.ref,
        fiduciary="onesetu",
        choices=choices,
        way=Way.PAGE,
        occurred_at=clock.now(),
        actor=actor.SYSTEM,
    )


def test_an_answer_about_one_sender_alone_is_no_fault_of_the_states(asha):  # noqa: F811
    say(asha, "given", "ONESTU")
    ledger.seal_now()
    assert [failure.message for failure in ledger.verify().failures if failure.check == "V10"] == []


def test_a_refusal_of_one_sender_after_one_of_all_is_recorded_and_stays(asha, still, place):  # noqa: F811
    say(asha, "given")
    still.shift(60)
    withdrawn(asha)
    still.shift(60)
    done = withdraw(
        subject_ref=asha.subject.ref,
        purpose="marketing",
        channel="sms",
        way="page",
        actor=actor.SYSTEM,
        sender="ONESTU",
    )
    assert done.events
    still.shift(60)
    consented_to_all(asha, place)
    assert every()["ONESTU"] is False
    assert any(every().values())


def test_a_stop_sent_to_one_header_stays_where_a_consent_to_all_is_renewed(asha, still, place):  # noqa: F811
    say(asha, "given")
    still.shift(60)
    suppressions.alone(
        subject_ref=asha.subject.ref,
        fiduciary=Fiduciary.objects.get(code="onesetu"),
        places=[place],
        way=Way.SMS,
        occurred_at=clock.now(),
        actor=actor.SYSTEM,
        senders=[("sms", "ONESTU")],
    )
    before = every()
    assert before["ONESTU"] is False
    still.shift(60)
    consented_to_all(asha, place, Answer.RENEWED)
    assert every() == before


def test_a_refusal_of_one_sender_stays_at_an_address_that_was_left_for_that_sender_alone(asha):  # noqa: F811
    assert suppressions.outlive(withdrawn(asha, sender="ONESTU").events) == 1
    left = Suppression.objects.get()
    assert (left.purpose, left.channel, left.header) == ("marketing", "sms", "ONESTU")


def test_a_refusal_under_a_new_lookup_key_outlives_the_undo_of_a_stop_of_all(asha, still, settings):  # noqa: F811
    say(asha, "given")
    still.shift(60)
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "ef" * 32
    say(asha, "withdrawn", "ONESTU")
    before = every()
    still.shift(60)
    stop_all(asha)
    still.shift(60)
    undo_stop(receipt=ConsentReceipt.objects.latest("pk"), actor=actor.SYSTEM)
    assert before["ONESTU"] is False
    assert every() == before
