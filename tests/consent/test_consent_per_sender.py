"""Consent to one sender of a company and not to another: in the gate, the API, receipts and the ledger."""

import io
import json
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consent.base.choices import Answer, Way
from consent.base.rules.contact import Reason
from consent.collection.services.person_merge import keep_the_stricter
from consent.decisions.services import bulk_decisions
from consent.decisions.services.contact_decisions import may_contact
from consent.decisions.services.list_scrub import Scrub
from consent.models import ConsentEvent, ConsentState, Suppression
from consent.preferences.services import preference_options
from consent.records.services import receipts
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from consent.records.services.projection import rebuild as rebuild_consent_state
from consent.suppressions.services import one_click_unsubscribe, suppressions, withdrawals
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.core import actor, clock
from portal.kernel.ledger.services import payload_of
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import contacts, subjects
from portal.kernel.registers.models import Telling
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.test_undos import NOON, START, place_at, still, stop_all, undo, withdrawn
from tests.people.factories import CustomerUserFactory, FiduciaryFactory, SubjectFactory, issued_api_key
from tests.registers.factories import registered_recipient, registered_sender
from tests.signin.people_who_sign_in import customer_client

__all__ = ["still"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
SENDERS = ("ONESTU", "OFFERS")
HEADERS = {"ONESTU": "AD-ONESTU-P", "OFFERS": "AD-OFFERS-P", "": None}
NUMBERS = count(20_000_000)


@pytest.fixture(autouse=True)
def world(still):
    published_notice()
    for sender in SENDERS:
        registered_sender(sender, carries=["promotional"])


@pytest.fixture
def asha(world):
    return person()


def say(who: Any, answer: str, sender: str = "", number: str = ASHA_PHONE) -> ConsentEvent:
    from consent.models import NoticeText

    place = address_of(subject_ref=who.subject.ref, channel="sms", kind="phone", text=number)
    notice = NoticeText.objects.first() if answer == "given" else None
    choice = Choice(place, "marketing", "sms", Answer(answer), notice, sender=sender)
    (event,) = record_all(
        subject_ref=who.subject.ref, fiduciary="onesetu", choices=[choice], way=Way.PAGE, occurred_at=clock.now(),
        actor=actor.SYSTEM,
    ).events  # fmt: skip
    return event


def may(sender: str = "", number: str = ASHA_PHONE) -> bool:
    """The one answer that a single question, a batch and a scrubbed list give."""
    header = HEADERS[sender]
    one = may_contact(address=number, purpose="marketing", channel="sms", at=NOON, header=header)
    question = bulk_decisions.Question("marketing", "sms", NOON, header=header)
    (many,) = bulk_decisions.decide_all(question, [number])
    assert (many.allowed, many.reason, many.entry) == (one.allowed, one.reason, one.entry)
    _heading, line = b"".join(Scrub(question).lines(io.BytesIO(number.encode()))).decode().splitlines()
    assert line.split(",")[1:] == [str(one.allowed).lower(), str(one.reason)]
    return one.allowed


def every() -> dict[str, bool]:
    return {sender: may(sender) for sender in ("", *SENDERS)}


def test_a_consent_to_one_sender_counts_for_that_one_alone(asha):
    event = say(asha, "given", "ONESTU")
    assert every() == {"": False, "ONESTU": True, "OFFERS": False}
    assert not ConsentState.objects.exists(), "the states are of all senders"
    decision = may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=NOON, header="AD-ONESTU-P")
    assert (decision.reason, decision.entry) == (Reason.ALLOWED_BY_CONSENT, str(event.entry.event_id))


def test_a_refusal_of_one_sender_blocks_that_one_and_where_no_sender_is_named(asha, still):
    say(asha, "given")
    still.shift(60)
    say(asha, "withdrawn", "ONESTU")
    assert every() == {"": False, "ONESTU": False, "OFFERS": True}


def test_a_refusal_of_all_senders_beats_an_older_consent_to_one(asha, still):
    say(asha, "given", "ONESTU")
    still.shift(60)
    withdrawn(asha)
    assert every() == {"": False, "ONESTU": False, "OFFERS": False}


