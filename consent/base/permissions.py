"""What a role may allow in this room."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/kernel/people/data/roles.toml``."""

    ANSWER_SCRUB = "consent.answer:scrub"
    ANSWER_VIEW = "consent.answer:view"
    BROADCAST_PROPOSE = "consent.broadcast:propose"
    BROADCAST_STEER = "consent.broadcast:steer"
    BROADCAST_VIEW = "consent.broadcast:view"
    EVENT_EXPORT = "consent.event:export"
    EVENT_RECORD = "consent.event:record"
    EVENT_VIEW = "consent.event:view"
    LIST_BRING = "consent.list:bring"
    LIST_VIEW = "consent.list:view"
    NOTICE_IMPORT = "consent.notice:import"
    NOTICE_PROPOSE = "consent.notice:propose"
    NOTICE_PUBLISH = "consent.notice:publish"
    NOTICE_VIEW = "consent.notice:view"
    SEND_NOTE = "consent.send:note"
    SEND_VIEW = "consent.send:view"
    STATE_VIEW = "consent.state:view"


class Act(StrEnum):
    """What needs two people in this room; who may do which half is data in ``roles.toml``."""

    ANSWER_TAKE = "consent.answer.take"
    BROADCAST_SEND = "consent.broadcast.send"
    DEFECT_OVERRIDE = "consent.defect.override"
    LIST_TAKE_IN = "consent.list.take_in"
    NOTICE_PUBLISH = "consent.notice.publish"
    TRANSLATION_ADD = "consent.translation.add"
