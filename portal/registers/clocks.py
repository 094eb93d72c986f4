"""What happens when a recipient has not acknowledged in time."""

from datetime import datetime

from portal.law.models import Clock
from portal.registers.models import Instruction
from portal.registers.services import instructions


class InstructionClocks:
    """Registered in ``hooks.clock_owners``; called in the transaction that marks the clock."""

    def owns(self, owner: str) -> bool:
        """Labels of instructions begin with their model."""
        return owner.startswith(Instruction.OWNER)

    def due_soon(self, clock: Clock, *, percent: int, now: datetime) -> None:
        """The outbox goes on trying by itself: nobody is written to before an instruction is late."""

    def late(self, clock: Clock, *, now: datetime) -> None:
        """Raise it with everybody who may act on it."""
        instructions.escalate(clock, now=now)
