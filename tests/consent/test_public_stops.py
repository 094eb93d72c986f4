"""Stops behind a code: for whoever reads at the address, known or not, of one or of everybody, undone within minutes."""

from datetime import datetime, time, timedelta

import pytest

from consent.base.choices import Way
from consent.base.rules.contact import Reason
from consent.collection.services import public_opt_outs
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, Suppression
from consent.records.services import receipts
from consent.suppressions import selectors
from consent.suppressions.services import address_opt_outs, suppressions
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, addresses, clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.services import payload_of
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import ContactPoint, Fiduciary, OneTimeCode, Subject
from portal.kernel.people.services import codes
from portal.kernel.registers.models import Telling
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import registered_recipient
from tests.signin.people_who_sign_in import work_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time(12), tzinfo=clock.IST)
STRANGER = "+919811112222"
BROWSER = "the browser that asked"


@pytest.fixture
def asha(law):
    published_notice()
    FiduciaryFactory(code="acme-bank", name="Acme Bank")
    asha = person()
    said(asha, "given")
    said(asha, "given", channel="email")
    return asha


def asked(address=STRANGER, *, language="en", now=None):
    kind = "email" if "@" in address else "phone"
    return public_opt_outs.ask_code(
        kind=kind, address=address, language=language, browser=BROWSER, now=now or clock.now()
    )


def proven(address=STRANGER):
    code = asked(address)
    return public_opt_outs.enter_code(code=code, typed=codes.plain(code), browser=BROWSER, now=clock.now())


def stop(code, fiduciary="onesetu", language="en"):
    whose = Fiduciary.objects.get(code=fiduciary)
    return public_opt_outs.stop(code=code, fiduciary=whose, language=language, actor=actor.stranger())


def stop_everybody(code):
    return public_opt_outs.stop_everybody(code=code, language="en", actor=actor.stranger())


def undo(code, stopped, **changes):
    return public_opt_outs.undo(receipts=stopped, code=code, actor=actor.stranger(), **changes)


def reason(address=STRANGER, channel="sms", fiduciary="onesetu"):
    return may_contact(address=address, purpose="marketing", channel=channel, at=NOON, fiduciary=fiduciary).reason


@pytest.mark.parametrize(("language", "word"), [("en", "code to stop"), ("hi", "रोकने"), ("mr", "थांबवण्याचा")])
@pytest.mark.parametrize("address", [ASHA_PHONE, STRANGER, ASHA, "nobody@acme.example"])
def test_every_address_gets_the_code_in_the_language_of_the_page(asha, address, language, word):
    code = asked(address)
    assert public_opt_outs.send_code(code.pk, language=language, now=clock.now())
    assert public_opt_outs.send_code(code.pk, language=language, now=clock.now())
    letter = Message.objects.get(kind="consent.stop_code")
    text = message_content.text_of(letter)
    assert codes.plain(code) in text.body
    assert codes.plain(code) not in text.without_keys().body
    assert word in text.body
    assert (letter.channel, message_content.address_of(letter)) == ("email" if "@" in address else "sms", address)
    assert (letter.only_here, letter.category) == (True, "policy_and_security")


def test_asking_does_the_same_work_whoever_is_at_the_address(asha):
    assert work_of(lambda: asked(ASHA_PHONE)) == work_of(lambda: asked(STRANGER))


def test_a_code_that_was_used_or_is_over_is_not_sent(law):
    used = proven()
    assert not public_opt_outs.send_code(used.pk, language="en", now=clock.now())
    assert not public_opt_outs.send_code(asked(now=clock.now() - timedelta(hours=1)).pk, language="en", now=clock.now())
    assert not Message.objects.exists()


def test_the_page_opens_for_a_typed_code_in_its_browser_for_the_promised_minutes(law):
    waiting = asked()
    for code_id, browser, later in (
        (waiting.pk, BROWSER, timedelta()),
        (proven(ASHA_PHONE).pk, "another", timedelta()),
        (proven(ASHA).pk, BROWSER, timedelta(minutes=31)),
    ):
        with pytest.raises(NotFound):
            public_opt_outs.proven(code_id, browser=browser, now=clock.now() + later)
    code = proven("x@acme.example")
    assert public_opt_outs.proven(code.pk, browser=BROWSER, now=clock.now() + timedelta(minutes=29)) == code


def test_a_code_to_sign_in_opens_no_stop(law):
    code = codes.issue(purpose="sign_in", kind="email", address=ASHA, browser=BROWSER, now=clock.now())
    with pytest.raises(Refused):
        public_opt_outs.enter_code(code=code, typed=codes.plain(code), browser=BROWSER, now=clock.now())


