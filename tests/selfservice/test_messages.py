import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, post
from portal.kernel.people.models import SubjectAlias, User
from tests.law.factories import PurposeFactory
from tests.outbox.factories import KIND, answering_gate, use_template
from tests.people.factories import CustomerUserFactory, StaffFactory, SubjectFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def arranged(monkeypatch: pytest.MonkeyPatch):
    PurposeFactory(code="support", message_category="transactional")
    use_template(
        monkeypatch,
        "Subject: A notice for you\nOpens: nothing\n\nFirst line of {{ reference }}.\n\nSecond <b>line</b>.\n",
    )
    with answering_gate(monkeypatch):
        yield


@pytest.fixture
def asha() -> User:
    return CustomerUserFactory()


def in_dashboard(subject_ref, about: str = "tests.thing:1") -> Message:
    message = post(
        kind=KIND,
        subject_ref=subject_ref,
        channel="dashboard",
        address="",
        language="en",
        purpose="support",
        about=about,
        context={"reference": "OS-GR-7K4M-9QX2"},
    )
    delivery.deliver(message.pk, now=clock.now())
    message.refresh_from_db()
    return message


def test_a_person_reads_their_messages(asha: User) -> None:
    message = in_dashboard(asha.principal.subject.ref)
    client = customer_client(asha)
    listed = client.get(reverse("privacy:messages")).content.decode()
    assert "A notice for you" in listed
    assert "New. Sent on" in listed
    opened = client.get(reverse("privacy:message", args=[message.reference])).content.decode()
    assert "First line of OS-GR-7K4M-9QX2." in opened
    assert "Second &lt;b&gt;line" in opened
    assert re.search(r'class="back" href="/privacy/messages/">Back</a>', opened)
    assert "New. Sent on" not in client.get(reverse("privacy:messages")).content.decode()


def test_the_first_reading_is_noted_and_later_ones_change_nothing(asha: User) -> None:
    message = in_dashboard(asha.principal.subject.ref)
    page = reverse("privacy:message", args=[message.reference])
    customer_client(asha).get(page)
    message.refresh_from_db()
    first = message.seen_at
    assert first is not None
    Message.objects.filter(pk=message.pk).update(seen_at=first - timedelta(days=1))
    customer_client(asha).get(page)
    message.refresh_from_db()
    assert message.seen_at == first - timedelta(days=1)


def test_a_message_under_an_earlier_reference_of_the_person_is_there_too(asha: User) -> None:
    earlier = SubjectFactory().ref
    SubjectAlias.objects.create(old_ref=earlier, new_ref=asha.principal.subject.ref, joined_at=clock.now())
    in_dashboard(earlier)
    assert "A notice for you" in customer_client(asha).get(reverse("privacy:messages")).content.decode()


def test_nobody_reads_somebody_elses_message(asha: User, client: Client) -> None:
    message = in_dashboard(asha.principal.subject.ref)
    page = reverse("privacy:message", args=[message.reference])
    other = customer_client(CustomerUserFactory())
    assert other.get(page).status_code == 404
    assert "A notice for you" not in other.get(reverse("privacy:messages")).content.decode()
    assert client.get(page).status_code == 302
    staff = Client()
    staff.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert staff.get(page).status_code == 302


def test_a_message_that_waits_or_was_erased_is_not_shown(asha: User) -> None:
    waiting = in_dashboard(asha.principal.subject.ref)
    Message.objects.filter(pk=waiting.pk).update(state="due", sent_at=None)
    erased = in_dashboard(asha.principal.subject.ref, about="tests.thing:2")
    erased.text.delete()
    client = customer_client(asha)
    assert "There are no messages" in client.get(reverse("privacy:messages")).content.decode()
    assert client.get(reverse("privacy:message", args=[erased.reference])).status_code == 404
