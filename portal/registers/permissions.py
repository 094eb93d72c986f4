"""What a role may allow in this room, and what needs two people."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/people/data/roles.toml``."""

    COMPANY_PROPOSE = "registers.company:propose"
    COMPANY_VIEW = "registers.company:view"
    OFFICER_PROPOSE = "registers.officer:propose"
    OFFICER_VIEW = "registers.officer:view"


class Act(StrEnum):
    COMPANY_CHANGE = "registers.company.change"
    OFFICER_APPOINT = "registers.officer.appoint"
