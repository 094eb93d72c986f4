"""What others ask of the outbox."""

from portal.outbox.services.posting import post
from portal.outbox.services.webhooks import post_webhook

__all__ = ["post", "post_webhook"]
