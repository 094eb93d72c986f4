from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import DeliveryAddress, Message, MessageBody, TemplateVersion
from portal.kernel.outbox.services import message_content, post
from tests.outbox.factories import KIND, posted, use_template

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]


def test_a_message_is_posted_once_however_often_it_is_asked_for() -> None:
    subject_ref = uuid4()
    first, second = posted(subject_ref=subject_ref), posted(subject_ref=subject_ref)
    assert first == second
    assert (Message.objects.count(), MessageBody.objects.count(), DeliveryAddress.objects.count()) == (1, 1, 1)


def test_another_matter_is_another_message() -> None:
    subject_ref = uuid4()
    assert posted(subject_ref=subject_ref) != posted(subject_ref=subject_ref, about="tests.thing:2")


def test_the_text_is_rendered_at_once_and_reads_as_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    message = posted()
    use_template(monkeypatch, "Subject: Other\nOpens: nothing\n\nOther words")
    text = message_content.text_of(message)
    assert text.subject == "A notice"
    assert text.body.startswith("Your reference number is OS-GR-7K4M-9QX2.")
    assert message_content.address_of(message) == "asha@example.com"


def test_neither_words_nor_address_stand_readable_in_the_database() -> None:
    message = posted()
    rows = [message.text.sealed, message.destination.sealed]
    assert not any(word in bytes(row) for row in rows for word in (b"asha", b"example", b"reference", b"7K4M"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM outbox_message")
        assert "asha" not in str(cursor.fetchall()).lower()
    assert message.destination.masked == "a••••@example.com"


def test_nothing_is_posted_when_the_caller_rolls_back() -> None:
    with transaction.atomic():
        posted()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_a_worker_is_told_after_the_commit(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as nudges:
        posted()
    assert len(nudges) == 1


def test_the_wording_used_is_kept_for_later_readers() -> None:
    message = posted()
    version = TemplateVersion.objects.get()
    assert (version.kind, version.sha256) == (KIND, message.template_sha256)
    assert "{{ reference }}" in version.source


def test_an_address_that_is_none_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(Refused, match="Enter an email address"):
        post(
            kind=KIND,
            subject_ref=uuid4(),
            channel=Channel.EMAIL,
            address="asha",
            language="en",
            purpose="support",
            about="tests.thing:1",
            context={"reference": "x"},
        )
    assert not Message.objects.exists()


def test_an_essential_purpose_cannot_carry_promotion(monkeypatch: pytest.MonkeyPatch) -> None:
    use_template(
        monkeypatch, "Subject: News\nCategory: promotional\nOpens: nothing\n\nBuy one, get one: {{ reference }}"
    )
    message = posted(purpose="support")
    assert message.category == "promotional"
    assert message.category_is_disputed


def test_a_promotional_purpose_stays_promotional_whatever_the_template_says(monkeypatch: pytest.MonkeyPatch) -> None:
    use_template(monkeypatch, "Subject: News\nCategory: transactional\nOpens: nothing\n\n{{ reference }}")
    message = posted(purpose="marketing")
    assert (message.category, message.category_is_disputed) == ("promotional", True)


def test_a_notice_for_the_dashboard_needs_no_address() -> None:
    message = post(
        kind=KIND,
        subject_ref=uuid4(),
        channel=Channel.DASHBOARD,
        address="",
        language="en",
        purpose="support",
        about="tests.thing:1",
        context={"reference": "x"},
    )
    assert message.state == MessageState.DUE
    assert message_content.address_of(message) == ""
