from uuid import uuid4

import pytest

from portal.kernel.core import clock, ports
from portal.kernel.outbox.models import AddressFault
from portal.kernel.outbox.services import delivery
from tests.outbox.factories import Gate, RecordingChannel, posted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]


def collected(*refs: object) -> list[dict[str, object]]:
    (section,) = [section for section in ports.sections if section.name == "messages"]
    records: list[dict[str, object]] = section.collect(subject_refs=refs)
    return records


def test_a_person_gets_every_message_with_its_words(gate: Gate, channel: RecordingChannel) -> None:
    message = posted()
    delivery.deliver(message.pk, now=clock.now())
    posted()
    (record,) = collected(message.subject_ref)
    assert (record["reference"], record["to"], record["state"]) == (message.reference, "asha@example.com", "Sent")
    assert "Your reference number is" in str(record["body"])


def test_an_erased_message_is_named_as_erased() -> None:
    message = posted()
    message.text.delete()
    (record,) = collected(message.subject_ref)
    assert "were erased" in str(record["erased"])
    assert "body" not in record


def test_why_an_address_is_not_used_any_more_is_told_with_the_messages() -> None:
    message = posted()
    AddressFault.objects.create(
        subject_ref=message.subject_ref, address_key=b"x" * 33, channel=message.channel, reason="bounced",
        message=message, noted_at=clock.now(),
    )  # fmt: skip
    fault = collected(message.subject_ref)[-1]
    assert (fault["because"], fault["after_message"]) == ("Address not found", message.reference)


def test_nobody_gets_anybody_elses() -> None:
    posted()
    assert collected(uuid4()) == []
