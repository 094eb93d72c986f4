"""The closed list of audit kinds, ``area.subject.verb`` in the past tense, and the facts each may carry.

Facts are codes, numbers, references, hashes and times. A name, an address, a value of a field or a free text is never a
fact: hand it over as ``personal``. Keep both lists sorted.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class AuditKind(StrEnum):
    """Every act that leaves an audit event."""

    ADMIN_ACT_DONE = "admin.act.done"
    ADMIN_RECORD_OPENED = "admin.record.opened"
    ADMIN_VALUE_REVEALED = "admin.value.revealed"
    CONSENT_ACKNOWLEDGEMENT_GIVEN = "consent.acknowledgement.given"
    CONSENT_ADDRESS_SUPPRESSED = "consent.address.suppressed"
    CONSENT_ANSWERS_GIVEN = "consent.answers.given"
    CONSENT_LATE_NOTICE_GIVEN = "consent.late_notice.given"
    CONSENT_LIST_ANSWERED = "consent.list.answered"
    CONSENT_LIST_BROUGHT = "consent.list.brought"
    CONSENT_LIST_CHECKED = "consent.list.checked"
    CONSENT_LIST_GIVEN_UP = "consent.list.given_up"
    CONSENT_LIST_TAKEN_IN = "consent.list.taken_in"
    CONSENT_MANAGER_LINKED = "consent.manager.linked"
    CONSENT_MANAGER_UNLINKED = "consent.manager.unlinked"
    CONSENT_OPT_IN_REQUESTED = "consent.opt_in.requested"
    CONSENT_PREFERENCE_CHANGED = "consent.preference.changed"
    CONSENT_PREFERENCE_TOLD = "consent.preference.told"
    CONSENT_QUESTION_CLOSED = "consent.question.closed"
    CONSENT_QUESTION_HELD = "consent.question.held"
    CONSENT_QUESTIONS_PUT = "consent.questions.put"
    CONSENT_SEND_EXPLAINED = "consent.send.explained"
    CONSENT_SEND_FOUND = "consent.send.found"
    CONSENT_STANDING_ENDED = "consent.standing.ended"
    CONSENT_STATE_REBUILT = "consent.state.rebuilt"
    CONSENT_SUPPRESSION_LIFTED = "consent.suppression.lifted"
    CONSENT_TAKEN_ANSWERED = "consent.taken.answered"
    CONSENT_TAKEN_PROPOSED = "consent.taken.proposed"
    EVIDENCE_MANIFEST_SEALED = "evidence.manifest.sealed"
    EVIDENCE_PACK_DOWNLOADED = "evidence.pack.downloaded"
    EVIDENCE_PACK_MADE = "evidence.pack.made"
    EVIDENCE_PACK_REQUESTED = "evidence.pack.requested"
    EXPORT_LIST_MADE = "export.list.made"
    GRIEVANCES_APPEAL_DECIDED = "grievances.appeal.decided"
    GRIEVANCES_APPEAL_MADE = "grievances.appeal.made"
    GRIEVANCES_BUNDLE_ENDED = "grievances.bundle.ended"
    GRIEVANCES_BUNDLE_FETCHED = "grievances.bundle.fetched"
    GRIEVANCES_BUNDLE_MADE = "grievances.bundle.made"
    GRIEVANCES_BUNDLE_RELEASED = "grievances.bundle.released"
    GRIEVANCES_MAIL_COUNTED = "grievances.mail.counted"
    GRIEVANCES_MESSAGE_ADDED = "grievances.message.added"
    GRIEVANCES_NOMINEE_CHANGED = "grievances.nominee.changed"
    GRIEVANCES_NOMINEE_ENDED = "grievances.nominee.ended"
    GRIEVANCES_NOMINEE_NAMED = "grievances.nominee.named"
    GRIEVANCES_PROOF_CHECKED = "grievances.proof.checked"
    GRIEVANCES_PROOF_RECEIVED = "grievances.proof.received"
    GRIEVANCES_REQUEST_ADDRESS_SHOWN = "grievances.request.address_shown"
    GRIEVANCES_REQUEST_ANSWER_CHECKED = "grievances.request.answer_checked"
    GRIEVANCES_REQUEST_ANSWER_PROPOSED = "grievances.request.answer_proposed"
    GRIEVANCES_REQUEST_ASKED = "grievances.request.asked"
    GRIEVANCES_REQUEST_ERASED = "grievances.request.erased"
    GRIEVANCES_REQUEST_JOINED = "grievances.request.joined"
    GRIEVANCES_REQUEST_SHOWN = "grievances.request.shown"
    GRIEVANCES_RESOLUTION_PROPOSED = "grievances.resolution.proposed"
    GRIEVANCES_STANDING_BEGUN = "grievances.standing.begun"
    GRIEVANCES_STANDING_ENDED = "grievances.standing.ended"
    GRIEVANCES_STANDING_GRANTED = "grievances.standing.granted"
    GRIEVANCES_TICKET_ACKNOWLEDGED = "grievances.ticket.acknowledged"
    GRIEVANCES_TICKET_ASSIGNED = "grievances.ticket.assigned"
    GRIEVANCES_TICKET_CLOSED = "grievances.ticket.closed"
    GRIEVANCES_TICKET_FILED = "grievances.ticket.filed"
    GRIEVANCES_TICKET_LINKED = "grievances.ticket.linked"
    GRIEVANCES_TICKET_MERGED = "grievances.ticket.merged"
    GRIEVANCES_TICKET_PASSED_ON = "grievances.ticket.passed_on"
    GRIEVANCES_TICKET_REOPENED = "grievances.ticket.reopened"
    GRIEVANCES_TICKET_SORTED = "grievances.ticket.sorted"
    GRIEVANCES_TICKET_TRACKED = "grievances.ticket.tracked"
    JOBS_JOB_CANCELLED = "jobs.job.cancelled"
    JOBS_JOB_FAILED = "jobs.job.failed"
    JOBS_JOB_FINISHED = "jobs.job.finished"
    JOBS_JOB_RESTARTED = "jobs.job.restarted"
    JOBS_JOB_STARTED = "jobs.job.started"
    JOBS_RESULT_DOWNLOADED = "jobs.result.downloaded"
    KYC_CASE_ASSIGNED = "kyc.case.assigned"
    KYC_CASE_CHANGED = "kyc.case.changed"
    KYC_CASE_MOVED = "kyc.case.moved"
    KYC_CASE_OPENED = "kyc.case.opened"
    KYC_CASE_RATED = "kyc.case.rated"
    KYC_CHECK_FINISHED = "kyc.check.finished"
    KYC_DECISION_ANSWERED = "kyc.decision.answered"
    KYC_DECISION_PROPOSED = "kyc.decision.proposed"
    KYC_DOCUMENT_CHECKED = "kyc.document.checked"
    KYC_DOCUMENT_DELETION_ANSWERED = "kyc.document.deletion_answered"
    KYC_DOCUMENT_DELETION_ASKED = "kyc.document.deletion_asked"
    KYC_DOCUMENT_DELETION_CHECKED = "kyc.document.deletion_checked"
    KYC_DOCUMENT_DELETION_PROPOSED = "kyc.document.deletion_proposed"
    KYC_DOCUMENT_FETCHED = "kyc.document.fetched"
    KYC_DOCUMENT_MOVED = "kyc.document.moved"
    KYC_DOCUMENT_OPENED = "kyc.document.opened"
    KYC_DOCUMENT_REFUSED = "kyc.document.refused"
    KYC_DOCUMENT_UPLOADED = "kyc.document.uploaded"
    KYC_LIKENESS_ANSWERED = "kyc.likeness.answered"
    KYC_LIKENESS_PROPOSED = "kyc.likeness.proposed"
    KYC_MINOR_FOUND = "kyc.minor.found"
    KYC_MINOR_LIFTED = "kyc.minor.lifted"
    KYC_PARTY_CHANGED = "kyc.party.changed"
    KYC_RENEWAL_CLOSED = "kyc.renewal.closed"
    KYC_RENEWAL_OPENED = "kyc.renewal.opened"
    KYC_RENEWAL_TOLD = "kyc.renewal.told"
    KYC_REVEALS_MANY = "kyc.reveals.many"
    KYC_RISK_ANSWERED = "kyc.risk.answered"
    KYC_RISK_PROPOSED = "kyc.risk.proposed"
    KYC_SAMPLE_DRAWN = "kyc.sample.drawn"
    KYC_SANCTIONS_IMPORTED = "kyc.sanctions.imported"
    KYC_SCREENING_DONE = "kyc.screening.done"
    KYC_SECOND_LOOK_DONE = "kyc.second_look.done"
    KYC_SIGNER_ADDED = "kyc.signer.added"
    KYC_SIGNER_ANSWERED = "kyc.signer.answered"
    KYC_SIGNER_PROPOSED = "kyc.signer.proposed"
    KYC_TAKE_OVER_MOVED = "kyc.take_over.moved"
    LAW_CLOCK_CORRECTED = "law.clock.corrected"
    LAW_CLOCK_EXPLAINED = "law.clock.explained"
    LAW_CLOCK_EXTENDED = "law.clock.extended"
    LAW_CLOCK_MISSED = "law.clock.missed"
    LAW_CLOCK_PAUSED = "law.clock.paused"
    LAW_CLOCK_RESUMED = "law.clock.resumed"
    LAW_CLOCK_STARTED = "law.clock.started"
    LAW_CLOCK_STOPPED = "law.clock.stopped"
    LAW_PROFILE_ADOPTED = "law.profile.adopted"
    LAW_PROFILE_PROPOSED = "law.profile.proposed"
    LAW_PROFILE_REFUSED = "law.profile.refused"
    LAW_PURPOSE_ADOPTED = "law.purpose.adopted"
    LAW_PURPOSE_PROPOSED = "law.purpose.proposed"
    LAW_PURPOSE_REFUSED = "law.purpose.refused"
    LAW_RULES_SYNCED = "law.rules.synced"
    LEDGER_KEY_PROPOSED = "ledger.key.proposed"
    LEDGER_KEY_REFUSED = "ledger.key.refused"
    LEDGER_KEY_ROTATED = "ledger.key.rotated"
    LEDGER_SIGNING_RESUMED = "ledger.signing.resumed"
    LEDGER_SIGNING_STOPPED = "ledger.signing.stopped"
    LEDGER_VERIFICATION_FAILED = "ledger.verification.failed"
    LEDGER_VERIFICATION_PASSED = "ledger.verification.passed"
    NOTICES_CHANGE_TOLD = "notices.change.told"
    NOTICES_DEFECT_OVERRIDDEN = "notices.defect.overridden"
    NOTICES_DRAFT_EDITED = "notices.draft.edited"
    NOTICES_OVERRIDE_PROPOSED = "notices.override.proposed"
    NOTICES_OVERRIDE_REFUSED = "notices.override.refused"
    NOTICES_POLICY_IMPORTED = "notices.policy.imported"
    NOTICES_POLICY_REVIEWED = "notices.policy.reviewed"
    NOTICES_TRANSLATION_ANSWERED = "notices.translation.answered"
    NOTICES_TRANSLATION_PROPOSED = "notices.translation.proposed"
    NOTICES_TRANSLATION_REVIEWED = "notices.translation.reviewed"
    NOTICES_VERSION_ANSWERED = "notices.version.answered"
    NOTICES_VERSION_DRAFTED = "notices.version.drafted"
    NOTICES_VERSION_PROPOSED = "notices.version.proposed"
    NOTICES_VERSION_PUBLISHED = "notices.version.published"
    NOTICES_VERSION_WITHDRAWN = "notices.version.withdrawn"
    OUTBOX_ADDRESS_CLEARED = "outbox.address.cleared"
    OUTBOX_ADDRESS_FAILED = "outbox.address.failed"
    OUTBOX_BROWSER_ADDED = "outbox.browser.added"
    OUTBOX_BROWSER_REMOVED = "outbox.browser.removed"
    OUTBOX_MESSAGE_ABANDONED = "outbox.message.abandoned"
    OUTBOX_MESSAGE_BLOCKED = "outbox.message.blocked"
    OUTBOX_MESSAGE_MOVED = "outbox.message.moved"
    OUTBOX_MESSAGE_RETRIED = "outbox.message.retried"
    OUTBOX_MESSAGE_SENT = "outbox.message.sent"
    PEOPLE_ABSENCE_ENDED = "people.absence.ended"
    PEOPLE_ABSENCE_NOTED = "people.absence.noted"
    PEOPLE_AGE_STATED = "people.age.stated"
    PEOPLE_API_KEY_ANSWERED = "people.api_key.answered"
    PEOPLE_API_KEY_ENDED = "people.api_key.ended"
    PEOPLE_API_KEY_ISSUED = "people.api_key.issued"
    PEOPLE_API_KEY_PROPOSED = "people.api_key.proposed"
    PEOPLE_CONTACT_ADDED = "people.contact.added"
    PEOPLE_CONTACT_CHANGED = "people.contact.changed"
    PEOPLE_CONTACT_REMOVED = "people.contact.removed"
    PEOPLE_CONTACT_VERIFIED = "people.contact.verified"
    PEOPLE_CUSTOMER_CHANGED = "people.customer.changed"
    PEOPLE_CUSTOMER_CREATED = "people.customer.created"
    PEOPLE_CUSTOMER_IMPORTED = "people.customer.imported"
    PEOPLE_CUSTOMER_INVITED = "people.customer.invited"
    PEOPLE_FIDUCIARY_CREATED = "people.fiduciary.created"
    PEOPLE_MEMBER_INVITED = "people.member.invited"
    PEOPLE_MEMBER_JOINED = "people.member.joined"
    PEOPLE_MEMBER_REMOVED = "people.member.removed"
    PEOPLE_MEMBER_ROLE_CHANGED = "people.member.role_changed"
    PEOPLE_MERGE_ANSWERED = "people.merge.answered"
    PEOPLE_MERGE_PROPOSED = "people.merge.proposed"
    PEOPLE_PRINCIPAL_CHANGED = "people.principal.changed"
    PEOPLE_PRINCIPAL_CREATED = "people.principal.created"
    PEOPLE_PRINCIPALS_BROUGHT = "people.principals.brought"
    PEOPLE_PROPOSAL_ANSWERED = "people.proposal.answered"
    PEOPLE_PROTECTION_ENDED = "people.protection.ended"
    PEOPLE_PROTECTION_NOTED = "people.protection.noted"
    PEOPLE_REGIME_ENDED = "people.regime.ended"
    PEOPLE_REGIME_RECORDED = "people.regime.recorded"
    PEOPLE_REST_BEGUN = "people.rest.begun"
    PEOPLE_REST_LIFTED = "people.rest.lifted"
    PEOPLE_REST_NOTED = "people.rest.noted"
    PEOPLE_STAFF_CREATED = "people.staff.created"
    PEOPLE_STAFF_DEACTIVATED = "people.staff.deactivated"
    PEOPLE_STAFF_INVITED = "people.staff.invited"
    PEOPLE_SUBJECT_JOINED = "people.subject.joined"
    REGISTERS_BOOK_ANSWERED = "registers.book.answered"
    REGISTERS_BOOK_ENDED = "registers.book.ended"
    REGISTERS_BOOK_PROPOSED = "registers.book.proposed"
    REGISTERS_BOOK_REVIEWED = "registers.book.reviewed"
    REGISTERS_COMPANY_ADOPTED = "registers.company.adopted"
    REGISTERS_COMPANY_PROPOSED = "registers.company.proposed"
    REGISTERS_COMPANY_REFUSED = "registers.company.refused"
    REGISTERS_DISCLOSURE_MADE = "registers.disclosure.made"
    REGISTERS_INCIDENT_ANSWERED = "registers.incident.answered"
    REGISTERS_INCIDENT_CHANGED = "registers.incident.changed"
    REGISTERS_INCIDENT_CLOSED = "registers.incident.closed"
    REGISTERS_INCIDENT_DUTY_FOUND = "registers.incident.duty_found"
    REGISTERS_INCIDENT_OPENED = "registers.incident.opened"
    REGISTERS_INCIDENT_PEOPLE_FOUND = "registers.incident.people_found"
    REGISTERS_INCIDENT_PROPOSED = "registers.incident.proposed"
    REGISTERS_INCIDENT_REPORTED = "registers.incident.reported"
    REGISTERS_INSTRUCTION_ACKNOWLEDGED = "registers.instruction.acknowledged"
    REGISTERS_INSTRUCTION_ACTED = "registers.instruction.acted"
    REGISTERS_INSTRUCTION_DELIVERED = "registers.instruction.delivered"
    REGISTERS_INSTRUCTION_ESCALATED = "registers.instruction.escalated"
    REGISTERS_INSTRUCTION_GIVEN = "registers.instruction.given"
    REGISTERS_MANAGER_ANSWERED = "registers.manager.answered"
    REGISTERS_MANAGER_ENDED = "registers.manager.ended"
    REGISTERS_MANAGER_PROPOSED = "registers.manager.proposed"
    REGISTERS_OFFICER_ADOPTED = "registers.officer.adopted"
    REGISTERS_OFFICER_PROPOSED = "registers.officer.proposed"
    REGISTERS_OFFICER_REFUSED = "registers.officer.refused"
    REGISTERS_ORDER_ANSWERED = "registers.order.answered"
    REGISTERS_ORDER_LATE = "registers.order.late"
    REGISTERS_ORDER_PROPOSED = "registers.order.proposed"
    REGISTERS_ORDER_RECEIVED = "registers.order.received"
    REGISTERS_ORDER_SECRECY_ENDED = "registers.order.secrecy_ended"
    REGISTERS_ORDER_TOLD = "registers.order.told"
    REGISTERS_RECIPIENT_ANSWERED = "registers.recipient.answered"
    REGISTERS_RECIPIENT_ENDED = "registers.recipient.ended"
    REGISTERS_RECIPIENT_PROPOSED = "registers.recipient.proposed"
    REGISTERS_RECIPIENT_TESTED = "registers.recipient.tested"
    REGISTERS_SECRET_ENDED = "registers.secret.ended"  # noqa: S105 - the name of an act
    REGISTERS_SECRET_MADE = "registers.secret.made"  # noqa: S105 - the name of an act
    REGISTERS_SENDER_ANSWERED = "registers.sender.answered"
    REGISTERS_SENDER_ENDED = "registers.sender.ended"
    REGISTERS_SENDER_PROPOSED = "registers.sender.proposed"
    REGISTERS_TASK_CLOSED = "registers.task.closed"
    REGISTERS_TASK_OPENED = "registers.task.opened"
    REGISTERS_TEMPLATE_ANSWERED = "registers.template.answered"
    REGISTERS_TEMPLATE_ENDED = "registers.template.ended"
    REGISTERS_TEMPLATE_MOVED = "registers.template.moved"
    REGISTERS_TEMPLATE_PROPOSED = "registers.template.proposed"
    RETENTION_BOOKS_DESTROYED = "retention.books.destroyed"
    RETENTION_BOOKS_NOTED = "retention.books.noted"
    RETENTION_CHILD_ANSWERED = "retention.child.answered"
    RETENTION_CHILD_ERASED = "retention.child.erased"
    RETENTION_CHILD_FROZEN = "retention.child.frozen"
    RETENTION_CHILD_PROPOSED = "retention.child.proposed"
    RETENTION_CHILD_REPORTED = "retention.child.reported"
    RETENTION_ERASURE_REPLAYED = "retention.erasure.replayed"
    RETENTION_ERASURE_RUN = "retention.erasure.run"
    RETENTION_HOLD_PLACED = "retention.hold.placed"
    RETENTION_HOLD_RELEASED = "retention.hold.released"
    RETENTION_PLAN_APPROVED = "retention.plan.approved"
    RETENTION_PLAN_MADE = "retention.plan.made"
    RETENTION_PLAN_PROPOSED = "retention.plan.proposed"
    RETENTION_PLAN_REFUSED = "retention.plan.refused"
    RETENTION_RELEASE_PROPOSED = "retention.release.proposed"
    RETENTION_RELEASE_REFUSED = "retention.release.refused"
    RETENTION_RULE_CHANGED = "retention.rule.changed"
    RETENTION_RULE_PROPOSED = "retention.rule.proposed"
    RETENTION_RULE_REFUSED = "retention.rule.refused"
    ROLES_GRANT_ANSWERED = "roles.grant.answered"
    ROLES_GRANT_CHANGED = "roles.grant.changed"
    ROLES_GRANT_ENDED = "roles.grant.ended"
    ROLES_GRANT_GIVEN = "roles.grant.given"
    ROLES_GRANT_PROPOSED = "roles.grant.proposed"
    ROLES_TABLE_SYNCED = "roles.table.synced"
    SIGNIN_CODE_SENT = "signin.code.sent"
    SIGNIN_DEVICE_NOTICED = "signin.device.noticed"
    SIGNIN_LOGIN_FAILED = "signin.login.failed"
    SIGNIN_LOGIN_LOCKED = "signin.login.locked"
    SIGNIN_LOGIN_SUCCEEDED = "signin.login.succeeded"
    SIGNIN_LOGIN_UNLOCKED = "signin.login.unlocked"
    SIGNIN_LOGOUT_DONE = "signin.logout.done"
    SIGNIN_MFA_ADDED = "signin.mfa.added"
    SIGNIN_MFA_REMOVED = "signin.mfa.removed"
    SIGNIN_MFA_RESET = "signin.mfa.reset"
    SIGNIN_MFA_RESET_PROPOSED = "signin.mfa.reset_proposed"
    SIGNIN_PASSWORD_CHANGED = "signin.password.changed"  # noqa: S105 - the name of an act
    SIGNIN_PASSWORD_RESET = "signin.password.reset"  # noqa: S105 - the name of an act
    SIGNIN_RECOVERY_CODES_MADE = "signin.recovery_codes.made"
    SIGNIN_SESSION_ENDED = "signin.session.ended"
    SIGNIN_SESSIONS_ENDED = "signin.sessions.ended"
    VAULT_FILE_DISCARDED = "vault.file.discarded"
    VAULT_FILE_OPENED = "vault.file.opened"
    VAULT_FILE_STORED = "vault.file.stored"
    VAULT_KEY_SHREDDED = "vault.key.shredded"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PROPOSAL = "proposal act maker checker answer shown_sha256 reference reason_code state"
_MOVE = "reference from to reason_code kind state proposal"
_VERSION = (
    "notice version language sha256 effective_on clauses defects defect proposal answer shown_sha256 maker checker"
)
_CLOCK = "clock rule rule_version due_at target_at reason_code owner kind paused_at began_at started_at stopped_at days amount unit"
_LOGIN = "user method session reason_code count device_sha256 role"
_MESSAGE = "message kind channel template template_version attempt reason_code state purpose language"

#: The facts each kind may carry, by kind or, for the rest of an area, by area.
_BY_KIND: Mapping[AuditKind, str] = {
    AuditKind.ADMIN_ACT_DONE: "act",
    AuditKind.ADMIN_RECORD_OPENED: "model object purpose ticket queue",
    AuditKind.ADMIN_VALUE_REVEALED: "model object field purpose ticket queue reason_code",
    AuditKind.CONSENT_ANSWERS_GIVEN: "as fiduciary purpose channel total allowed invalid reasons asked_sha256 answers_sha256 until",
    AuditKind.CONSENT_PREFERENCE_TOLD: "reference way categories modes bands days",
    AuditKind.CONSENT_STANDING_ENDED: "reference way",
    AuditKind.EVIDENCE_MANIFEST_SEALED: "pack from to sha256 size seed sample checkpoint",
    AuditKind.EVIDENCE_PACK_DOWNLOADED: "pack job sha256",
    AuditKind.EVIDENCE_PACK_MADE: "pack from to sha256 bytes records missing size seed sample manifest_sha256 job",
    AuditKind.EVIDENCE_PACK_REQUESTED: "pack from to seed sample job",
    AuditKind.GRIEVANCES_REQUEST_ERASED: "reference request erased kept",
    AuditKind.KYC_DOCUMENT_FETCHED: "recipient type",
    AuditKind.KYC_LIKENESS_ANSWERED: "case source version sha256 state proposal answer",
    AuditKind.KYC_LIKENESS_PROPOSED: "case source version sha256 state proposal answer",
    AuditKind.KYC_DOCUMENT_DELETION_ANSWERED: "case document state reason_code certificate",
    AuditKind.KYC_MINOR_FOUND: "case document erased kept count",
    AuditKind.KYC_RENEWAL_CLOSED: "case document reason_code",
    AuditKind.KYC_RENEWAL_OPENED: "case document reason_code due_on",
    AuditKind.KYC_RENEWAL_TOLD: "case document reason_code days count",
    AuditKind.KYC_SANCTIONS_IMPORTED: "source version sha256 names_sha256 count",
    AuditKind.KYC_SCREENING_DONE: "case source version sha256 likenesses known",
    AuditKind.KYC_TAKE_OVER_MOVED: "reference state sha256 count taken faulty",
    AuditKind.KYC_SIGNER_ADDED: "sha256 kinds",
    AuditKind.KYC_SIGNER_ANSWERED: "proposal change sha256 kinds answer shown_sha256",
    AuditKind.KYC_SIGNER_PROPOSED: "proposal change sha256 kinds answer shown_sha256",
    AuditKind.GRIEVANCES_TICKET_PASSED_ON: "reference fiduciary",
    AuditKind.GRIEVANCES_MAIL_COUNTED: "count ignored unexplained",
    AuditKind.LEDGER_KEY_PROPOSED: "proposal cause good_size shown_sha256",
    AuditKind.LEDGER_KEY_REFUSED: "proposal cause good_size shown_sha256",
    AuditKind.LEDGER_KEY_ROTATED: "proposal cause good_size shown_sha256 first_size",
    AuditKind.LEDGER_SIGNING_RESUMED: "size",
    AuditKind.LEDGER_SIGNING_STOPPED: "check index size",
    AuditKind.LEDGER_VERIFICATION_FAILED: "scope size failures checks",
    AuditKind.LEDGER_VERIFICATION_PASSED: "scope size redacted",
    AuditKind.REGISTERS_BOOK_REVIEWED: "proposal kind fiduciary review_on evidence_on owner",
    AuditKind.REGISTERS_INCIDENT_ANSWERED: "incident duty step proposal answer shown_sha256",
    AuditKind.REGISTERS_INCIDENT_CHANGED: "incident fields",
    AuditKind.REGISTERS_INCIDENT_CLOSED: "incident",
    AuditKind.REGISTERS_INCIDENT_DUTY_FOUND: "incident duty state reason_code",
    AuditKind.REGISTERS_INCIDENT_OPENED: "incident role regimes risk noticed_at aware_at",
    AuditKind.REGISTERS_INCIDENT_PEOPLE_FOUND: "incident source count added unknown sha256",
    AuditKind.REGISTERS_INCIDENT_PROPOSED: "incident duty step proposal shown_sha256",
    AuditKind.REGISTERS_INCIDENT_REPORTED: "incident duty step reported_at sha256 count undelivered",
    AuditKind.RETENTION_CHILD_ANSWERED: "reference outcome proposal answer shown_sha256",
    AuditKind.RETENTION_CHILD_ERASED: "reference erased kept_by_law",
    AuditKind.RETENTION_CHILD_FROZEN: "reference count",
    AuditKind.RETENTION_CHILD_PROPOSED: "reference outcome proposal shown_sha256",
    AuditKind.RETENTION_CHILD_REPORTED: "reference relation",
    AuditKind.REGISTERS_DISCLOSURE_MADE: "disclosure recipient fields purpose basis",
    AuditKind.REGISTERS_ORDER_ANSWERED: "order proposal answer decision asked fields count shown_sha256",
    AuditKind.REGISTERS_ORDER_LATE: "order kind due_at",
    AuditKind.REGISTERS_ORDER_PROPOSED: "order proposal decision asked fields shown_sha256",
    AuditKind.REGISTERS_ORDER_RECEIVED: "order kind asked count sha256 secret",
    AuditKind.REGISTERS_ORDER_SECRECY_ENDED: "order",
    AuditKind.REGISTERS_ORDER_TOLD: "order count",
    AuditKind.REGISTERS_TASK_CLOSED: "book entry what",
    AuditKind.REGISTERS_TASK_OPENED: "book entry what due_on",
}
_BY_AREA: Mapping[str, str] = {
    "consent": "purpose channel fiduciary notice version language count state frequency until pause way reference sha256 seconds recipient told_at evidence",
    "export": "model resource format rows fields filters sha256 job",
    "grievances": f"{_MOVE} {_PROPOSAL} {_CLOCK} ticket request category queue officer channel language regime rules appeal rights nomination",
    "jobs": "job kind state attempt reason_code sha256 bytes rows",
    "kyc": f"{_MOVE} {_PROPOSAL} case document type check outcome severity size sha256 retention_until rekyc_on count consent provenance way",
    "law": f"{_CLOCK} {_PROPOSAL} key version purpose effective_from effective_on rules house_rules purposes added superseded date sha256",
    "notices": f"{_VERSION} {_PROPOSAL} count channel clause weight changes job kind round",
    "outbox": _MESSAGE,
    "people": f"{_PROPOSAL} customer principal contact kind channel fields member role regime evidence count rows errors user fiduciary nominee old new source deputy starts_on ends_on",
    "registers": f"{_PROPOSAL} kind recipient instruction incident disclosure officer company effective_from effective_on fields from to channel count fiduciary category starts_at ends_at findings about due_at late sequence",
    "retention": f"{_PROPOSAL} run state hold rule retention_class kind due held disputed stale kept_by_law erased count rooms certificate sha256 fields dry_run",
    "roles": f"{_PROPOSAL} user role grant starts_on ends_on added removed count",
    "signin": f"{_LOGIN} {_PROPOSAL}",
    "vault": "file kind retention_class reason reason_code size sha256 count keys purpose ticket queue",
}

#: Any event may name the fields that changed: ``record`` adds this to an act of staff.
CHANGED = "changed"
FACTS: Mapping[AuditKind, frozenset[str]] = MappingProxyType(
    {kind: _names(_BY_KIND.get(kind) or _BY_AREA[kind.split(".", 1)[0]]) | {CHANGED} for kind in AuditKind}
)
