"""outbox.E001-E003: production sends real e-mail, no worker loses what it sends, and a gateway can be trusted."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from portal.kernel.core.webhook_signatures import PREFIX
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.channels import push, registry

#: The only backend whose letters leave.
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def production_sends_email(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """outbox.E001: without a mail server every letter would lie in a folder, or on a screen, unread."""
    if not settings.PRODUCTION:
        return []
    hint = "Set EMAIL_URL, for example smtp+tls://user:password@mail.example:587"
    if not settings.EMAIL_CONFIG:
        return [Error("EMAIL_URL is not set: no email would be delivered.", hint=hint, id="outbox.E001")]
    if settings.EMAIL_CONFIG.get("EMAIL_BACKEND", SMTP) != SMTP:
        return [Error("EMAIL_URL names no mail server: no email would be delivered.", hint=hint, id="outbox.E001")]
    return []


def a_lease_outlasts_a_send(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """outbox.E002: a lease shorter than a send makes two workers send the same message."""
    longest = max(settings.EMAIL_TIMEOUT, settings.OUTBOX_GATEWAY_TIMEOUT)
    if registry.is_set_up(Channel.PUSH):  # asks one browser after another
        longest = max(longest, push.MOST_BROWSERS * push.TIMEOUT)
    # Twice: a time-out counts for the connection and for the answer.
    if settings.PRODUCTION and 2 * longest >= settings.OUTBOX_LEASE_SECONDS:
        hint = f"Set OUTBOX_LEASE_SECONDS to more than {2 * longest:g}: twice the longest send."
        return [Error("The outbox's lease is too short.", hint=hint, id="outbox.E002")]
    return []


#: Bytes. Shorter ones can be guessed (Standard Webhooks: 24 to 64 bytes).
SHORTEST_SECRET = 24


def a_gateway_has_its_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """outbox.E003: a gateway without its key refuses us; without a good secret anybody could report in its name."""
    if not settings.PRODUCTION:
        return []
    # Reports are taken wherever a secret is set, with a gateway or without.
    are_good = all(_bytes_of(secret) >= SHORTEST_SECRET for secret in settings.OUTBOX_REPORT_SECRETS)
    are_there = bool(settings.OUTBOX_GATEWAY_KEY and settings.OUTBOX_REPORT_SECRETS)
    if are_good and (are_there or not settings.OUTBOX_GATEWAY_URL):
        return []
    hint = f"Set OUTBOX_GATEWAY_KEY, and OUTBOX_REPORT_SECRETS of {SHORTEST_SECRET} bytes at least each, in base64."
    return [Error("The gateway's key or the secret of its reports is missing or weak.", hint=hint, id="outbox.E003")]


def _bytes_of(secret: str) -> int:
    """How many bytes sign: those that the base64 stands for, or the text itself where it is none."""
    try:
        return len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except binascii.Error:
        return len(secret.encode())
    except ValueError:  # letters that no secret may have
        return 0
