"""outbox.E001-E003: production sends real e-mail, no worker loses what it sends, and a gateway can be trusted."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def production_sends_email(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """outbox.E001: without a mail server every letter would lie in a folder, unread."""
    if settings.PRODUCTION and not settings.EMAIL_CONFIG:
        hint = "Set EMAIL_URL, for example smtp+tls://user:password@mail.example:587"
        return [Error("EMAIL_URL is not set: no letter would reach anybody.", hint=hint, id="outbox.E001")]
    return []


def a_lease_outlasts_a_send(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """outbox.E002: a lease shorter than a send makes two workers send the same message."""
    longest = max(settings.EMAIL_TIMEOUT, settings.OUTBOX_GATEWAY_TIMEOUT)
    if settings.PRODUCTION and 2 * longest >= settings.OUTBOX_LEASE_SECONDS:
        hint = "Set OUTBOX_LEASE_SECONDS to more than twice EMAIL_TIMEOUT and OUTBOX_GATEWAY_TIMEOUT."
        return [Error("The outbox's lease is too short.", hint=hint, id="outbox.E002")]
    return []


#: Shorter ones can be guessed.
SHORTEST_SECRET = 24


def a_gateway_has_its_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """outbox.E003: a gateway without its key refuses us; without a good secret anybody could report in its name."""
    if not (settings.PRODUCTION and settings.OUTBOX_GATEWAY_URL):
        return []
    secrets = settings.OUTBOX_REPORT_SECRETS
    if settings.OUTBOX_GATEWAY_KEY and secrets and all(len(secret) >= SHORTEST_SECRET for secret in secrets):
        return []
    hint = f"Set OUTBOX_GATEWAY_KEY, and OUTBOX_REPORT_SECRETS of {SHORTEST_SECRET} characters at least each."
    return [Error("The gateway's key or the secret of its reports is missing or weak.", hint=hint, id="outbox.E003")]
