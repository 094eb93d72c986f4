from celery import shared_task

from portal.core import clock
from portal.law.services import sweeping


@shared_task(name="portal.law.tasks.sweep")
def sweep() -> dict[str, int]:
    """Tell the owners of clocks that became due soon or late."""
    done = sweeping.sweep(now=clock.now())
    return {"due_soon": done.due_soon, "late": done.late}
