"""How the portal reaches people: channel to adapter (``portal/kernel/outbox/channels``)."""

from collections.abc import Iterable

ADAPTERS = {"sms": "SmsChannel", "whatsapp": "WhatsAppChannel", "rcs": "RcsChannel", "voice": "VoiceChannel"}


def ways_out(*, carried: Iterable[str], push: bool, demo: bool) -> dict[str, str]:
    """The channels of this installation. ``carried`` are the gateway's; without one the demonstration has its own.

    Raises KeyError for a channel that no gateway can carry.
    """
    found = {
        "dashboard": "portal.kernel.outbox.channels.dashboard.DashboardChannel",
        "email": "portal.kernel.outbox.channels.email.EmailChannel",
        "webhook": "portal.kernel.outbox.channels.webhook.WebhookChannel",
    }
    if demo:
        found["webhook"] = "portal.demo.gateway.WebhookChannel"
    if push:
        found["push"] = "portal.demo.gateway.PushChannel" if demo else "portal.kernel.outbox.channels.push.PushChannel"
    by_gateway = {name: f"portal.kernel.outbox.channels.gateway.{ADAPTERS[name]}" for name in carried}
    in_mailbox = {name: f"portal.demo.gateway.{adapter}" for name, adapter in ADAPTERS.items()} if demo else {}
    return found | (by_gateway or in_mailbox)
