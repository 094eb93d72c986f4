"""What others ask of the outbox."""

from portal.outbox.services.forgetting import forget_words
from portal.outbox.services.posting import post
from portal.outbox.services.to_staff import write_to, write_to_staff
from portal.outbox.services.waking import wake
from portal.outbox.services.webhooks import post_webhook

__all__ = ["forget_words", "post", "post_webhook", "wake", "write_to", "write_to_staff"]
