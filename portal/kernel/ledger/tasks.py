from celery import shared_task

from portal.kernel.ledger import services
from portal.kernel.ledger.errors import NotSealed

#: Seconds that a turn may take over a backlog; the next one comes a second after it began.
TURN = 0.8


@shared_task(name="portal.ledger.tasks.seal", ignore_result=True)
def seal() -> None:
    """Each second: seal what waits and sign. A stop shows in ``/readyz``; entries wait unharmed."""
    try:
        services.seal_now(wait=TURN)
    except NotSealed:
        return


@shared_task(name="portal.ledger.tasks.finish_redactions", ignore_result=True)
def finish_redactions() -> None:
    """Delete payloads whose redaction was recorded but cut short by a crash."""
    services.finish_redactions()


@shared_task(name="portal.ledger.tasks.ask_witnesses", ignore_result=True)
def ask_witnesses() -> None:
    """Every few seconds: show the newest checkpoint to those who have not cosigned it."""
    services.ask_witnesses()


@shared_task(name="portal.ledger.tasks.renew_copies", ignore_result=True)
def renew_copies() -> None:
    """Every few seconds: compare the copies of the anchor with the tree, and bring them up to date."""
    services.renew_copies()
