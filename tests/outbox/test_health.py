from datetime import timedelta

import pytest

from portal.kernel.core import clock, ports
from portal.kernel.outbox.health import readiness
from portal.kernel.outbox.models import Message
from tests.outbox.factories import posted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]


def test_an_empty_outbox_is_ready() -> None:
    assert readiness() == ("outbox", True, "0 s behind")
    assert ("outbox", readiness) in list(ports.readiness)


def test_a_message_that_nobody_sends_makes_the_portal_unready() -> None:
    message = posted()
    Message.objects.filter(pk=message.pk).update(next_attempt_at=clock.now() - timedelta(minutes=5))
    assert readiness()[1]
    Message.objects.filter(pk=message.pk).update(next_attempt_at=clock.now() - timedelta(minutes=11))
    assert not readiness()[1]


def test_a_message_whose_hour_has_not_come_is_no_delay() -> None:
    message = posted()
    Message.objects.filter(pk=message.pk).update(next_attempt_at=clock.now() + timedelta(hours=9))
    assert readiness()[2] == "0 s behind"