def test_an_unknown_number_is_suppressed_and_told_once_where_it_asked(law):
    code = proven()
    (receipt,) = stop(code, language="hi")
    assert reason() is Reason.SUPPRESSED
    row = Suppression.objects.get()
    assert (row.way, row.receipt, row.event) == (Way.CODE, receipt, None)
    assert not ConsentEvent.objects.exists()
    told = Message.objects.get(kind="consent.stopped")
    assert (told.language, told.category, message_content.address_of(told)) == ("hi", "transactional", STRANGER)
    assert receipt.reference in message_content.text_of(told).body
    assert stop(code) == []
    assert Message.objects.count() == 1


@pytest.mark.parametrize("address", [ASHA_PHONE, STRANGER])
def test_who_comes_with_another_code_and_stops_again_is_recorded_and_told_again(asha, address):
    (first,) = stop(proven(address))
    (again,) = stop(code := proven(address))
    assert stop(code) == []
    told = Message.objects.filter(channel="sms").order_by("pk").values_list("about", flat=True)
    assert list(told) == [f"consent.receipt:{receipt.reference}" for receipt in (first, again)]
    assert undo(code, [again])
    assert not may_contact(address=address, purpose="marketing", channel="sms", at=NOON).allowed


def test_the_leaf_of_a_stop_binds_the_address_without_naming_it(law):
    (receipt,) = stop(proven())
    row = receipt.suppressions.get()
    facts = payload_of(row.entry)["facts"]
    assert facts["sha256"] == suppressions.digest_of([bytes(row.address_key)])
    assert STRANGER not in str(payload_of(row.entry))


def test_a_known_person_is_stopped_at_every_address_with_answers(asha):
    (receipt,) = stop(proven(ASHA_PHONE))
    assert {event.way for event in receipt.events.all()} == {Way.CODE}
    assert reason(ASHA_PHONE) is Reason.CONSENT_WITHDRAWN
    assert reason(ASHA, "email") is Reason.CONSENT_WITHDRAWN
    assert Suppression.objects.count() == 3
    told = Message.objects.filter(about=f"consent.receipt:{receipt.reference}")
    assert sorted(told.values_list("kind", "channel")) == [
        ("consent.confirmed", "dashboard"),
        ("consent.stopped", "sms"),
    ]


@pytest.mark.parametrize("address", [ASHA_PHONE, STRANGER])
def test_everybody_is_stopped_under_a_receipt_each_and_confirmed_once(asha, address):
    told_before = set(Message.objects.values_list("pk", flat=True))
    code = proven(address)
    stopped = stop_everybody(code)
    assert len(stopped) == 2
    places = Suppression.objects.filter(address_key=addresses.address_key(address), lift=None)
    assert {row.fiduciary.code for row in places} == {"onesetu", "acme-bank"}
    (told,) = Message.objects.filter(channel="sms")
    assert told.kind == "consent.stopped_everywhere"
    assert f"{stopped[0].reference}, the first of 2" in message_content.text_of(told).body
    on_dashboard = list(Message.objects.filter(channel="dashboard").exclude(pk__in=told_before))
    assert [one.kind for one in on_dashboard] == (["consent.stopped_everywhere"] if address == ASHA_PHONE else [])
    assert all(receipt.reference in message_content.text_of(one).body for one in on_dashboard for receipt in stopped)
    assert stop_everybody(code) == []


def test_a_stop_to_one_leaves_the_others_alone(asha):
    said(asha, "given", fiduciary="acme-bank")
    stop(proven(ASHA_PHONE), "acme-bank")
    assert reason(ASHA_PHONE, fiduciary="acme-bank") is Reason.CONSENT_WITHDRAWN
    assert reason(ASHA_PHONE) is Reason.ALLOWED_BY_CONSENT


def test_the_undo_of_everything_restores_what_stood_before(asha):
    said(asha, "given", fiduciary="acme-bank")
    code = proven(ASHA_PHONE)
    stopped = stop_everybody(code)
    assert len(undo(code, stopped)) == 2
    assert reason(ASHA_PHONE) is Reason.ALLOWED_BY_CONSENT
    assert reason(ASHA_PHONE, fiduciary="acme-bank") is Reason.ALLOWED_BY_CONSENT


def test_the_undo_of_a_suppression_alone_is_a_fact_of_its_own_and_told_to_recipients(law):
    registered_recipient()
    code = proven()
    stopped = stop(code)
    (undone,) = undo(code, stopped)
    assert reason() is Reason.NO_CONSENT
    assert Suppression.objects.get().lift.receipt == undone
    event = AuditEvent.objects.get(kind="consent.suppression.lifted")
    assert (event.facts["reference"], event.about) == (stopped[0].reference, f"consent.receipt:{undone.reference}")
    assert list(Telling.objects.order_by("pk").values_list("kind", flat=True)) == [
        "consent.withdrawn",
        "consent.expired",
    ]
    assert undo(code, stopped) == []


def test_after_the_minutes_nothing_is_undone(law):
    code = proven()
    stopped = stop(code)
    with pytest.raises(Refused):
        undo(code, stopped, now=clock.now() + timedelta(minutes=11))
    assert reason() is Reason.SUPPRESSED


