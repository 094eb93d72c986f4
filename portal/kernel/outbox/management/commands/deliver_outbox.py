"""``deliver_outbox``: what beat runs, by hand."""

from typing import Any

from portal.kernel.core import clock
from portal.kernel.core.commands import PortalCommand
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import scheduler

BATCH = 200


class Command(PortalCommand):
    help = "Send every message that is due. Exit 1 when a message needs a decision by a person."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweeps until nothing is due that has not had its attempt; a failure waits for its next time, as with beat."""
        now = clock.now()
        total = scheduler.Swept()
        while True:
            swept = scheduler.sweep(now=now, limit=BATCH)
            total.sent += swept.sent
            total.not_sent += swept.not_sent
            total.recovered += swept.recovered
            if not swept.sent + swept.not_sent + swept.recovered:
                break
        dead = Message.objects.filter(state=MessageState.DEAD).count()
        answer = {"sent": total.sent, "not_sent": total.not_sent, "recovered": total.recovered, "dead": dead}
        words = f"{total.sent} sent, {total.not_sent} not sent, {total.recovered} recovered, {dead} need a decision."
        self.answer(answer, words, options=options, code=1 if dead else 0)
