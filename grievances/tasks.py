"""Work for the workers: thin, by id, safe to run twice."""

import contextlib

import structlog
from celery import shared_task

from grievances import scheduled_checks
from grievances.mail.services import imap_mailbox
from grievances.nominees.services import nominee_claims
from grievances.tickets.services import public_tracking
from portal.kernel.core import clock
from portal.kernel.core.errors import Unavailable

log = structlog.get_logger(__name__)


@shared_task(ignore_result=True)
def send_tracking_code(code_id: int) -> None:
    """Match one request to track and send its code. The log does not say which pairs were right."""
    public_tracking.send_code(code_id=code_id, at=clock.now())


@shared_task(ignore_result=True)
def send_waiting_codes() -> None:
    """Codes whose nudge was lost: every half minute, because a person waits in front of the page."""
    public_tracking.send_waiting(at=clock.now())


@shared_task(ignore_result=True)
def look_at_claim(number: int) -> None:
    """Hold back, or give back, what a claim about somebody's death or incapacity is about."""
    nominee_claims.settle(number, now=clock.now())


@shared_task(ignore_result=True)
def settle_claims() -> None:
    """Claims whose nudge was lost, and standings whose time of waiting is over: every ten minutes."""
    begun = nominee_claims.settle_all(now=clock.now())
    log.info("grievances.claims_settled", begun=begun)


@shared_task(ignore_result=True)
def fetch_mail() -> None:
    """Mail that came in, every two minutes; nothing happens without a mailbox."""
    with contextlib.suppress(imap_mailbox.NotSetUp, Unavailable):
        imap_mailbox.fetch(now=clock.now())


@shared_task(ignore_result=True)
def count_mail() -> None:
    """Once a day: every mail in the mailbox is a grievance, a line of one, or ignored with a reason."""
    with contextlib.suppress(imap_mailbox.NotSetUp, Unavailable):
        imap_mailbox.reconcile(now=clock.now())


@shared_task(ignore_result=True)
def sweep() -> None:
    """Silence, old drafts and codes: every ten minutes."""
    swept = scheduled_checks.sweep(now=clock.now())
    log.info(
        "grievances.swept",
        notices=swept.notices,
        closed=swept.closed,
        drafts=swept.drafts,
        codes=swept.codes,
    )
