"""What a role may allow in this room, and what needs two people."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/kernel/people/data/roles.toml``."""

    BOOK_END = "registers.book:end"
    BOOK_PROPOSE = "registers.book:propose"
    BOOK_REVIEW = "registers.book:review"
    BOOK_VIEW = "registers.book:view"
    COMPANY_PROPOSE = "registers.company:propose"
    COMPANY_VIEW = "registers.company:view"
    DISCLOSURE_VIEW = "registers.disclosure:view"
    INCIDENT_DECIDE = "registers.incident:decide"
    INCIDENT_OPEN = "registers.incident:open"
    INCIDENT_VIEW = "registers.incident:view"
    INSTRUCTION_GIVE = "registers.instruction:give"
    INSTRUCTION_NOTE = "registers.instruction:note"
    INSTRUCTION_VIEW = "registers.instruction:view"
    MANAGER_END = "registers.manager:end"
    MANAGER_PROPOSE = "registers.manager:propose"
    MANAGER_VIEW = "registers.manager:view"
    OFFICER_PROPOSE = "registers.officer:propose"
    OFFICER_VIEW = "registers.officer:view"
    ORDER_ANSWER = "registers.order:answer"
    ORDER_ENTER = "registers.order:enter"
    ORDER_VIEW = "registers.order:view"
    RECIPIENT_END = "registers.recipient:end"
    RECIPIENT_PROPOSE = "registers.recipient:propose"
    RECIPIENT_SECRET = "registers.recipient:secret"  # noqa: S105 - the name of a right
    RECIPIENT_TEST = "registers.recipient:test"
    RECIPIENT_VIEW = "registers.recipient:view"
    SENDER_END = "registers.sender:end"
    SENDER_PROPOSE = "registers.sender:propose"
    SENDER_VIEW = "registers.sender:view"
    TEMPLATE_END = "registers.template:end"
    TEMPLATE_MOVE = "registers.template:move"
    TEMPLATE_PROPOSE = "registers.template:propose"
    TEMPLATE_VIEW = "registers.template:view"


class Act(StrEnum):
    BOOK_ENTER = "registers.book.enter"
    COMPANY_CHANGE = "registers.company.change"
    INCIDENT_DECIDE = "registers.incident.decide"
    MANAGER_REGISTER = "registers.manager.register"
    OFFICER_APPOINT = "registers.officer.appoint"
    ORDER_ANSWER = "registers.order.answer"
    ORDER_SPEAK = "registers.order.speak"
    RECIPIENT_REGISTER = "registers.recipient.register"
    SENDER_REGISTER = "registers.sender.register"
    TEMPLATE_AGREE = "registers.template.agree"
