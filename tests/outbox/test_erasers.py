from datetime import timedelta
from uuid import uuid4

import pytest

from portal.kernel.core import clock, ports
from portal.kernel.core.erasure_api import Kept
from portal.kernel.core.errors import NotFound
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.erasure import MessageTexts
from portal.kernel.outbox.models import DeliveryAddress, Message, MessageBody
from portal.kernel.outbox.services import delivery, message_content
from tests.outbox.factories import Gate, RecordingChannel, posted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]
ERASER = MessageTexts()


def sent_long_ago(days: int, **kwargs: object) -> Message:
    message = posted(**kwargs)  # type: ignore[arg-type]
    delivery.deliver(message.pk, now=clock.now())
    Message.objects.filter(pk=message.pk).update(created_at=clock.now() - timedelta(days=days))
    return message


def test_only_what_began_before_is_named_and_ended(gate: Gate, channel: RecordingChannel) -> None:
    subject_ref = uuid4()
    old = sent_long_ago(400, subject_ref=subject_ref)
    new = sent_long_ago(10, subject_ref=subject_ref, about="tests.thing:2")
    limit = clock.now() - timedelta(days=365)
    assert list(ERASER.kept(before=limit)) == [Kept(subject_ref, 1)]
    assert ERASER.erase(subject_ref=subject_ref, before=limit) == 1
    assert ERASER.erase(subject_ref=subject_ref, before=limit) == 0
    with pytest.raises(NotFound):
        message_content.text_of(Message.objects.get(pk=old.pk))
    assert message_content.text_of(Message.objects.get(pk=new.pk)).subject == "A notice"
    assert list(DeliveryAddress.objects.values_list("message", flat=True)) == [new.pk]


def test_a_message_that_still_waits_keeps_its_words() -> None:
    message = posted()
    Message.objects.filter(pk=message.pk).update(created_at=clock.now() - timedelta(days=400))
    assert list(ERASER.kept(before=clock.now())) == []


def test_erasing_a_person_ends_all_their_words_and_keeps_that_it_was_sent(
    gate: Gate, channel: RecordingChannel
) -> None:
    asha, other = sent_long_ago(1), sent_long_ago(1)
    sealed = bytes(asha.text.sealed)
    assert ERASER.erase(subject_ref=asha.subject_ref, before=None) == 1
    assert MessageBody.objects.get().message == other
    asha.refresh_from_db()
    assert asha.state == MessageState.SENT
    with pytest.raises(NotFound):  # an old backup's copy is unreadable too: its key has ended
        message_content.encryption.unseal(sealed, subject_ref=asha.subject_ref)


def test_the_eraser_is_registered() -> None:
    assert any(eraser.name == "outbox.texts" for eraser in ports.erasers)
