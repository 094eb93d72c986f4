"""What a role may allow in this room, and what needs two people."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/kernel/people/data/roles.toml``."""

    BOOKS_NOTE = "retention.books:note"
    BOOKS_VIEW = "retention.books:view"
    CHILD_DECIDE = "retention.child:decide"
    CHILD_FREEZE = "retention.child:freeze"
    CHILD_VIEW = "retention.child:view"
    HOLD_PLACE = "retention.hold:place"
    HOLD_RELEASE = "retention.hold:release"
    HOLD_VIEW = "retention.hold:view"
    RULE_CHANGE = "retention.rule:change"
    RULE_VIEW = "retention.rule:view"
    RUN_APPROVE = "retention.run:approve"
    RUN_VIEW = "retention.run:view"


class Act(StrEnum):
    CHILD_DECIDE = "retention.child.decide"
    CLAIM_DECIDE = "retention.claim.decide"
    HOLD_RELEASE = "retention.hold.release"
    RULE_CHANGE = "retention.rule.change"
    RUN_CARRY_OUT = "retention.run.carry_out"
