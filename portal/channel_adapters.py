"""How the portal reaches people: channel to adapter (``portal/kernel/outbox/channels``)."""

from collections.abc import Iterable

from portal.kernel.law.channels import BY_GATEWAY


def adapters(*, carried: Iterable[str], push: bool, demo: bool) -> dict[str, str]:
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
    if unknown := sorted({*carried} - {*BY_GATEWAY}):
        raise KeyError(f"OUTBOX_GATEWAY_CHANNELS: {', '.join(unknown)}")
    by_gateway = dict.fromkeys(carried, "portal.kernel.outbox.channels.gateway.GatewayChannel")
    in_mailbox = dict.fromkeys(BY_GATEWAY, "portal.demo.gateway.MailboxChannel") if demo else {}
    return found | (by_gateway or in_mailbox)