def test_a_later_consent_to_one_sender_counts_after_a_refusal_of_all(asha, still):
    say(asha, "given")
    still.shift(60)
    stop_all(asha)
    still.shift(60)
    say(asha, "given", "OFFERS")
    assert every() == {"": False, "ONESTU": False, "OFFERS": True}
    still.shift(60)
    assert withdrawn(asha).receipt is not None, "it takes the consent to the one sender back"
    assert not any(every().values())


def test_a_stop_of_everything_ends_the_consent_to_one_sender(asha, still):
    say(asha, "given", "OFFERS")
    still.shift(60)
    stop_all(asha)
    assert not any(every().values())
    still.shift(3600)
    say(asha, "given", "OFFERS")
    assert may("OFFERS")
    still.shift(60)
    assert stop_all(asha).receipt is not None
    assert not any(every().values())


def test_nothing_is_shown_as_stopped_already_while_a_single_sender_may_send(asha, still):
    say(asha, "given")
    stop_all(asha)
    still.shift(3600)
    message = SimpleNamespace(subject_ref=asha.subject.ref, purpose="marketing", channel="sms")
    own = Fiduciary.objects.get(code="onesetu")

    def stopped() -> tuple[bool, bool, bool]:
        since = withdrawals.all_promotion_stopped_since(asha.subject.ref, at=clock.now())
        shown = preference_options.offer(asha.subject.ref, at=clock.now()).stopped_since
        return since is not None, shown is not None, one_click_unsubscribe._is_stopped(message, own)

    assert stopped() == (True, True, True)
    say(asha, "given", "OFFERS")
    assert stopped() == (False, False, False)
    still.shift(60)
    withdrawn(asha, sender="OFFERS")
    assert stopped() == (True, True, True)


def test_the_withdrawal_of_one_sender_leaves_the_others_and_twice_is_harmless(asha, still):
    say(asha, "given")
    still.shift(60)
    done = withdrawn(asha, sender="ONESTU")
    assert [(event.sender, event.answer) for event in done.events] == [("ONESTU", "withdrawn")]
    assert withdrawn(asha, sender="ONESTU").receipt is None
    assert every() == {"": False, "ONESTU": False, "OFFERS": True}


def test_an_undo_leaves_the_refusal_of_one_sender_as_it_was(asha, still):
    say(asha, "given")
    still.shift(60)
    say(asha, "withdrawn", "ONESTU")
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    undo(stopped)
    assert every() == {"": False, "ONESTU": False, "OFFERS": True}


def test_an_undo_does_not_restore_the_consent_to_one_sender(asha, still):
    say(asha, "given", "OFFERS")
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    undo(stopped)
    assert not any(every().values())


def test_a_refusal_of_one_sender_after_a_stop_is_not_swallowed_by_its_undo(asha, still):
    say(asha, "given")
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    assert withdrawn(asha, sender="ONESTU").receipt is not None
    still.shift(60)
    undo(stopped)
    assert every() == {"": False, "ONESTU": False, "OFFERS": True}


@pytest.mark.parametrize("first", ["stop", "refusal"])
def test_an_undo_leaves_the_refusal_of_one_sender_where_another_person_consented_at_the_number(asha, still, first):
    """Who stops never answered before: the undo restores no consent, and theirs is the only refusal of the sender."""
    bob = person(email="bob@acme.example", phone=ASHA_PHONE)
    say(bob, "given")
    still.shift(60)
    steps = [lambda: stop_all(asha), lambda: withdrawn(asha, sender="ONESTU")]
    receipts_of = []
    for step in steps if first == "stop" else reversed(steps):
        receipts_of.append(step().receipt)
        still.shift(60)
    assert every() == {"": False, "ONESTU": False, "OFFERS": False}
    undo(receipts_of[0 if first == "stop" else 1])
    assert every() == {"": False, "ONESTU": False, "OFFERS": True}


