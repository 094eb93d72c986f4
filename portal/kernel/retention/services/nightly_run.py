"""What the night does: go on with what was approved, erase what a rule alone ends, plan what two people have to approve."""

from dataclasses import dataclass, field
from datetime import datetime

from portal.kernel.core.actor import Actor
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureRun
from portal.kernel.retention.services import erasure_plans, erasure_replay, person_erasure, runs


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
    night.plan = erasure_plans.make(now=now, actor=actor)
    night.again = person_erasure.plan_again(now=now, actor=actor)
    return night


def carry_on(*, now: datetime, actor: Actor) -> list[ErasureRun]:
    """Approved runs as far as they may go, and the marks that a dead process left unwritten; the runs that ended."""
    found = runs.carry_on(now=now, actor=actor)
    erasure_replay.leave_marks()
    return [run for run in found if run.state in (RunState.DONE, RunState.FAILED)]
