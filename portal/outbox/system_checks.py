"""outbox.E001-E002: production sends real e-mail, and no worker loses what it is still sending."""

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
    if settings.PRODUCTION and settings.OUTBOX_LEASE_SECONDS <= 2 * settings.EMAIL_TIMEOUT:
        hint = "Set OUTBOX_LEASE_SECONDS to more than twice EMAIL_TIMEOUT."
        return [Error("The outbox's lease is too short.", hint=hint, id="outbox.E002")]
    return []
