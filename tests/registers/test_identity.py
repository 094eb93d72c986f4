"""Under whose name a message goes: by the register first, by the settings where it is silent."""

from typing import Any

import pytest

from portal.core import hooks
from portal.outbox.channels.protocol import SenderIdentity
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import entity_of, own, registered_sender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def told(settings: Any) -> None:
    settings.OUTBOX_ENTITY_ID, settings.OUTBOX_HEADERS = "9999", {"transactional": "TOLDHD"}
    settings.OUTBOX_TEMPLATE_IDS = {"a.b": "1107"}


def ask(category: str, *, channel: str = "sms", fiduciary: str = "onesetu") -> SenderIdentity:
    found: SenderIdentity = hooks.sender_identity.ask(
        fiduciary=fiduciary, channel=channel, category=category, kind="a.b", language="en"
    )
    return found


def test_what_two_people_registered_goes_before_the_settings() -> None:
    entity_of(own())
    registered_sender("ONESTU", carries=["transactional"])
    assert ask("transactional") == SenderIdentity("1101234567890123456", "ONESTU", "1107")


def test_where_the_register_is_silent_the_settings_speak() -> None:
    own()
    assert ask("transactional") == SenderIdentity("9999", "TOLDHD", "1107")


def test_a_header_carries_only_what_it_is_registered_for() -> None:
    registered_sender("OFFERS", carries=["promotional"])
    assert ask("transactional").header == "TOLDHD"
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
