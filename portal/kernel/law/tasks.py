from celery import shared_task

from portal.kernel.core import clock
from portal.kernel.law.services import deadline_sweep


@shared_task(name="portal.law.tasks.sweep")
def sweep() -> dict[str, int]:
    """Tell the owners of clocks that became due soon or late."""
    done = deadline_sweep.sweep(now=clock.now())
    return {"due_soon": done.due_soon, "late": done.late}