def test_the_leaf_names_the_sender_and_one_without_a_sender_is_what_it_always_was(asha, still):
    old, new = said(asha, "given", occurred_at=clock.now()), say(asha, "given", "ONESTU")
    assert "sender" not in payload_of(old.entry)
    assert payload_of(new.entry)["sender"] == "ONESTU"
    assert set(payload_of(new.entry)) - set(payload_of(old.entry)) == {"sender"}
    assert new.previous is None, "a chain of its own"
    assert say(asha, "withdrawn", "ONESTU").previous == new


def test_a_receipt_names_the_sender_and_is_overtaken_by_a_later_word_about_all(asha, still):
    event = say(asha, "given", "ONESTU")
    assert receipts.freshness(event, now=clock.now()) == "latest"
    (mail,) = Message.objects.filter(about=f"consent.receipt:{event.receipt.reference}", channel="email")
    assert "SMS (ONESTU): yes" in text_of(mail).body
    still.shift(60)
    withdrawn(asha)
    assert receipts.freshness(event, now=clock.now()) == "superseded"


def test_the_page_of_a_receipt_names_the_sender_and_withdraws_it_alone(asha, still):
    CustomerUserFactory(email="login@acme.example", principal=asha)
    say(asha, "given")
    still.shift(60)
    event = say(asha, "given", "ONESTU")
    her, place = customer_client(asha.user), f"/privacy/consents/{event.receipt.reference}/"
    assert "ONESTU" in her.get(place).text
    her.post(f"{place}1/withdraw/")
    assert every() == {"": False, "ONESTU": False, "OFFERS": True}


def test_the_preferences_show_what_was_chosen_for_one_sender_with_its_receipt(asha, still):
    CustomerUserFactory(email="login@acme.example", principal=asha)
    say(asha, "given")
    still.shift(60)
    event = say(asha, "withdrawn", "ONESTU")
    page = customer_client(asha.user).get("/privacy/preferences/").text
    shown = page[page.index("ONESTU: ") :]
    assert event.receipt.reference in shown[: shown.index("</p>")]
    assert 'value="marketing:sms" checked' in page


def test_recipients_know_no_senders_and_hear_nothing(asha):
    registered_recipient()
    say(asha, "given", "ONESTU")
    assert not Telling.objects.exists()


@pytest.mark.parametrize("end", ["left", "merged"])
def test_a_consent_to_one_sender_ends_with_the_address_and_by_a_merge_with_who_refused(asha, still, end):
    say(asha, "given", "ONESTU")
    still.shift(60)
    if end == "left":
        contacts.leave(contact=asha.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    else:
        other = person(email="other@acme.example", phone="+919811112222")
        withdrawn(other)
        keep_the_stricter(old_ref=other.subject.ref, new_ref=asha.subject.ref, at=clock.now())
        subjects.join(old_ref=other.subject.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert not any(every().values())


def test_a_refusal_of_one_sender_stays_with_an_address_that_was_left(asha, still):
    say(asha, "withdrawn", "ONESTU")
    contacts.leave(contact=asha.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    assert Suppression.objects.get().header == "ONESTU"


def post(path: str, body: dict[str, Any], key: str) -> Any:
    return Client().post(
        f"/api/v1/{path}", json.dumps(body), content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )  # fmt: skip


def test_a_system_tells_of_a_consent_to_one_sender_and_reads_it_back(still):
    acme = FiduciaryFactory(code="acme-bank", name="Acme Bank")
    registered_sender("ACMEBK", fiduciary=acme, carries=["promotional"])
    key = issued_api_key(acme, scopes=["consents:write", "consents:read"])
    place = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms"}
    proof = {"evidence": [{"type": "web_form", "sha256": "ab" * 32}]}
    given_there = post("consents", {**place, **proof, "sender": "VM-ACMEBK-P"}, key).json()
    assert [event["sender"] for event in given_there["events"]] == ["ACMEBK"]
    refused = post("consents", {**place, **proof, "sender": "ONESTU"}, key)
    assert (refused.status_code, refused.json()["code"]) == (422, "UNKNOWN_SENDER")

    def found() -> list[tuple[str, str]]:
        rows = post("consents/find", {"kind": "phone", "address": ASHA_PHONE}, key).json()["consents"]
        return [(row["sender"], row["answer"]) for row in rows]

    assert found() == [("ACMEBK", "given")]
    still.shift(60)
    withdrawal = post("consents/withdraw", {**place, "sender": "ACMEBK"}, key).json()
    assert [(event["sender"], event["answer"]) for event in withdrawal["events"]] == [("ACMEBK", "withdrawn")]
    assert found() == [("ACMEBK", "withdrawn")]
    assert ConsentEvent.objects.filter(sender="").count() == 0


def test_a_refusal_is_not_lost_for_a_sender_that_nobody_registered(still):
    acme = FiduciaryFactory(code="acme-bank", name="Acme Bank")
    key = issued_api_key(acme, scopes=["consents:write"])
    body = {"address": ASHA_PHONE, "purpose": "marketing", "channel": "sms", "sender": "NOBODY"}
    assert [event["sender"] for event in post("consents/withdraw", body, key).json()["events"]] == [""]


# ---- against a plain oracle ----

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["given", "given", "denied", "withdrawn", "withdraw", "stop"]),
        st.sampled_from([0, 0, 1]),
        st.sampled_from(["", *SENDERS]),
    ),
    min_size=1,
    max_size=7,
)


