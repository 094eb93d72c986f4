"""One line of a list: what it says, or everything that is wrong with it, and never the value."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.base.choices import Answer
from consent.consent_imports.choices import LineFault
from consent.consent_imports.services.line_parser import Found, Line, Used, read
from portal.kernel.core.clock import IST

NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
KINDS = {"sms": "phone", "email": "email"}
PURPOSES = {
    "marketing": Used(True, True),
    "old_offers": Used(False, True),
    "analytics": Used(True, False),
    "billing": Used(True, True, needs_consent=False),
}
FIT = {
    "address": "98765 43210",
    "channel": "sms",
    "purpose": "marketing",
    "answer": "given",
    "occurred_at": "2025-10-01T14:30:00+05:30",
    "origin": "web_form",
    "proof_sha256": "ab" * 32,
}


def judged(**changes):
    return read({**FIT, **changes}, kinds=KINDS, purposes=PURPOSES, now=NOW)


def test_a_line_in_order_is_read_in_its_normal_form():
    assert judged(channel=" SMS ", answer="Yes", proof_sha256="AB" * 32) == Line(
        kind="phone",
        address="+919876543210",
        channel="sms",
        purpose="marketing",
        answer=Answer.GIVEN,
        occurred_at=datetime(2025, 10, 1, 9, 0, tzinfo=UTC),
        origin="web_form",
        proof_sha256="ab" * 32,
    )


@pytest.mark.parametrize(
    ("changes", "column", "fault"),
    [
        ({"address": "12"}, "address", LineFault.ADDRESS_FORMAT),
        ({"address": ""}, "address", LineFault.ADDRESS_FORMAT),
        ({"channel": "email"}, "address", LineFault.ADDRESS_FORMAT),
        ({"channel": "push"}, "channel", LineFault.CHANNEL_UNKNOWN),
        ({"channel": ""}, "channel", LineFault.CHANNEL_UNKNOWN),
        ({"purpose": "nothing"}, "purpose", LineFault.PURPOSE_UNKNOWN),
        ({"purpose": "old_offers"}, "purpose", LineFault.PURPOSE_UNKNOWN),
        ({"purpose": "analytics"}, "purpose", LineFault.PURPOSE_WITHOUT_MESSAGES),
        ({"purpose": "billing"}, "purpose", LineFault.CONSENT_NOT_NEEDED),
        ({"answer": "maybe"}, "answer", LineFault.ANSWER_UNKNOWN),
        ({"answer": "expired"}, "answer", LineFault.ANSWER_UNKNOWN),
        ({"occurred_at": "01/10/2025"}, "occurred_at", LineFault.TIME_FORMAT),
        ({"occurred_at": ""}, "occurred_at", LineFault.TIME_FORMAT),
        ({"occurred_at": "2026-11-26"}, "occurred_at", LineFault.TIME_AHEAD),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at", LineFault.TIME_TOO_EARLY),
        ({"occurred_at": "1900-01-01"}, "occurred_at", LineFault.TIME_TOO_EARLY),
        ({"occurred_at": "9999-12-31"}, "occurred_at", LineFault.TIME_AHEAD),
        ({"origin": ""}, "origin", LineFault.ORIGIN_UNKNOWN),
        ({"origin": "somehow"}, "origin", LineFault.ORIGIN_UNKNOWN),
        ({"proof_sha256": ""}, "proof_sha256", LineFault.PROOF_MISSING),
        ({"proof_sha256": "ab"}, "proof_sha256", LineFault.PROOF_MISSING),
    ],
)
def test_each_fault_names_its_column(changes, column, fault):
    assert judged(**changes) == [Found(column, fault)]


def test_every_fault_of_a_line_is_named_at_once():
    columns = [found.column for found in judged(answer="x", channel="x", purpose="x", occurred_at="x", origin="x")]
    assert columns == ["answer", "channel", "purpose", "occurred_at", "origin"]


def test_a_no_needs_no_proof_and_is_taken_for_a_purpose_that_has_ended():
    found = judged(answer="stop", purpose="old_offers", origin="", proof_sha256="")
    assert (found.answer, found.origin, found.proof_sha256) == (Answer.WITHDRAWN, "", "")


def test_a_no_is_taken_for_a_purpose_that_needs_no_yes():
    assert judged(purpose="billing", answer="no").answer is Answer.DENIED


def test_a_day_counts_for_a_yes_from_its_beginning_and_for_a_no_until_its_end():
    assert judged(occurred_at="2025-10-01").occurred_at == datetime(2025, 10, 1, tzinfo=IST)
    no = judged(answer="no", occurred_at="2025-10-01").occurred_at
    assert no == datetime(2025, 10, 2, tzinfo=IST) - timedelta(milliseconds=1)
    assert judged(answer="no", occurred_at="2026-11-25").occurred_at == NOW


def test_a_time_without_a_zone_is_indian_time():
    assert judged(occurred_at="2025-10-01 14:30:00").occurred_at == datetime(2025, 10, 1, 9, 0, tzinfo=UTC)


def test_the_apostrophe_of_a_spreadsheet_is_forgiven():
    assert judged(address="'+91 98765 43210").address == "+919876543210"
