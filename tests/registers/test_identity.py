"""Under whose name a message goes: what two people registered, and the template's number of the settings."""

from typing import Any

import pytest

from portal.kernel.core import answers
from portal.kernel.outbox.channels.protocol import SenderIdentity
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import entity_of, own, registered_sender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def told(settings: Any) -> None:
    settings.OUTBOX_TEMPLATE_IDS = {"a.b": "1107", "a.b.hi": "1108"}


def ask(category: str, *, channel: str = "sms", fiduciary: str = "onesetu", language: str = "en") -> SenderIdentity:
    found: SenderIdentity = answers.sender_identity.ask(
        fiduciary=fiduciary, channel=channel, category=category, kind="a.b", language=language
    )
    return found


def test_a_message_goes_under_what_two_people_registered() -> None:
    entity_of(own())
    registered_sender("ONESTU", carries=["transactional"])
    assert ask("transactional") == SenderIdentity("1101234567890123456", "ONESTU", "1107")


def test_what_nobody_registered_is_empty() -> None:
    own()
    assert ask("transactional") == SenderIdentity("", "", "1107")


def test_a_template_goes_under_its_own_number_in_each_language() -> None:
    own()
    assert ask("transactional", language="hi").template_id == "1108"
    assert ask("transactional", language="mr").template_id == "1107"


def test_a_header_carries_only_what_it_is_registered_for() -> None:
    registered_sender("OFFERS", carries=["promotional"])
    assert ask("transactional").header == ""
    assert ask("promotional").header == "OFFERS"


def test_policy_and_security_goes_under_the_mildest_header_there_is() -> None:
    registered_sender("SERVIC", carries=["service"])
    assert ask("policy_and_security").header == "SERVIC"
    registered_sender("TRANSA", carries=["transactional"])
    assert ask("policy_and_security").header == "TRANSA"


def test_a_client_never_sends_under_our_name() -> None:
    entity_of(own())
    FiduciaryFactory(code="acme")
    assert ask("transactional", fiduciary="acme") == SenderIdentity()
    assert ask("transactional", channel="email", fiduciary="acme") == SenderIdentity()
