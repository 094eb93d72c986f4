"""What a role may allow on the pages of the lowest rooms, which know no roles themselves."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/kernel/people/data/roles.toml``."""

    ALERT_RECEIVE = "operations.alert:receive"
    AUDIT_EXPORT = "audit.event:export"
    AUDIT_REVEAL = "audit.event:reveal"
    AUDIT_VIEW = "audit.event:view"
    BOOK_VIEW = "registers.book:view"
    CLOCK_CHANGE = "law.clock:change"
    CLOCK_VIEW = "law.clock:view"
    ERASURE_VIEW = "retention.run:view"
    INCIDENT_VIEW = "registers.incident:view"
    INSTRUCTION_VIEW = "registers.instruction:view"
    EXPORT_VIEW = "jobs.export:view"
    IMPORT_MAKE = "jobs.import:make"
    IMPORT_VIEW = "jobs.import:view"
    JOB_VIEW = "jobs.job:view"
    KEY_ANSWER = "ledger.key:answer"
    KEY_PROPOSE = "ledger.key:propose"
    KEY_VIEW = "ledger.key:view"
    KYC_VIEW = "kyc.document:view"
    SIGNER_VIEW = "kyc.signer:view"
    LEDGER_VERIFY = "ledger:verify"
    LEDGER_VIEW = "ledger.entry:view"
    LOOKUPS_RENEW = "operations.lookups:renew"
    MESSAGE_VIEW = "outbox.message:view"
    ORDER_VIEW = "registers.order:view"
    PROFILE_ANSWER = "law.profile:answer"
    PROFILE_PROPOSE = "law.profile:propose"
    PROFILE_VIEW = "law.profile:view"
    PURPOSE_ANSWER = "law.purpose:answer"
    PURPOSE_PROPOSE = "law.purpose:propose"
    PURPOSE_VIEW = "law.purpose:view"
    RULE_VIEW = "law.rule:view"
    SCREENING_VIEW = "kyc.screening:view"
    SEND_VIEW = "consent.send:view"
    SYSTEM_VIEW = "operations.system:view"
    TICKET_VIEW = "grievances.ticket:view"
    UNMASKED_ANSWER = "jobs.unmasked:answer"


class Act(StrEnum):
    """What needs two people; who may do which half is data in ``roles.toml``."""

    ANOMALY_EXPLAIN = "ledger.anomaly.explain"
    EXPORT_UNMASK = "jobs.list.unmask"
    KEY_ROTATE = "ledger.key.rotate"
    PROFILE_CHANGE = "law.profile.change"
    PURPOSE_ADOPT = "law.purpose.adopt"
