import pytest

from portal.kernel.core import records
from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import ALPHABET, KINDS, new_reference
from portal.kernel.core.work_references import QUEUES, exists, is_of_work, parse_ticket
from portal.kernel.jobs.models import Job
from tests.jobs.factories import JobFactory


def test_a_reference_has_one_spelling() -> None:
    reference = new_reference("GR")
    for typed in (reference, reference.lower().replace("-", " "), f" {reference} ", reference.replace("-", "")):
        assert parse_ticket(typed) == reference


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_is_taken_in_any_case(queue: str) -> None:
    assert parse_ticket(queue.title()) == queue


@pytest.mark.parametrize("typed", ["", "x", "KYC Ramesh Kulkarni", "OS-XX-7K4M-9QX2", "OS-GR-7K4M-9Q", "9876543210"])
def test_nothing_else_is_taken(typed: str) -> None:
    with pytest.raises(BadReference):
        parse_ticket(typed)


def test_a_wrong_check_character_is_told_apart() -> None:
    reference = new_reference("KY")
    wrong = reference[:-1] + next(letter for letter in ALPHABET if letter != reference[-1])
    with pytest.raises(BadReference) as refusal:
        parse_ticket(wrong)
    assert refusal.value.code == "CHECK_CHARACTER"


@pytest.mark.django_db
def test_a_ticket_is_known_when_there_is_one() -> None:
    assert exists(JobFactory().reference)
    assert not exists(new_reference("JB"))
    assert all(exists(queue) for queue in QUEUES)


def test_an_account_is_no_work() -> None:
    assert is_of_work(new_reference("GR"))
    assert not is_of_work(new_reference("CU"))


@pytest.mark.django_db
def test_each_kind_of_work_has_a_model_with_references(django_assert_num_queries) -> None:
    assert records.work()["JB"] is Job
    for kind in records.work():
        assert kind in KINDS
        with django_assert_num_queries(1):
            assert not exists(new_reference(kind))
