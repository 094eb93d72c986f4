"""One description a channel: everything that differs by channel asks it."""

from portal.kernel.law.channels import (
    ADDRESS_KIND,
    BY_GATEWAY,
    DESCRIPTIONS,
    FALLBACK,
    OPERATORS,
    TO_A_NUMBER,
    answered_on,
)
from portal.kernel.law.choices import MESSAGE_CHANNELS


def test_every_channel_of_messages_is_described_in_the_order_of_the_pages():
    assert list(DESCRIPTIONS) == [str(channel) for channel in MESSAGE_CHANNELS]


def test_no_two_channels_are_tried_at_the_same_place():
    assert len({channel.fallback for channel in DESCRIPTIONS.values()}) == len(DESCRIPTIONS) == len(FALLBACK)


def test_what_somebody_registers_is_sent_to_a_number_and_by_a_gateway():
    registered = {code for code, channel in DESCRIPTIONS.items() if channel.is_registered}
    assert {*OPERATORS} <= registered == {*BY_GATEWAY} == {*TO_A_NUMBER}
    assert {*ADDRESS_KIND} - registered == {"email"}


def test_an_answer_to_a_call_is_written_and_any_other_goes_back_on_its_own_channel():
    assert {code: answered_on(code) for code in TO_A_NUMBER} == {
        "sms": "sms",
        "whatsapp": "whatsapp",
        "rcs": "rcs",
        "voice": "sms",
    }
