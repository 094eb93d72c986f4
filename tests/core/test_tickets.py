import pytest

from portal.core.errors import BadReference
from portal.core.tickets import QUEUES, names_a_contact, parse_ticket
from tests.kyc.documents import AADHAAR


@pytest.mark.parametrize("typed", ["OS-GR-7K4M-9QX2", "os gr 7k4m 9qx2", " OS-GR-7K4M-9QX2 "])
def test_a_reference_has_one_spelling(typed: str) -> None:
    assert parse_ticket(typed) == "OS-GR-7K4M-9QX2"


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_is_taken_in_any_case(queue: str) -> None:
    assert parse_ticket(queue.title()) == queue


@pytest.mark.parametrize("typed", ["", "x", "KYC Ramesh Kulkarni", "OS-XX-7K4M-9QX2", "OS-GR-7K4M-9Q", "9876543210"])
def test_nothing_else_is_taken(typed: str) -> None:
    with pytest.raises(BadReference):
        parse_ticket(typed)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Call Ramesh at 98765 43210.", True),
        ("+44 20 7946 0018", True),
        ("ramesh@example.in", True),
        (f"It shows {AADHAAR}.", True),
        ("Since 2026-11-25 14:30 the text of clause 15 lacks 12 items; see OS-GR-7K4M-9QX2.", False),
    ],
)
def test_a_reason_with_a_contact_is_known(text: str, found: bool) -> None:
    assert names_a_contact(text) is found
