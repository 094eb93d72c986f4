"""A mail service hands over mail: signed, once, and told nothing of what followed."""

import pytest
from django.test import Client

from grievances.models import SeenMail, Ticket
from portal.kernel.core import clock, webhook_signatures
from tests.api.asking import check
from tests.data.mails import lines
from tests.grievances.conftest import house  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
URL = "/api/v1/inbound-mail"
SECRET = webhook_signatures.new_secret()


@pytest.fixture(autouse=True)
def secrets(settings) -> None:
    settings.MAIL_IN_SECRETS = [SECRET]


def hand_over(raw: bytes, *, name: str = "one", secret: str = SECRET):
    headers = webhook_signatures.sign(raw, message_id=name, at=clock.now(), secrets=[secret])
    client = Client(raise_request_exception=False)
    answer = client.post(URL, raw, content_type="message/rfc822", headers=headers)
    check(answer, "post", URL)
    return answer


def test_a_mail_is_taken_once_and_nothing_is_said_of_it() -> None:
    answers = [hand_over(lines()), hand_over(lines()), hand_over(lines("Precedence: bulk"), name="two")]
    assert [answer.json() for answer in answers] == [{"taken": True}] * 3
    assert Ticket.objects.count() == 1
    assert SeenMail.objects.count() == 2


def test_a_large_mail_is_taken() -> None:
    assert hand_over(lines(body="They wrote.\n" + "x" * (13 * 1024 * 1024))).status_code == 200
    assert Ticket.objects.count() == 1


def test_without_a_signature_that_holds_nothing_is_taken(settings) -> None:
    assert hand_over(lines(), secret=webhook_signatures.new_secret()).status_code == 401
    settings.MAIL_IN_SECRETS = []
    assert hand_over(lines()).status_code == 401
    assert not SeenMail.objects.exists()


def test_more_bytes_than_a_mail_has_are_not_read() -> None:
    answer = Client(raise_request_exception=False).post(
        URL, b"x", content_type="message/rfc822", headers={"Content-Length": str(40 * 1024 * 1024)}
    )
    assert answer.status_code == 413
