"""The queues of this room, as the workplace counts and links them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.kernel.core.queues import Facts, Queue, Where, Work
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import latest_missed
from portal.kernel.registers.base.choices import OrderState
from portal.kernel.registers.base.models.orders import AuthorityOrder
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.incidents.choices import DutyState
from portal.kernel.registers.incidents.models import Incident
from portal.kernel.registers.recipients.models.instructions import Instruction

_INSTRUCTIONS = ngettext_lazy(
    "Get confirmation of %(count)d instruction", "Get confirmation of %(count)d instructions", "count"
)


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
        work=Work(
            Where.CHECK,
            str(Permission.INSTRUCTION_NOTE),
            lambda given: _now("Get confirmation from recipient"),
            about=lambda given: given.recipient.name,
            owner=lambda given: given.owner,
            related=("recipient",),
        ),
    ),
    Queue(
        "orders-open",
        _("Authority orders"),
        "registers.AuthorityOrder",
        f"state__exact={OrderState.RECEIVED}",
        ngettext_lazy("order waits for a reply", "orders wait for a reply", "count"),
        work=Work(
            Where.TAKE,
            str(Permission.ORDER_ANSWER),
            lambda order: _now("Reply to authority order"),
            about=lambda order: order.authority,
            owner=lambda order: f"{AuthorityOrder.OWNER}{order.reference}",
            is_exact=False,
        ),
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
        work=Work(
            Where.CHECK,
            str(Permission.BOOK_REVIEW),
            lambda task: task.get_what_display(),
            about=lambda task: task.code,
        ),
    ),
)


def record_facts(*, owners: Collection[str], user: Any, at: datetime) -> dict[str, Facts]:
    """Answers ``ports.record_facts``: an incident in one line, the authority of an order, the recipient of an instruction;
    instructions for one cause are one row.
    """
    named: dict[str, dict[str, str]] = defaultdict(dict)
    for owner in owners:
        label, _colon, reference = owner.partition(":")
        named[f"{label}:"][owner] = reference.partition("/")[0]
    found: dict[str, Facts] = {}
    for start, rows in (
        (Incident.OWNER, Incident.objects.all()),
        (AuthorityOrder.OWNER, AuthorityOrder.objects.all()),
        (Instruction.OWNER, Instruction.objects.select_related("recipient")),
    ):
        if asked := named.get(start):
            facts = {row.reference: _facts(row) for row in rows.filter(reference__in=set(asked.values()))}
            found |= {owner: facts[reference] for owner, reference in asked.items() if reference in facts}
    return found


def _facts(row: Any) -> Facts:
    if isinstance(row, Incident):
        return Facts(row, about=row.headline)
    if isinstance(row, AuthorityOrder):
        return Facts(row, about=row.authority)
    return Facts(row, about=row.recipient.name, cause=row.about, several=_INSTRUCTIONS)
