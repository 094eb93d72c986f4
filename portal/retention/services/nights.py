"""What the night does: go on with what was approved, erase what a rule alone ends, plan what two people have to approve."""

from dataclasses import dataclass, field
from datetime import datetime

from portal.core.actor import Actor
from portal.retention.models import ErasureRun
from portal.retention.services import persons, planning, replaying, runs
from portal.retention.states import RunState


@dataclass
class Night:
    """The runs that ended, and the plan that waits for two people, None where nothing of theirs is due; and plans for
    what runs of one person left.
    """

    ended: list[ErasureRun] = field(default_factory=list)
    plan: ErasureRun | None = None
    again: list[ErasureRun] = field(default_factory=list)


def pass_over(*, now: datetime, actor: Actor) -> Night:
    """One night, from the edge, outside any transaction. Safe to repeat: a second pass finds nothing left."""
    night = Night(ended=carry_on(now=now, actor=actor))
    night.ended.append(runs.run(now=now, actor=actor))
    night.plan = planning.make(now=now, actor=actor)
    night.again = persons.plan_again(now=now, actor=actor)
    return night


def carry_on(*, now: datetime, actor: Actor) -> list[ErasureRun]:
    """Approved runs as far as they may go, and the marks that a dead process left unwritten; the runs that ended."""
    found = runs.carry_on(now=now, actor=actor)
    replaying.leave_marks()
    return [run for run in found if run.state in (RunState.DONE, RunState.FAILED)]
