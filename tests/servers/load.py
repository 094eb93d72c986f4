"""A process that records consent without pause and says which events it was told are kept. It is there to be killed.

``python -m tests.servers.load embedded`` runs pages' work, worker and timetable in one process, ``web`` the first only, and
``patient`` the same through every fault of the database. Each line of standard output is the identifier of an event whose
transaction has committed, or "refused" where it may not have.
"""

import contextlib
import os
import random
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import DatabaseError, connections  # noqa: E402

from consent.records.services.consent_events import record  # noqa: E402
from portal.demo import server  # noqa: E402
from portal.kernel.core import actor, clock  # noqa: E402
from portal.kernel.people.services import subjects  # noqa: E402


def main(mode: str) -> None:
    rng = random.SystemRandom()
    with server.working() if mode == "embedded" else contextlib.nullcontext():
        while True:
            try:
                said = answered(rng)
            except DatabaseError:
                if mode != "patient":
                    raise
                said = "refused"
                connections.close_all()  # as at the end of a request
                time.sleep(0.1)
            sys.stdout.write(f"{said}\n")
            sys.stdout.flush()


def answered(rng: random.Random) -> str:
    """The identifier of one answer that was recorded."""
    event = record(
        subject_ref=subjects.new("principal").ref,
        fiduciary="onesetu",
        address_kind="phone",
        address=f"+9191000{rng.randrange(100_000):05d}",
        purpose="marketing",
        channel=rng.choice(["sms", "whatsapp", "voice"]),
        answer="denied",
        notice_version=None,
        way="page",
        occurred_at=clock.now(),
        actor=actor.SYSTEM,
    )
    return str(event.entry.event_id)


if __name__ == "__main__":
    main(sys.argv[1])
