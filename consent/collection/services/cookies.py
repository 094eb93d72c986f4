"""A choice about a group of cookies: an answer to a purpose like any other, and what must not be in an answer of ours."""

import re
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, CookieFault, Way
from consent.base.selectors.notices import notices_for
from consent.collection.models.cookies import CookieDefect
from consent.records.models.events import ConsentReceipt
from consent.records.services import validity
from consent.records.services.addresses import SUBJECT, address_of
from consent.records.services.consent_events import Choice, record_all
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.people.models.fiduciaries import OWN_CODE

#: A process writes of the same cookie at most this often.
TOLD_EVERY_SECONDS: Final = 60.0
_NAME = re.compile(r"[^\w.\-]")
_told: dict[tuple[str, str], float] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Chosen:
    """What was recorded, and until when nobody asks again: a no is remembered as long as a yes."""

    receipt: ConsentReceipt | None
    is_yes: bool
    until: datetime | None


def choose(
    *,
    subject_ref: UUID,
    group: str,
    is_yes: bool,
    fingerprint: str,
    shown: str,
    actor: Actor,
    language: str = "en",
    now: datetime | None = None,
) -> Chosen:
    """Record the choice about a group, in one transaction with its ledger entry; one event for each choice.

    ``fingerprint`` is of the list of cookies that was shown and goes into the ledger; ``shown`` is the SHA-256 of the
    notice. Raises Refused for a yes to a text that has changed or is not published, NotFound for a group that is no
    purpose in force.
    """
    at = now or clock.now()
    on = clock.day(at)
    notice = notices_for([group], on=on, language=language).get(group)
    if is_yes and (notice is None or notice.sha256 != shown):
        raise Refused(
            _("The text you agree to has changed since you opened this page. Read it again, then save."),
            code="NOTICE_CHANGED",
        )
    place = address_of(subject_ref=subject_ref, channel=str(Channel.NONE), kind=SUBJECT, text="")
    answer = Answer.GIVEN if is_yes else Answer.DENIED
    evidence = ({"type": "cookies", "sha256": fingerprint},)
    done = record_all(
        subject_ref=subject_ref,
        fiduciary=OWN_CODE,
        choices=[Choice(place, group, str(Channel.NONE), answer, notice, evidence)],
        way=Way.PAGE,
        occurred_at=at,
        actor=actor,
        now=at,
    )
    # A yes that waits for a parent or guardian is none yet.
    counts = is_yes and any(event.answer == Answer.GIVEN for event in done.events)
    return Chosen(done.receipt, counts, validity.ends(group, start=at, recorded_at=at))


def note(*, name: str, fault: CookieFault, page: str) -> None:
    """Keep that a cookie was in an answer where it should not be; silent when this process told lately."""
    plain = _NAME.sub("?", name)[:80]
    key, moment = (plain, str(fault)), time.monotonic()
    with _lock:
        if moment - _told.get(key, -TOLD_EVERY_SECONDS) < TOLD_EVERY_SECONDS:
            return
        _told[key] = moment
    now = clock.now()
    CookieDefect.objects.update_or_create(
        name=plain,
        fault=fault,
        defaults={"last_at": now},
        create_defaults={"page": page[:80], "first_at": now, "last_at": now},
    )


def forget() -> None:
    """Tell of every cookie anew, in this process."""
    with _lock:
        _told.clear()
