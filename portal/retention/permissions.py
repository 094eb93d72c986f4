"""What a role may allow in this room, and what needs two people."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/people/data/roles.toml``."""

    HOLD_PLACE = "retention.hold:place"
    HOLD_RELEASE = "retention.hold:release"
    HOLD_VIEW = "retention.hold:view"
    RULE_VIEW = "retention.rule:view"
    RUN_VIEW = "retention.run:view"


class Act(StrEnum):
    HOLD_RELEASE = "retention.hold.release"
