from celery import shared_task

from portal.kernel.audit import services
from portal.kernel.core import actor
from portal.kernel.ledger.choices import Scope


@shared_task(name="portal.audit.tasks.verify_new", ignore_result=True)
def verify_new() -> None:
    """Hourly: the checks over the leaves since the last clean run."""
    services.verify_ledger(scope=Scope.NEW, actor=actor.system("portal.audit.tasks.verify_new"))


@shared_task(name="portal.audit.tasks.verify_all", ignore_result=True)
def verify_all() -> None:
    """Nightly: the checks over the whole ledger."""
    services.verify_ledger(scope=Scope.ALL, actor=actor.system("portal.audit.tasks.verify_all"))
