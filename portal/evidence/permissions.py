from enum import StrEnum


class Permission(StrEnum):
    """What a role may allow in this room."""

    CLOCK_VIEW = "law.clock:view"
    EVENT_VIEW = "audit.event:view"
    MAP_VIEW = "evidence.map:view"
    PACK_MAKE = "evidence.pack:make"
    PACK_VIEW = "evidence.pack:view"
    REPORT_VIEW = "evidence.report:view"
