"""A client's recipients hear of the addresses it has to do with, and of no other of the same person."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.base.choices import Way
from consent.base.selectors import contact_rulebook
from consent.decisions.services import list_scrub
from consent.decisions.services.address_processing import may_process_of
from consent.decisions.services.bulk_decisions import Question, decide_all
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentState, Suppression
from consent.preferences.services import preferences
from consent.records.selectors.client_addresses import used_by
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.kernel.core import actor, addresses, clock
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.services import message_content
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary, Principal
from portal.kernel.people.services import contacts
from portal.kernel.registers.models import Telling
from portal.kernel.registers.recipients.services import staff_instructions
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.law.factories import PurposeFactory
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import registered_recipient, two_people

pytestmark = pytest.mark.django_db
EVERYWHERE = ["sms", "whatsapp", "email", "push"]


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()
    published_notice()


@pytest.fixture
def asha() -> Principal:
    return person()


@pytest.fixture
def acme() -> Fiduciary:
    client = FiduciaryFactory(code="acme")
    registered_recipient(fiduciary=client, channels=EVERYWHERE)
    return client


def named_to_the_recipient() -> set[str]:
    told = [json.loads(message_content.text_of(each.message).body) for each in Telling.objects.order_by("pk")]
    return {known["value"] for word in told for known in word["data"]["address"]["known_by"]}


def stop(acme: Fiduciary, address: str = ASHA_PHONE, way: Way = Way.API):
    return stop_at_address(kind="phone", address=address, fiduciary=acme, way=way, actor=actor.SYSTEM)


def is_stopped(address: str) -> bool:
    return Suppression.objects.filter(address_key=addresses.address_key(address), lift=None).exists()


def test_a_stop_at_a_number_names_no_other_address_of_the_person_to_a_client(acme, asha):
    stop(acme)
    assert named_to_the_recipient() == {ASHA_PHONE}
    assert is_stopped(ASHA)


def test_an_address_at_which_the_client_was_answered_is_stopped_there_too(acme, asha):
    said(asha, "given", channel="email", fiduciary="acme")
    stop(acme)
    assert named_to_the_recipient() == {ASHA, ASHA_PHONE}


def test_a_stop_of_the_person_names_nothing_to_a_client_that_never_was_answered(acme, asha):
    receipt = stop_all_promotional(subject_ref=asha.subject.ref, fiduciary=acme, actor=actor.SYSTEM).receipt
    undo_stop(receipt=receipt, actor=actor.SYSTEM)
    assert not Telling.objects.exists()


def test_a_withdrawal_at_one_number_does_not_name_the_other(acme, asha):
    other = "+919800000002"
    asha.contact_points.create(
        kind="phone", address=other, address_key=addresses.address_key(other), added_at=clock.now()
    )
    withdraw(
        subject_ref=asha.subject.ref, fiduciary=acme, purpose="marketing", channel="sms", way=Way.API,
        actor=actor.SYSTEM, address_kind="phone", address=other,
    )  # fmt: skip
    assert named_to_the_recipient() == {other}
    assert ConsentState.objects.filter(fiduciary=acme, answer="denied").count() == 2


def test_a_wish_is_told_to_a_client_under_the_addresses_it_knows(acme, asha):
    said(asha, "given", fiduciary="acme")
    stop(acme)
    preferences.change(subject_ref=asha.subject.ref, wishes=preferences.WishList(pace="two_a_week"), actor=actor.SYSTEM)
    last = json.loads(message_content.text_of(Telling.objects.order_by("pk").last().message).body)["data"]
    assert last["address"]["known_by"] == [{"kind": "phone", "value": ASHA_PHONE}]
    assert {each["channel"] for each in last["standing"]} == {"sms", "whatsapp"}


def test_staff_instruct_a_clients_recipient_about_the_addresses_it_knows(acme, asha):
    recipient = registered_recipient("acme-two", fiduciary=acme)
    order = {
        "recipient": recipient, "do": "erase", "subject_ref": asha.subject.ref, "because": "OS-GR-7K4M-9QX2",
        "actor": two_people()[1], "now": clock.now(),
    }  # fmt: skip
    with pytest.raises(Refused, match="No address"):
        staff_instructions.by_staff(**order)
    said(asha, "given", fiduciary="acme")
    staff_instructions.by_staff(**order)
    assert named_to_the_recipient() == {ASHA_PHONE}


def test_for_ourselves_every_address_counts_as_used(asha):
    key = addresses.address_key(ASHA)
    assert used_by(Fiduciary.objects.get(is_self=True), [key]) == {key}
    assert used_by(FiduciaryFactory(code="other"), [key]) == set()


SECOND = "+919800000002"
GUESSED = "+919800000003"


@pytest.fixture
def her_second(asha):
    """A number of hers that the client never had anything to do with."""
    return asha.contact_points.create(
        kind="phone", address=SECOND, address_key=addresses.address_key(SECOND), added_at=clock.now(),
        verified_at=clock.now(),
    )  # fmt: skip


def answers(address, purpose="marketing"):
    """What the client hears of an address in each form: reason and entry of one and of many, and the line of a list."""
    question = Question(purpose, "sms", at_hour(12), fiduciary="acme")
    one = may_contact(address=address, purpose=purpose, channel="sms", at=question.at, fiduciary="acme")
    (many,) = decide_all(question, [address])
    (line,) = b"".join(list_scrub.Scrub(question).lines(io.BytesIO(address.encode()))).decode().split("\r\n")[1:-1]
    assert (one.allowed, many.allowed) == (False, False)
    return (str(one.reason), one.entry), (str(many.reason), many.entry), line.rsplit(",", 1)[1]


NOBODY = (("NO_CONSENT", None), ("NO_CONSENT", None), "NO_CONSENT")


@pytest.mark.parametrize("has_new_key", [False, True])
def test_a_client_hears_of_a_stop_only_where_it_was_made(acme, her_second, asha, settings, has_new_key):
    said(asha, "given", fiduciary="acme", purpose="product_updates", address=ASHA_PHONE)
    stop(acme)
    if has_new_key:
        settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
        settings.LOOKUP_KEY = "another lookup key of more than thirty-two characters"
    assert answers(GUESSED) == NOBODY
    assert answers(SECOND) == NOBODY
    (reason, entry), many, line = answers(ASHA_PHONE)
    assert reason == line == "CONSENT_DENIED"
    assert many == (reason, entry)
    assert entry is not None


def test_a_client_hears_of_a_withdrawal_only_where_it_was_made(acme, her_second, asha):
    said(asha, "given", fiduciary="acme", address=ASHA_PHONE)
    withdraw(
        subject_ref=asha.subject.ref, fiduciary=acme, purpose="marketing", channel="sms", way=Way.API,
        actor=actor.SYSTEM, address_kind="phone", address=ASHA_PHONE,
    )  # fmt: skip
    assert answers(SECOND) == NOBODY
    assert {answers(ASHA_PHONE)[0][0], answers(ASHA_PHONE)[2]} == {"CONSENT_WITHDRAWN"}


def test_an_undone_stop_leaves_no_trace_where_it_was_only_spread(acme, her_second, asha):
    said(asha, "given", fiduciary="acme", address=ASHA_PHONE)
    undo_stop(receipt=stop(acme, way=Way.CODE), actor=actor.SYSTEM)
    assert answers(SECOND) == NOBODY


def give_up(who, kind, address):
    """As they do on their page; a second time nothing is left."""
    for contact in people.contacts_at(kind, address).filter(principal=who):
        contacts.leave(contact=contact, actor=actor.SYSTEM)


def test_what_outlives_the_person_is_told_where_it_was_made_and_nowhere_else(acme, her_second, asha):
    stop(acme)
    for kind, address in (("phone", SECOND), ("phone", ASHA_PHONE)):
        give_up(asha, kind, address)
    assert answers(SECOND) == NOBODY
    assert answers(ASHA_PHONE)[2] == "SUPPRESSED"


def test_a_client_hears_of_a_stop_at_a_number_that_nobody_is_known_by(acme):
    stop(acme, GUESSED)
    (reason, entry), many, line = answers(GUESSED)
    assert (reason, line) == ("SUPPRESSED", "SUPPRESSED")
    assert many == (reason, entry)
    assert entry is not None


def test_we_ourselves_hear_of_every_no(her_second, asha):
    stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    for address in (ASHA_PHONE, SECOND):
        decision = may_contact(address=address, purpose="marketing", channel="sms", at=at_hour(12))
        assert (decision.reason, bool(decision.entry)) == ("CONSENT_DENIED", True)


@pytest.mark.parametrize("answer", [None, "given", "denied"])
@pytest.mark.parametrize("purpose", ["call_recording", "analytics", "fraud_prevention"])
def test_a_client_that_asks_by_number_about_a_use_hears_of_a_guessed_number_as_of_a_strangers(
    acme, her_second, asha, answer, purpose
):
    said(asha, "given", fiduciary="acme", address=ASHA_PHONE)
    if answer is not None:
        said(asha, answer, fiduciary="acme", purpose=purpose, channel="none")
    needs_consent = purpose != "fraud_prevention"
    expected = {
        None: "NO_CONSENT" if needs_consent else "ALLOWED_OTHER_BASIS",
        "given": "ALLOWED_BY_CONSENT" if needs_consent else "ALLOWED_OTHER_BASIS",
        "denied": "CONSENT_DENIED",
    }[answer]

    def asked(number, **changes):
        question = {"purpose": purpose, "at": clock.now(), "fiduciary": "acme", **changes}
        found = may_process_of(address_kind="phone", address=number, sign=True, **question)
        return str(found.reason), found.entry, found.rules

    assert asked(SECOND) == asked(GUESSED) == ("NO_CONSENT", None, ())
    assert asked(ASHA_PHONE)[0] == expected
    for unfit in ({"purpose": "marketing"}, {"purpose": "no_such"}):
        assert asked(SECOND, **unfit) == asked(GUESSED, **unfit) == asked(ASHA_PHONE, **unfit)


def test_a_hidden_no_stops_a_service_message_that_needs_no_consent_and_names_no_entry(acme, her_second, asha):
    code = PurposeFactory(code="order_news", message_category="service", bases={"IN": "voluntary_provision"}).code
    contact_rulebook.forget()
    said(asha, "denied", fiduciary="acme", purpose=code, address=SECOND)

    def asked(number):
        found = may_contact(address=number, purpose=code, channel="sms", at=at_hour(12), fiduciary="acme")
        return str(found.reason), found.entry

    assert asked(SECOND) == ("NO_CONSENT", None)
    assert asked(GUESSED) == ("ALLOWED_NO_OBJECTION", None)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from(["yes", "no", "stop", "other stop", "undo", "list", "leave"]), min_size=1, max_size=5
    ),
    purpose=st.sampled_from(["marketing", "product_updates"]),
)
def test_a_client_hears_the_same_of_an_address_in_each_form(acme, her_second, asha, emptied, steps, purpose):
    with emptied():
        receipts = []
        for step in steps:
            if step in {"yes", "no"}:
                said(asha, {"yes": "given", "no": "denied"}[step], fiduciary="acme", purpose=purpose)
            elif step == "list":
                proof = [{"type": "list", "sha256": "b" * 64}]
                said(asha, "denied", fiduciary="acme", address=SECOND, way=Way.IMPORT, evidence=proof)
            elif step == "stop":
                receipts.append(stop(acme, way=Way.CODE))
            elif step == "other stop":
                receipts.append(stop(acme, GUESSED, way=Way.CODE))
            elif step == "undo" and receipts and receipts[-1] is not None:
                undo_stop(receipt=receipts.pop(), actor=actor.SYSTEM)
            elif step == "leave":
                give_up(asha, "phone", SECOND)
        question = Question(purpose, "sms", at_hour(12), fiduciary="acme")
        for address in (ASHA_PHONE, SECOND, GUESSED):
            one = may_contact(address=address, purpose=purpose, channel="sms", at=question.at, fiduciary="acme")
            (many,) = decide_all(question, [address])
            (line,) = (
                b"".join(list_scrub.Scrub(question).lines(io.BytesIO(address.encode()))).decode().split("\r\n")[1:-1]
            )
            assert (str(many.reason), many.entry, line.rsplit(",", 1)[1]) == (
                str(one.reason),
                one.entry,
                str(one.reason),
            )
            if address == SECOND and "list" not in steps:
                assert (str(one.reason), one.entry) == ("NO_CONSENT", None)
