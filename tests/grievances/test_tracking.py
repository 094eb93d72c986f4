"""Following without an account: same answer and same work for everybody, a code that opens once."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grievances.base import selectors
from grievances.models import TrackingCode
from grievances.tickets.services import public_tracking
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ciphers
from portal.kernel.core.ids import new_reference
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from tests.grievances.factories import RECEIVED, STRANGER, filed, ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def ask(reference: str, address: str = "asha@example.in", kind: str = "email", at=RECEIVED) -> str:
    return public_tracking.ask_code(reference=reference, kind=kind, address=address, at=at)


def sent_code(secret: str, at=RECEIVED) -> str:
    """Run the task and read the digits out of the letter."""
    row = selectors.tracking_code(secret)
    public_tracking.send_code(code_id=row.pk, at=at)
    message = Message.objects.filter(kind="grievances.tracking_code").latest("pk")
    text = message_content.text_of(message)
    found = [word.strip(".") for word in text.body.split() if word.strip(".").isdigit()]
    (code,) = [word for word in found if len(word) == 6]
    assert code not in text.without_keys().body
    return code


def enter(secret: str, typed: str, at=RECEIVED):
    return public_tracking.enter_code(secret=secret, typed=typed, actor=STRANGER, at=at)


def statements(act) -> list[str]:
    """The statements of an act, without the numbers and values that differ in any two calls."""
    with CaptureQueriesContext(connection) as seen:
        act()
    return [re.sub(r"s\d+_x\d+|X'[^']*'|'[^']*'|\b\d+\b", "?", query["sql"]) for query in seen.captured_queries]


def test_asking_does_the_same_work_for_a_right_a_wrong_and_an_unknown_pair() -> None:
    found = ticket()
    right = statements(lambda: ask(found.reference))
    wrong = statements(lambda: ask(found.reference, "other@example.in"))
    unknown = statements(lambda: ask(new_reference("GR")))
    assert right == wrong == unknown
    assert right


def test_a_wrong_code_does_the_same_work_whether_the_pair_was_right_or_not() -> None:
    found = ticket()
    right, unknown = ask(found.reference), ask(new_reference("GR"))
    sent_code(right)
    public_tracking.send_code(code_id=selectors.tracking_code(unknown).pk, at=RECEIVED)
    assert statements(lambda: enter(right, "000000x")) == statements(lambda: enter(unknown, "000000x"))


def test_only_the_right_pair_is_sent_a_code() -> None:
    found = ticket()
    for reference, address in ((found.reference, "other@example.in"), (new_reference("GR"), "asha@example.in")):
        row = selectors.tracking_code(ask(reference, address))
        assert not public_tracking.send_code(code_id=row.pk, at=RECEIVED)
    assert not Message.objects.filter(kind="grievances.tracking_code").exists()
    assert TrackingCode.objects.filter(ticket=None, code_hash=None).count() == 2


def test_the_right_code_opens_the_grievance_for_half_an_hour() -> None:
    found = ticket()
    secret = ask(found.reference)
    assert enter(secret, sent_code(secret)) == found
    half = RECEIVED + timedelta(minutes=30)
    assert selectors.ticket_for_view(secret, found.reference, now=half - timedelta(seconds=1)) == found
    assert selectors.ticket_for_view(secret, found.reference, now=half) is None
    assert AuditEvent.objects.filter(kind="grievances.ticket.tracked", about=found.about).exists()


def test_a_view_opens_one_grievance_and_no_other() -> None:
    found, other = ticket(), ticket(email="ravi@example.in")
    secret = ask(found.reference)
    enter(secret, sent_code(secret))
    assert selectors.ticket_for_view(secret, other.reference, now=RECEIVED) is None


def test_a_code_opens_once() -> None:
    found = ticket()
    secret = ask(found.reference)
    code = sent_code(secret)
    assert enter(secret, code) == found
    assert enter(secret, code) is None


@pytest.mark.parametrize(
    ("after", "opens"), [(timedelta(minutes=15, seconds=-1), True), (timedelta(minutes=15), False)]
)
def test_a_code_works_for_fifteen_minutes(after: timedelta, opens: bool) -> None:
    found = ticket()
    secret = ask(found.reference)
    code = sent_code(secret)
    assert (enter(secret, code, RECEIVED + after) == found) is opens


def test_after_five_tries_the_right_code_does_not_open_either() -> None:
    found = ticket()
    secret = ask(found.reference)
    code = sent_code(secret)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert enter(secret, wrong) is None
    assert enter(secret, code) is None
    assert selectors.tracking_code(secret).tries == 5


def test_a_code_is_accepted_with_spaces_and_in_devanagari_digits() -> None:
    found = ticket()
    secret = ask(found.reference)
    code = sent_code(secret)
    assert enter(secret, f" {code[:3]} {code[3:]} ".translate(str.maketrans("0123456789", "०१२३४५६७८९"))) == found


def test_the_code_of_one_request_does_not_open_another() -> None:
    found = ticket()
    first, second = ask(found.reference), ask(found.reference)
    code = sent_code(first)
    other = sent_code(second)
    if code != other:
        assert enter(second, code) is None


def test_a_person_with_a_phone_only_opens_it_with_the_tracking_key_and_gets_no_letter() -> None:
    result = filed(email="", phone="+919876543210")
    secret = ask(result.ticket.reference, "+919876543210", "phone")
    assert public_tracking.send_code(code_id=selectors.tracking_code(secret).pk, at=RECEIVED)
    assert not Message.objects.exists()
    key = result.tracking_key
    assert enter(secret, f"{key[:4]} {key[4:8]} {key[8:12]} {key[12:]}") == result.ticket


def test_asked_for_by_number_the_code_goes_to_the_e_mail_address_of_the_grievance() -> None:
    result = filed(phone="+919876543210")
    secret = ask(result.ticket.reference, "+919876543210", "phone")
    assert enter(secret, sent_code(secret)) == result.ticket


def test_a_tracking_key_alone_without_the_number_opens_nothing() -> None:
    result = filed(email="", phone="+919876543210")
    secret = ask(result.ticket.reference, "+919999999999", "phone")
    public_tracking.send_code(code_id=selectors.tracking_code(secret).pk, at=RECEIVED)
    assert enter(secret, result.tracking_key) is None


def test_sending_a_code_twice_sends_one() -> None:
    secret = ask(ticket().reference)
    row = selectors.tracking_code(secret)
    assert public_tracking.send_code(code_id=row.pk, at=RECEIVED)
    assert not public_tracking.send_code(code_id=row.pk, at=RECEIVED)
    assert Message.objects.filter(kind="grievances.tracking_code").count() == 1


def test_leaving_closes_the_view_on_the_server() -> None:
    found = ticket()
    secret = ask(found.reference)
    enter(secret, sent_code(secret))
    public_tracking.close_view(secret=secret)
    assert selectors.ticket_for_view(secret, found.reference, now=RECEIVED) is None


def test_a_code_whose_nudge_was_lost_is_sent_by_the_sweep_once() -> None:
    found = ticket()
    ask(found.reference)
    ask(new_reference("GR"))
    assert public_tracking.send_waiting(at=RECEIVED) == 1
    assert public_tracking.send_waiting(at=RECEIVED) == 0
    assert Message.objects.filter(kind="grievances.tracking_code").count() == 1


def test_a_code_that_is_over_is_not_sent_late() -> None:
    ask(ticket().reference)
    assert public_tracking.send_waiting(at=RECEIVED + timedelta(minutes=15)) == 0


def a_new_key(settings) -> None:
    """What an operator does to rotate: the old key stays for look-ups, a new one serves new rows."""
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY, *settings.LOOKUP_KEYS_OLD]
    settings.LOOKUP_KEY = f"lookup key number {len(settings.LOOKUP_KEYS_OLD)} of more than thirty-two characters"


def test_a_grievance_filed_under_an_older_lookup_key_is_found_and_opened(settings) -> None:
    found = ticket()
    a_new_key(settings)
    a_new_key(settings)
    secret = ask(found.reference)
    assert enter(secret, sent_code(secret)) == found


def test_a_code_sent_under_an_older_lookup_key_opens(settings) -> None:
    found = ticket()
    secret = ask(found.reference)
    code = sent_code(secret)
    a_new_key(settings)
    assert enter(secret, code) == found


def test_a_request_asked_under_an_older_lookup_key_is_answered_after_the_new_one_came(settings) -> None:
    found = ticket()
    secret = ask(found.reference)
    a_new_key(settings)
    assert enter(secret, sent_code(secret)) == found


def test_a_tracking_key_given_under_an_older_lookup_key_opens(settings) -> None:
    result = filed(email="", phone="+919876543210")
    a_new_key(settings)
    secret = ask(result.ticket.reference, "+919876543210", "phone")
    assert public_tracking.send_code(code_id=selectors.tracking_code(secret).pk, at=RECEIVED)
    assert enter(secret, result.tracking_key) == result.ticket


def test_with_two_lookup_keys_a_hit_and_a_miss_hash_and_ask_the_same(settings, monkeypatch) -> None:
    found = ticket()
    a_new_key(settings)
    hashed: list[str] = []
    plain = ciphers._indexer

    def noting(key: str, version: int, domain: str) -> Callable[[str], bytes]:
        return lambda value: hashed.append(domain) or plain(key, version, domain)(value)

    monkeypatch.setattr(ciphers, "_indexer", noting)

    def work(reference: str) -> tuple[list[str], list[str]]:
        hashed.clear()
        secret = ask(reference)
        public_tracking.send_code(code_id=selectors.tracking_code(secret).pk, at=RECEIVED)
        hashed.clear()
        return statements(lambda: (ask(reference), enter(secret, "000000x"))), list(hashed)

    assert work(found.reference) == work(new_reference("GR"))
    assert "grievances.tracking_key" in hashed
