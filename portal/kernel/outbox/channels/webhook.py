"""Other systems are told by signed webhooks, in the form of the Standard Webhooks specification."""

from urllib.parse import urlsplit

from django.conf import settings

from portal.kernel.core import clock, http_client, ports, webhook_signatures
from portal.kernel.outbox.channels.gateway import retry_after
from portal.kernel.outbox.channels.protocol import (
    Accepted,
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)

#: RFC 9110 15.5.11: the receiver says that it wants nothing more, for good.
GONE = 410


class WebhookChannel:
    """``webhook-id`` is the same for every attempt, by which a receiver tells a repetition."""

    takes_idempotency_key = True

    def send(self, message: Outgoing) -> Accepted:
        """POST once, under every secret that holds. Anything but a 2xx is tried again, a redirect is not followed."""
        secrets = [secret for ask in ports.webhook_secrets for secret in ask(url=message.address)]
        if not secrets:
            raise TemporaryFailure("NO_SECRET")
        body = message.body.encode()
        signed = webhook_signatures.sign(body, message_id=message.idempotency_key, at=clock.now(), secrets=secrets)
        headers = {**signed, "Content-Type": "application/json"}
        try:
            answer = http_client.request(
                "POST",
                message.address,
                body=body,
                headers=headers,
                timeout=settings.OUTBOX_GATEWAY_TIMEOUT,
                # Only a host that the operator named in the settings may lie inside our network; one that staff
                # entered in a register may not.
                own=urlsplit(message.address).netloc in settings.OUTBOX_WEBHOOK_SECRETS,
            )
        except http_client.Unreachable as failure:
            raise TemporaryFailure(failure.code) from None
        except http_client.BrokenOff as failure:
            raise OutcomeUnknown(failure.code) from None
        if 200 <= answer.status < 300:
            return Accepted()
        if answer.status == GONE:
            raise PermanentFailure("HTTP_410")
        raise TemporaryFailure(f"HTTP_{answer.status}", retry_after=retry_after(answer))
