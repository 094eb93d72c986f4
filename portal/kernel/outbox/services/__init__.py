"""What others ask of the outbox."""

from portal.kernel.outbox.services.content_erasure import forget_words
from portal.kernel.outbox.services.deferred_messages import wake
from portal.kernel.outbox.services.messages import post
from portal.kernel.outbox.services.staff_notifications import write_to, write_to_staff
from portal.kernel.outbox.services.webhooks import post_webhook

__all__ = ["forget_words", "post", "post_webhook", "wake", "write_to", "write_to_staff"]
