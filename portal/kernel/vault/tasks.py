from celery import shared_task

from portal.kernel.vault.services import files


@shared_task(name="portal.vault.tasks.sweep")
def sweep() -> None:
    files.sweep()