def test_only_those_who_wrote_to_the_address_are_named(asha):
    FiduciaryFactory(code="other-client", name="Other Client")
    said(asha, "given", fiduciary="acme-bank")
    named = public_opt_outs.senders_to(proven(ASHA_PHONE))
    assert [one.code for one in named] == ["onesetu", "acme-bank"]
    assert [one.code for one in public_opt_outs.senders_to(proven())] == ["onesetu"]
    led_by = Fiduciary.objects.get(code="other-client")
    assert [one.code for one in public_opt_outs.senders_to(proven(), also=led_by)] == ["onesetu", "other-client"]


def test_who_asks_twice_at_an_unknown_address_stays_one_subject(law):
    for _time in range(2):
        assert public_opt_outs.send_code(asked().pk, language="en", now=clock.now())
    stop(proven())
    assert Subject.objects.filter(kind="stranger").count() == 1
    assert OneTimeCode.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_receipt_of_a_stop_alone_proves_itself_until_a_later_yes_or_the_undo(law):
    code = proven()
    (receipt,) = stopped = stop(code)
    assert not receipts.is_sealed(receipt)
    assert receipts.seal(receipt)
    assert receipts.is_sealed(receipt)
    ((_receipt, row),) = receipts.stops_at(stopped, keys=public_opt_outs.keys_of(code))
    proof = receipts.file_for(row)
    assert ledger.verify_receipt(proof, receipts.key_of(proof)).ok
    found = receipts.check(proof)
    assert (found.genuine, found.stopped, found.freshness) == (True, "Onesetu", "latest")
    document = receipts.document(row, now=clock.now())
    assert (document["receipt"], document["record"]["act"]) == (receipt.reference, "consent.address.suppressed")
    assert STRANGER not in str(document)
    undo(code, stopped)
    assert receipts.check(proof).superseded


def test_a_person_is_stopped_everywhere_once_every_company_is_and_again_after_a_later_yes(asha):
    contacts = list(ContactPoint.objects.filter(principal=asha))
    start = clock.now()

    def stops(hours):
        address_opt_outs.stop_everybody_for(
            principal=asha, actor=actor.SYSTEM, language="en", now=start + timedelta(hours=hours)
        )
        return address_opt_outs.person_stopped_since(contacts)

    assert address_opt_outs.person_stopped_since(contacts) is None
    stop(proven(ASHA_PHONE))
    assert address_opt_outs.person_stopped_since(contacts) is None, "the other company is not stopped"
    assert stops(1) is not None
    assert {row.fiduciary.code for row in Suppression.objects.filter(lift=None)} == {"onesetu", "acme-bank"}
    said(asha, "given", occurred_at=start + timedelta(hours=2), now=start + timedelta(hours=2))
    assert address_opt_outs.person_stopped_since(contacts) is None
    assert stops(3) == start + timedelta(hours=3)


def test_whoever_is_signed_in_and_stops_everybody_is_told_once_with_every_receipt(asha):
    receipts = address_opt_outs.stop_everybody_for(principal=asha, actor=actor.SYSTEM, language="en")
    assert len(receipts) == 2
    told = Message.objects.filter(kind="consent.stopped_everywhere")
    assert sorted(told.values_list("channel", flat=True)) == ["dashboard", "email"]
    assert not Message.objects.filter(
        kind="consent.confirmed", about=f"consent.receipt:{receipts[0].reference}"
    ).exists()
    assert reason(ASHA_PHONE) is Reason.CONSENT_WITHDRAWN
    assert {one.fiduciary.code for one in Suppression.objects.filter(lift=None)} == {"onesetu", "acme-bank"}


def test_of_each_address_the_stop_of_all_promotion_is_named_by_which_it_began_and_ends_with_a_yes_there(asha):
    start = clock.now()
    ours = Fiduciary.objects.get(code="onesetu")
    at = [start + timedelta(hours=hours) for hours in range(4)]
    for moment, channel, header in ((at[0], "sms", "ONESTU-P"), (at[1], "", ""), (at[2], "", "")):
        suppressions.alone(
            subject_ref=asha.subject.ref,
            fiduciary=ours,
            places=[address_opt_outs.place_of("phone", ASHA_PHONE)],
            way=Way.SMS,
            occurred_at=moment,
            actor=actor.SYSTEM,
            senders=[(channel, header)],
            again=True,
            now=moment,
        )
    keys = [address_opt_outs.place_of(*each).keys for each in (("phone", ASHA_PHONE), ("email", "nobody@acme.example"))]
    here, elsewhere = selectors.of_all_promotion(keys)
    assert {whose: (stop.suppressed_at, stop.header) for whose, stop in here.items()} == {ours.pk: (at[1], "")}
    assert elsewhere == {}
    said(asha, "given", occurred_at=at[3], now=at[3])
    assert selectors.of_all_promotion(keys) == [{}, {}]
