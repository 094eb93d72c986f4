"""What happens when a recipient, a report of an incident or the answer to an authority is late, or nearly."""

from collections.abc import Sequence
from datetime import datetime

from portal.kernel.core.actor import Actor
from portal.kernel.law.models import Clock
from portal.kernel.registers.base.models.orders import AuthorityOrder
from portal.kernel.registers.incidents.models import Incident
from portal.kernel.registers.incidents.selectors import incident_gaps
from portal.kernel.registers.incidents.services import incidents
from portal.kernel.registers.orders.services import authority_orders
from portal.kernel.registers.recipients.models.instructions import Instruction
from portal.kernel.registers.recipients.services import instruction_status


class InstructionClocks:
    """Registered in ``ports.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of instructions begin with their model."""
        return owner.startswith(Instruction.OWNER)

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """The outbox goes on trying by itself: nobody is written to before an instruction is late."""

    def late(self, clock: Clock, *, now: datetime) -> None:
        """Raise it with everybody who may act on it."""
        instruction_status.escalate(clock, now=now)


class IncidentClocks:
    """Registered in ``ports.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of what is owed under an incident begin with its model."""
        return owner.startswith(Incident.OWNER)

    def lock(self, owner: str) -> None:
        """The incident is locked before its clocks, as when a duty is reported, declined or reconsidered."""
        duty = incidents.duty_of(owner)
        if duty is not None:
            incidents.lock(duty.incident)

    def named_time(self, owner: str) -> datetime | None:
        """When the first of the open fields follows, as the last report says."""
        return incident_gaps.promised_at(incidents.duty_of(owner))

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """Write to everybody who may decide about incidents: hours are short, so each share of them counts."""
        incidents.remind(clock, percent=percent, now=now)

    def late(self, clock: Clock, *, now: datetime) -> None:
        """The same, when the time is over."""
        incidents.remind(clock, percent=None, now=now)

    def corrected(self, clocks: Sequence[Clock], *, actor: Actor, now: datetime) -> None:
        """The incident and everything else that counts from the same moment follow."""
        incidents.follow(clocks[0], actor=actor, now=now)


class OrderClocks:
    """Registered in ``ports.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of orders begin with their model."""
        return owner.startswith(AuthorityOrder.OWNER)

    def named_time(self, owner: str) -> datetime | None:
        """The day that the order itself names."""
        rows = AuthorityOrder.objects.filter(reference=owner.partition(":")[2])
        return rows.values_list("wanted_by", flat=True).first()

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """Write to everybody who may answer it."""
        authority_orders.warn(clock, percent=percent, now=now)

    def late(self, clock: Clock, *, now: datetime) -> None:
        """Record it, and write to everybody who may answer it."""
        authority_orders.escalate(clock, now=now)
