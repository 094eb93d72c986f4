from celery import shared_task

from kyc.services import checking, signers
from portal.core import clock


@shared_task
def check_document(document_id: int) -> None:
    checking.run_plan(document_id, now=clock.now())


@shared_task
def sweep() -> None:
    checking.sweep(now=clock.now())


@shared_task
def watch_signers() -> None:
    signers.warn(now=clock.now())
