"""The queues of this room, as the workplace counts and links them."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.kernel.core.queues import Queue
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import latest_missed
from portal.kernel.registers.base.choices import OrderState
from portal.kernel.registers.incidents.choices import DutyState
from portal.kernel.registers.incidents.models import Incident


def report_is_late(now: datetime) -> bool:
    """Whether the time of some report under an incident is over."""
    running = Clock.objects.filter(owner__startswith=Incident.OWNER, state=ClockState.RUNNING)
    return running.filter(due_at__lte=latest_missed(now)).exists()


QUEUES = (
    Queue(
        "recipients-late",
        _("Late recipient instructions"),
        "registers.Instruction",
        "standing=late",
        ngettext_lazy("instruction is late", "instructions are late", "count"),
        tone="err",
    ),
    Queue(
        "orders-open",
        _("Authority orders"),
        "registers.AuthorityOrder",
        f"state__exact={OrderState.RECEIVED}",
        ngettext_lazy("order waits for a reply", "orders wait for a reply", "count"),
    ),
    Queue(
        "incidents-owed",
        _("Incidents"),
        "registers.IncidentDuty",
        f"state__exact={DutyState.OPEN}",
        ngettext_lazy("notification is due", "notifications are due", "count"),
        is_pressing=report_is_late,
    ),
    Queue(
        "books-due",
        _("Register tasks"),
        "registers.BookTask",
        "done=no",
        ngettext_lazy("task to do", "tasks to do", "count"),
    ),
)
