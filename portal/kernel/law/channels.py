"""What each channel of messages is: one description a channel, which everything else asks. Plain values, no database.

A new channel is a description here, its label in ``choices.Channel``, its place in ``data/purposes.toml`` and its words in
Hindi and Marathi. The gateway carries it as it carries the others (``portal/kernel/outbox/channels/gateway.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: How a channel reaches a person. The first two are the kinds of addresses (``portal.kernel.core.addresses``).
EMAIL: Final = "email"
PHONE: Final = "phone"
#: Where there is no address: after signing in, and in a browser that the person switched on.
LOGIN: Final = "login"
BROWSER: Final = "browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDescription:
    """What a channel is, for the rules of every room.

    ``senders`` are the codes of the kinds of senders that are registered for it (``registers.SenderKind``), none where
    nobody registers senders. ``fallback`` is its place among the channels on which news is tried that did not arrive on
    another one. ``answered_on`` is the channel on which an answer to a message of the person goes, its own when empty;
    ``reply`` is how a reply on it is called (``consent.Way`` and ``grievances.Door``), empty where nobody can reply.
    """

    reaches: str
    fallback: int
    senders: tuple[str, ...] = ()
    reply: str = ""
    answered_on: str = ""
    #: Every letter of it is counted or read aloud: the footer stands on the pages that it names.
    is_short: bool = False
    #: It disturbs nobody: the permitted hours do not hold for it.
    is_silent: bool = False
    #: The telecom operators carry it: nothing without a template that is registered with them (TRAI TCCCPR 2018).
    is_operators: bool = False
    #: Its platform approves templates, and lets free text through only soon after a message of the person.
    is_platforms: bool = False
    #: The communications API over HTTP carries it (``OUTBOX_GATEWAY_CHANNELS``).
    by_gateway: bool = False

    @property
    def address_kind(self) -> str:
        """The kind of address it needs, empty where the person is found without one."""
        return self.reaches if self.reaches in {EMAIL, PHONE} else ""

    @property
    def is_registered(self) -> bool:
        """Whether header and template are registered, or approved by whoever carries the message."""
        return bool(self.senders)


#: By code, in the order in which pages show them.
DESCRIPTIONS: Final[Mapping[str, ChannelDescription]] = {
    "sms": ChannelDescription(
        reaches=PHONE,
        fallback=20,
        senders=("sms_header", "short_code"),
        reply="sms",
        is_short=True,
        is_operators=True,
        by_gateway=True,
    ),
    "whatsapp": ChannelDescription(
        reaches=PHONE, fallback=30, senders=("whatsapp_number",), reply="whatsapp", is_platforms=True, by_gateway=True
    ),
    "rcs": ChannelDescription(
        reaches=PHONE, fallback=40, senders=("rcs_agent",), reply="rcs", is_short=True, by_gateway=True
    ),
    "email": ChannelDescription(reaches=EMAIL, fallback=10),
    "voice": ChannelDescription(
        reaches=PHONE,
        fallback=60,
        senders=("voice_number",),
        reply="voice",
        answered_on="sms",
        is_short=True,
        is_operators=True,
        by_gateway=True,
    ),
    "push": ChannelDescription(reaches=BROWSER, fallback=50, is_short=True),
    # Nobody looks at it unasked: it is tried last.
    "dashboard": ChannelDescription(reaches=LOGIN, fallback=70, is_silent=True),
}

#: The channels that need an address, with its kind.
ADDRESS_KIND: Final[Mapping[str, str]] = {
    code: channel.address_kind for code, channel in DESCRIPTIONS.items() if channel.address_kind
}
#: The channels that reach a telephone number: a "do not disturb" of the person holds for them.
TO_A_NUMBER: Final = tuple(code for code, kind in ADDRESS_KIND.items() if kind == PHONE)
OPERATORS: Final = tuple(code for code, channel in DESCRIPTIONS.items() if channel.is_operators)
#: Their platform approves each template.
PLATFORMS: Final = tuple(code for code, channel in DESCRIPTIONS.items() if channel.is_platforms)
BY_GATEWAY: Final = tuple(code for code, channel in DESCRIPTIONS.items() if channel.by_gateway)
#: The order in which news is tried again on other channels: written words first.
FALLBACK: Final = tuple(sorted(DESCRIPTIONS, key=lambda code: DESCRIPTIONS[code].fallback))


def answered_on(code: str) -> str:
    """The channel on which an answer to what a person sent on this one goes."""
    return DESCRIPTIONS[code].answered_on or code
