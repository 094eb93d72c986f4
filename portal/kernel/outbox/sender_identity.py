"""What the settings say of the own messages: their templates' numbers, and the secrets of whom we tell."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings

from portal.kernel.people.models.fiduciaries import OWN_CODE


def webhook_secrets(*, url: str) -> Sequence[str]:
    """Registered in ``ports.webhook_secrets``: what the operator set, the receiver's own, the newest first. Nobody signs for one in another's secret."""
    found: Sequence[str] = settings.OUTBOX_WEBHOOK_SECRETS.get(urlsplit(url).netloc, ())
    return found


def template_id(*, fiduciary: str, kind: str, language: str) -> str:
    """The operators' number of a template of ours: of its own language, else the kind's; empty for a client's."""
    known = settings.OUTBOX_TEMPLATE_IDS if fiduciary == OWN_CODE else {}
    return str(known.get(f"{kind}.{language}", known.get(kind, "")))
