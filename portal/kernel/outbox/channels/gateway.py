"""SMS, WhatsApp, RCS and voice through a communications API over HTTP (portal/docs/messages.md describes it).

``POST {OUTBOX_GATEWAY_URL}/messages`` with a bearer key and an idempotency key: the gateway delivers once however often
it is asked, and reports what became of the message by a signed webhook.
"""

import json
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from django.conf import settings

from portal.kernel.core import clock, http_client
from portal.kernel.outbox.channels.protocol import (
    Accepted,
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)

#: The gateway's codes for "nobody can be reached at this address on this channel".
NO_SUCH_ADDRESS: Final = frozenset({"NO_SUCH_ADDRESS", "INVALID_RECIPIENT", "UNKNOWN_SUBSCRIBER", "NOT_ON_CHANNEL"})
#: A code without digits cannot carry a number of anybody.
_CODE: Final = re.compile(r"[A-Z][A-Z_]{1,39}")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:@-]{1,80}")


class GatewayChannel:
    """Carries every channel that its operator offers (``OUTBOX_GATEWAY_CHANNELS``): the message names its own."""

    takes_idempotency_key = True

    @property
    def most_at_once(self) -> int:
        """As many connections as the operator lets us hold open to the gateway."""
        return int(settings.OUTBOX_GATEWAY_AT_ONCE)

    def send(self, message: Outgoing) -> Accepted:
        """Hand the message to the gateway once. A redirect is not followed."""
        try:
            answer = http_client.request(
                "POST",
                settings.OUTBOX_GATEWAY_URL.rstrip("/") + "/messages",
                body=json.dumps(_body(message), ensure_ascii=False).encode(),
                headers={
                    "Authorization": f"Bearer {settings.OUTBOX_GATEWAY_KEY}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": message.idempotency_key,
                },
                timeout=settings.OUTBOX_GATEWAY_TIMEOUT,
                own=True,
            )
        except http_client.Unreachable as failure:
            raise TemporaryFailure(failure.code) from None
        except http_client.BrokenOff as failure:
            raise OutcomeUnknown(failure.code) from None
        return _read(answer)


def _body(message: Outgoing) -> dict[str, Any]:
    return {
        "reference": message.reference,
        "channel": message.channel,
        "to": message.address,
        "category": message.category,
        "language": message.language,
        "text": message.body,
        "entity_id": message.sender.entity_id,
        "header": message.sender.header,
        "template": {"id": message.sender.template_id, "kind": message.kind, "variables": dict(message.variables)},
    }


def _read(answer: http_client.Answer) -> Accepted:
    """What the gateway's answer means for the message."""
    status = answer.status
    if 200 <= status < 300:
        reference = str(_json(answer).get("id", ""))
        return Accepted(reference if _REFERENCE.fullmatch(reference) else "")
    code = _code(answer)
    if status in {429, 503}:
        raise TemporaryFailure(code, retry_after=retry_after(answer))
    if status >= 500:
        # It may have been taken before something broke: asking again with the same key is safe, forgetting is not.
        raise OutcomeUnknown(code)
    if 400 <= status < 500 and status not in {401, 402, 403, 404, 408, 425}:
        raise PermanentFailure(code, no_such_address=code in NO_SUCH_ADDRESS)
    # Our key, our account or our address of the gateway is wrong: no fault of the message, and it can be mended.
    raise TemporaryFailure(code)


def retry_after(answer: http_client.Answer) -> timedelta | None:
    """The wait asked for (RFC 9110 10.2.3: seconds or a date), None where there is none that can be read."""
    said = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "").strip()
    if said.isascii() and said.isdigit() and len(said) <= 9:
        return timedelta(seconds=int(said))
    try:
        return max(parsedate_to_datetime(said) - clock.now(), timedelta(0))
    except (TypeError, ValueError):
        return None


def _json(answer: http_client.Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _code(answer: http_client.Answer) -> str:
    said = str(_json(answer).get("code", ""))
    return said if _CODE.fullmatch(said) else f"HTTP_{answer.status}"
