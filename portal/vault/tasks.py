from celery import shared_task

from portal.vault.services import files


@shared_task
def sweep() -> None:
    files.sweep()
