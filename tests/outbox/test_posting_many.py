"""A list of letters posted together leaves the rows that posting them one by one would."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.kernel.core import clock
from portal.kernel.core.errors import Refused, Unavailable
from portal.kernel.outbox.models import DeliveryAddress, Message, MessageBody, TemplateVersion
from portal.kernel.outbox.services import message_content, post
from portal.kernel.outbox.services.bulk_messages import Letter, post_all
from portal.kernel.vault.models import ShredOrder, SubjectKey
from tests.outbox.factories import KIND

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("notice")]
ABOUT = "tests.thing:1"
#: What differs between two messages with the same words to the same place.
OWN = {"id", "reference", "message_id", "idempotency_key", "subject_ref", "next_attempt_at", "created_at"}


def letter(number: int, *, subject_ref: UUID | None = None, address: str = "", channel: str = "email") -> Letter:
    to = address or f"Person{number}@Example.com"
    return Letter(subject_ref or uuid4(), channel, to, "en", {"reference": "OS-GR-7K4M-9QX2"})


def together(*letters: Letter) -> list[Any]:
    return post_all(kind=KIND, purpose="marketing", about=ABOUT, letters=letters, only_here=True)


def alone(one: Letter) -> Message:
    return post(
        kind=KIND,
        subject_ref=one.subject_ref,
        channel=one.channel,
        address=one.address,
        language=one.language,
        purpose="marketing",
        about=ABOUT,
        context=one.context,
        only_here=True,
    )


def columns(message: Message) -> dict[str, object]:
    return {name: value for name, value in Message.objects.filter(pk=message.pk).values()[0].items() if name not in OWN}


def test_they_are_what_they_would_be_alone() -> None:
    single = alone(letter(0))
    for channel in ("email", "dashboard"):
        (message,) = together(letter(0, channel=channel))
        assert {**columns(message), "channel": ""} == {**columns(single), "channel": ""}
        text = message_content.text_of(Message.objects.get(pk=message.pk))
        assert (text.subject, text.body.split("\n")[0]) == ("A notice", "Your reference number is OS-GR-7K4M-9QX2.")
    by_email = Message.objects.filter(channel="email").latest("pk")
    assert message_content.address_of(by_email) == "person0@example.com"
    assert by_email.destination.masked == single.destination.masked
    assert bytes(by_email.destination.address_key) == bytes(single.destination.address_key)
    assert TemplateVersion.objects.count() == 1


def test_a_letter_posted_before_or_twice_is_one_message() -> None:
    first, second = letter(1), letter(2)
    before = alone(first)
    again, new, twin = together(first, second, second)
    assert again == before
    assert new == twin
    assert (Message.objects.count(), MessageBody.objects.count(), DeliveryAddress.objects.count()) == (2, 2, 2)


def test_an_address_that_is_none_is_refused_and_the_others_are_posted() -> None:
    good, bad = together(letter(1), letter(2, address="nobody"))
    assert isinstance(good, Message)
    assert isinstance(bad, Refused)
    assert (bad.code, Message.objects.count()) == ("EMAIL_FORMAT", 1)


def test_nothing_is_written_under_a_key_that_is_being_shredded() -> None:
    first = letter(1)
    alone(first)
    key = SubjectKey.objects.get(subject_ref=first.subject_ref)
    ShredOrder.objects.create(
        key_id=key.pk, subject_ref=first.subject_ref, retention_class="message", ordered_at=clock.now()
    )
    another = Letter(first.subject_ref, "dashboard", "", "en", first.context)
    gone, posted = together(another, letter(2))
    assert isinstance(gone, Unavailable)
    assert isinstance(posted, Message)
    assert not Message.objects.filter(channel="dashboard").exists()


def test_somebody_who_promises_one_of_them_in_this_instant_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = letter(1), letter(2)
    before = alone(first)
    filtered, count = Message.objects.filter, 0

    def not_seen(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        found = filtered(*args, **kwargs)
        if "subject_ref__in" in kwargs:
            count += 1
            return found.none()
        return found

    monkeypatch.setattr(Message.objects, "filter", not_seen)
    again, new = together(first, second)
    assert (again, count) == (before, 1)
    assert isinstance(new, Message)
    assert filtered().count() == 2


def test_nothing_is_posted_when_the_caller_rolls_back() -> None:
    with transaction.atomic():
        together(letter(1), letter(2))
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_workers_are_told_of_some_at_once_after_the_commit(
    settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.OUTBOX_GATEWAY_AT_ONCE = 2
    with django_capture_on_commit_callbacks() as nudges:
        together(*(letter(number) for number in range(5)))
    assert len(nudges) == 3


def test_ten_take_as_many_statements_as_two() -> None:
    together(letter(0))
    found: list[int] = []
    for numbers in (range(1, 3), range(3, 13)):
        with CaptureQueriesContext(connection) as asked:
            together(*(letter(number) for number in numbers))
        found.append(len(asked))
    assert found[0] == found[1]