class Plain:
    """Two people at one number, and every word of theirs in its order."""

    def __init__(self) -> None:
        self.number = f"+9198{next(NUMBERS):08d}"
        self.people = [person(email=None, phone=self.number) for _who in range(2)]
        self.words: list[tuple[int, int, str, bool]] = []  # instant, who, sender, whether it is a consent
        self.stops: list[tuple[int, str]] = []

    def do(self, at: int, step: tuple[str, int, str]) -> None:
        what, who, sender = step
        if what == "stop":
            suppressions.alone(
                subject_ref=SubjectFactory(kind="stranger").ref, fiduciary=Fiduciary.objects.get(code="onesetu"),
                places=[place_at(self.number)], way=Way.SMS, occurred_at=clock.now(), actor=actor.SYSTEM,
                senders=[("sms" if sender else "", sender)], again=True,
            )  # fmt: skip
            self.stops.append((at, sender))
            return
        if what == "withdraw":
            withdraw(
                subject_ref=self.people[who].subject.ref, purpose="marketing", channel="sms", way=Way.PAGE,
                actor=actor.SYSTEM, sender=sender,
            )  # fmt: skip
        else:
            say(self.people[who], what, sender, self.number)
        self.words.append((at, who, sender, what == "given"))

    def may(self, sender: str) -> bool:
        if not sender and any(self.refused(one) for one in SENDERS):
            return False
        if self.refused(sender):
            return False
        yes = [at for at, _who, is_given in self.latest(sender) if is_given]
        stops = [at for at, of in self.stops if not sender or of in {"", sender}]
        return bool(yes) and (not stops or max(yes) > max(stops))

    def refused(self, sender: str) -> bool:
        return any(not is_given for _at, _who, is_given in self.latest(sender))

    def latest(self, sender: str) -> list[tuple[int, int, bool]]:
        own = {who: (at, who, is_given) for at, who, of, is_given in self.words if of in {"", sender}}
        return list(own.values())


@pytest.mark.parametrize("examples", [6, pytest.param(80, marks=pytest.mark.full)])
def test_the_gate_answers_for_each_sender_as_a_plain_account_does(still, examples):
    @settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking replays the database for minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=STEPS)
    def live(steps: list[tuple[str, int, str]]) -> None:
        plain = Plain()
        still.move_to(START)
        for at, step in enumerate(steps):
            still.shift(60)
            plain.do(at, step)
        for sender in ("", *SENDERS):
            assert may(sender, plain.number) is plain.may(sender), sender
        assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0

    live()
