"""Read-only mode: pages read, nothing is taken in or sent, nothing is lost (``portal/docs/decisions/opt-outs-during-outages.md``).

The switch is a file and not a row: it works while the database is being restored or upgraded, costs no query, and a dump
that is brought back does not carry it away. On several machines it lies on a shared disk, or on each.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from celery import Task
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from portal.kernel.core import answers, clock, database_clock, error_pages
from portal.kernel.core.form_recovery import written_in

Answer = Callable[[HttpRequest], HttpResponseBase]

READING: Final = ("GET", "HEAD", "OPTIONS")
#: What is taken all the same. A stop takes something from us and nothing from anybody else, and most mail programs send it
#: once; the rest changes nothing but the browser's own session.
TAKEN: Final = (
    "/privacy/out/",
    "/privacy/preferences/stop/",
    "/privacy/language/",
    "/privacy/sign-out/",
    "/staff/sign-in/",
    "/staff/sign-out/",
    "/staff/second-factor/sign-in/",
    "/staff/second-factor/confirm/",
    "/staff/passkeys/sign-in/",
    "/staff/passkeys/confirm/",
    "/staff/company/saml/answer/",
    "/staff/confirm/",
    # After a restore that lost sealed entries two people say so in the log, before anything else is taken in.
    "/admin/workplace/keyrotationproposal/",
    "/admin/workplace/anomalyproposal/",
)
#: Tasks that go on: sealing and checking what is recorded, and signs of life. Not alerts: they would leave afterwards, and
#: say what is so no more; what is bad when read-only mode ends is told then.
GO_ON: Final = (
    "portal.ledger.tasks.",
    "portal.audit.tasks.",
    "portal.workplace.tasks.pulse",
)
#: What goes by the database's clock while this machine's is wrong: what people write to us, for a STOP may be among it;
#: stops that were kept, and the alert that says it. All else waits.
ON_DATABASE_CLOCK: Final = (
    "/api/v1/inbound-messages",
    "consent.tasks.record_deferred_opt_outs",
    "portal.workplace.tasks.watch_health",
)


def is_on() -> bool:
    """Whether the portal is read-only now: by READ_ONLY, or by the file of ``turn_on``."""
    return bool(settings.READ_ONLY) or settings.READ_ONLY_SWITCH.exists()


def turn_on(*, why: str, now: datetime) -> bool:
    """Make the portal read-only; False when it was. Each process sees it at its next request or task."""
    settings.READ_ONLY_SWITCH.parent.mkdir(parents=True, exist_ok=True)
    try:
        with settings.READ_ONLY_SWITCH.open("x", encoding="utf-8") as file:
            json.dump({"since": clock.stamp(now), "why": why}, file)
    except FileExistsError:
        return False
    return True


def turn_off() -> bool:
    """Take in and send again; False when nothing was to be ended. READ_ONLY in the environment is not ended by it."""
    try:
        settings.READ_ONLY_SWITCH.unlink()
    except FileNotFoundError:
        return False
    return True


def said() -> dict[str, str]:
    """Since when, and why, where the file says it."""
    try:
        found: dict[str, str] = json.loads(settings.READ_ONLY_SWITCH.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


class ReadOnly:
    """While the portal is read-only, answers whatever would change something with 503, and gives back what was written.

    So does a process whose clock is not the database's; a stop is kept with the time of the database's clock, and carried
    out by it (``answers.answer_while_away``).
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in READING:
            return self.get_response(request)
        is_apart = database_clock.is_apart()
        if not is_apart and (request.path.startswith(TAKEN) or not is_on()):
            return self.get_response(request)
        if answers.only_asks.ask(request):
            return self.get_response(request)
        if is_apart:
            with database_clock.used():
                return self._by_database_clock(request)
        with translation.override(translation.get_language_from_request(request)):
            return error_pages.read_only(request, kept=written_in(request))

    def _by_database_clock(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(ON_DATABASE_CLOCK) and not is_on():
            return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            return error_pages.not_here(request)


class WaitingTask(Task):
    """A task that does nothing while the portal is read-only: its work is a row, and a sweep finds it afterwards.

    Nor while this machine's clock is not the database's.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.name.startswith(GO_ON) and is_on():
            return None
        if not database_clock.is_apart():
            return super().__call__(*args, **kwargs)
        if not self.name.startswith(ON_DATABASE_CLOCK):
            return None
        with database_clock.used():
            return super().__call__(*args, **kwargs)
