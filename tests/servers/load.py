"""A process that records consent without pause and says which events it was told are kept. It is there to be killed.

``python -m tests.servers.load embedded`` runs pages' work, worker and timetable in one process, ``web`` the first only.
Each line of standard output is the identifier of an event whose transaction has committed.
"""

import contextlib
import os
import random
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from consent.services import record  # noqa: E402
from portal.core import actor, clock  # noqa: E402
from portal.demo import server  # noqa: E402
from portal.people.services import subjects  # noqa: E402


def main(mode: str) -> None:
    rng = random.SystemRandom()
    with server.working() if mode == "embedded" else contextlib.nullcontext():
        while True:
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
            sys.stdout.write(f"{event.entry.event_id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
