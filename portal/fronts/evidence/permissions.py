from enum import StrEnum


class Permission(StrEnum):
    """What a role may allow in this room."""

    ATTESTATION_MAKE = "evidence.attestation:make"
    CLOCK_VIEW = "law.clock:view"
    EVENT_VIEW = "audit.event:view"
    FILE_MAKE = "evidence.file:make"
    FILE_VIEW = "evidence.file:view"
    MAP_VIEW = "evidence.map:view"
    PACK_MAKE = "evidence.pack:make"
    PACK_VIEW = "evidence.pack:view"
    REPORT_VIEW = "evidence.report:view"
    REQUEST_ANSWER = "evidence.request:answer"
    REQUEST_MAKE = "evidence.request:make"
    REQUEST_VIEW = "evidence.request:view"
    SAMPLE_MAKE = "evidence.sample:make"


class Act(StrEnum):
    """What needs two people in this room; who may do which half is data in ``roles.toml``."""

    FILE_SIGN = "evidence.file.sign"
