"""The facts each audit kind may carry.

Facts are codes, numbers, references, hashes and times. A name, an address, a value of a field or a free text is never a
fact: hand it over as ``personal``. Keep the lists sorted.
"""

from collections.abc import Mapping
from types import MappingProxyType

from portal.kernel.audit.kinds import AuditKind


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PROPOSAL = "proposal act maker checker answer shown_sha256 reference reason_code state"
_MOVE = "reference from to reason_code kind state proposal"
_VERSION = (
    "notice version language sha256 effective_on clauses defects defect proposal answer shown_sha256 maker checker"
)
_CLOCK = "clock rule rule_version dues due_at target_at reason_code owner kind paused_at began_at started_at stopped_at days amount unit"
_LOGIN = "user method session reason_code count device_sha256 role"
_IMPORT = "reference kind state sha256 bytes rows done new changed same faulty"
_OUTCOMES = "sent delivered failed blocked cancelled"
_MESSAGE = "message kind channel template template_version attempt reason_code state purpose language sent_at"

#: The facts each kind may carry, by kind or, for the rest of an area, by area.
_BY_KIND: Mapping[AuditKind, str] = {
    AuditKind.ADMIN_ACT_DONE: "act",
    AuditKind.ADMIN_NAMES_LISTED: "list filters count",
    AuditKind.ADMIN_PAGE_READ: "page object",
    AuditKind.ADMIN_RECORD_OPENED: "model object purpose ticket queue",
    AuditKind.ADMIN_SEARCH_DONE: "read_as count",
    AuditKind.ADMIN_VALUE_REVEALED: "model object field purpose ticket queue reason_code",
    AuditKind.ADMIN_VIEW_REMOVED: "model role",
    AuditKind.ADMIN_VIEW_SAVED: "model role",
    AuditKind.CONSENT_BROADCAST_ANSWERED: f"{_PROPOSAL} purpose channels count",
    AuditKind.CONSENT_BROADCAST_MOVED: f"reference state reason_code count {_OUTCOMES}",
    AuditKind.CONSENT_BROADCAST_PROPOSED: f"{_PROPOSAL} purpose channels count",
    AuditKind.CONSENT_BROADCAST_TESTED: "reference channel language",
    AuditKind.CONSENT_DECISION_KEY_USED: "key",
    AuditKind.CONSENT_ANSWERS_GIVEN: "as fiduciary purpose channel header template total allowed invalid reasons asked_sha256 answers_sha256 until",
    AuditKind.CONSENT_PREFERENCE_TOLD: "reference way categories modes bands days",
    AuditKind.CONSENT_STANDING_ENDED: "reference way",
    AuditKind.EVIDENCE_FILE_ANSWERED: "file as_of events ticket sha256 answer shown_sha256",
    AuditKind.EVIDENCE_FILE_FETCHED: "file sha256",
    AuditKind.EVIDENCE_FILE_MADE: "file as_of events proved sha256 bytes manifest_sha256",
    AuditKind.EVIDENCE_FILE_PROPOSED: "file as_of events ticket events_sha256 shown_sha256",
    AuditKind.EVIDENCE_MANIFEST_SEALED: "pack file from to sha256 size seed sample checkpoint",
    AuditKind.EVIDENCE_PACK_DOWNLOADED: "pack job sha256",
    AuditKind.EVIDENCE_PACK_MADE: "pack from to sha256 bytes records missing size seed sample drawn manifest_sha256 job",
    AuditKind.EVIDENCE_PACK_REQUESTED: "pack from to seed sample job",
    AuditKind.EVIDENCE_PROMISE_ATTESTED: "promise outcome judged_on sha256 bytes",
    AuditKind.EVIDENCE_REPORT_MADE: "report from to sha256",
    AuditKind.EVIDENCE_REQUEST_ACCEPTED: "reference control due_on",
    AuditKind.EVIDENCE_REQUEST_ANSWERED: "reference control due_on is_late",
    AuditKind.EVIDENCE_REQUEST_ASKED: "reference control due_on",
    AuditKind.EVIDENCE_REQUEST_FLAGGED: "reference control due_on",
    AuditKind.EVIDENCE_SAMPLE_DRAWN: "kept reference register from to method size seed population sha256",
    AuditKind.GRIEVANCES_DOCUMENT_TIED: "document reference",
    AuditKind.GRIEVANCES_REQUEST_ERASED: "reference request erased kept",
    AuditKind.GRIEVANCES_TAKE_OVER_MOVED: "reference state sha256 count taken faulty",
    AuditKind.GRIEVANCES_TASK_GIVEN: "reference task kind state reason_code",
    AuditKind.GRIEVANCES_TASK_MOVED: "reference task kind state reason_code",
    AuditKind.JOBS_IMPORT_BEGUN: _IMPORT,
    AuditKind.JOBS_IMPORT_BROUGHT: _IMPORT,
    AuditKind.JOBS_IMPORT_ENDED: _IMPORT,
    AuditKind.JOBS_IMPORT_TRIED: _IMPORT,
    AuditKind.KYC_DOCUMENT_APPEALED: "case document ticket",
    AuditKind.KYC_DOCUMENT_FETCHED: "recipient type",
    AuditKind.KYC_FREEZE_ANSWERED: "case document proposal answer shown_sha256",
    AuditKind.KYC_FREEZE_PROPOSED: "case document proposal answer shown_sha256",
    AuditKind.KYC_LIKENESS_ANSWERED: "case source version sha256 state proposal answer",
    AuditKind.KYC_LIKENESS_PROPOSED: "case source version sha256 state proposal answer",
    AuditKind.KYC_DOCUMENT_DELETION_ANSWERED: "case document state reason_code certificate",
    AuditKind.KYC_MINOR_FOUND: "case document erased kept count",
    AuditKind.KYC_RENEWAL_CLOSED: "case document reason_code",
    AuditKind.KYC_RENEWAL_OPENED: "case document reason_code due_on",
    AuditKind.KYC_RENEWAL_TOLD: "case document reason_code days count",
    AuditKind.KYC_SANCTIONS_IMPORTED: "source version sha256 names_sha256 count compared",
    AuditKind.KYC_SCREENING_DONE: "case source version sha256 likenesses known",
    AuditKind.KYC_CHECKS_REPLAYED: "count same changed differs left version",
    AuditKind.KYC_CASE_RATED: "from to by count reasons version",
    AuditKind.KYC_TAKE_OVER_MOVED: "reference state sha256 count taken faulty",
    AuditKind.KYC_SIGNER_ADDED: "sha256 kinds",
    AuditKind.KYC_SIGNER_ANSWERED: "proposal change sha256 kinds answer shown_sha256",
    AuditKind.KYC_SIGNER_PROPOSED: "proposal change sha256 kinds answer shown_sha256",
    AuditKind.GRIEVANCES_TICKET_PASSED_ON: "reference fiduciary",
    AuditKind.GRIEVANCES_MAIL_COUNTED: "count ignored unexplained",
    AuditKind.LEDGER_ANOMALY_EXPLAINED: "proposal cause check first last count entries_sha256 shown_sha256",
    AuditKind.LEDGER_ANOMALY_PROPOSED: "proposal cause check first last count entries_sha256 shown_sha256",
    AuditKind.LEDGER_ANOMALY_REFUSED: "proposal cause check first last count entries_sha256 shown_sha256",
    AuditKind.LEDGER_KEY_PROPOSED: "proposal cause good_size shown_sha256",
    AuditKind.LEDGER_KEY_REFUSED: "proposal cause good_size shown_sha256",
    AuditKind.LEDGER_KEY_ROTATED: "proposal cause good_size shown_sha256 first_size",
    AuditKind.LEDGER_ROLLBACK_ACCEPTED: "size anchored_size anchored_root",
    AuditKind.LEDGER_SIGNING_RESUMED: "size",
    AuditKind.LEDGER_SIGNING_STOPPED: "check index size",
    AuditKind.LEDGER_VERIFICATION_FAILED: "scope size failures checks",
    AuditKind.LEDGER_VERIFICATION_PASSED: "scope size redacted",
    AuditKind.REGISTERS_ATTACHMENT_ADDED: "reference kind dated_on sha256 original_sha256 size",
    AuditKind.REGISTERS_ATTACHMENT_ENDED: "reference kind dated_on sha256 original_sha256 size",
    AuditKind.REGISTERS_BOOK_REVIEWED: "proposal kind fiduciary review_on evidence_on owner",
    AuditKind.REGISTERS_DPIA_BEGUN: "version sha256",
    AuditKind.REGISTERS_DPIA_FINISHED: "version sha256",
    AuditKind.REGISTERS_DPIA_JUDGED: "version sha256",
    AuditKind.REGISTERS_INCIDENT_ANSWERED: "incident duty step proposal answer shown_sha256",
    AuditKind.REGISTERS_INCIDENT_CHANGED: "incident fields role noticed_at aware_at",
    AuditKind.REGISTERS_INCIDENT_CLOSED: "incident closed_at",
    AuditKind.REGISTERS_INCIDENT_DUTY_FOUND: "incident duty state reason_code",
    AuditKind.REGISTERS_INCIDENT_FACT_PENDING: "incident fields user due_at",
    AuditKind.REGISTERS_INCIDENT_OPENED: "incident role regimes risk noticed_at aware_at",
    AuditKind.REGISTERS_INCIDENT_PEOPLE_FOUND: "incident source count added unknown sha256",
    AuditKind.REGISTERS_INCIDENT_PROPOSED: "incident duty step proposal shown_sha256",
    AuditKind.REGISTERS_INCIDENT_REPORTED: "incident duty step reported_at sha256 count undelivered open",
    AuditKind.REGISTERS_INCIDENT_SEARCH_GIVEN_UP: "incident source added",
    AuditKind.REGISTERS_INCIDENT_UNDELIVERED: "incident duty step proposal shown_sha256",
    AuditKind.RETENTION_CHILD_ANSWERED: "reference outcome proposal answer shown_sha256",
    AuditKind.RETENTION_CHILD_ERASED: "reference erased kept_by_law",
    AuditKind.RETENTION_CHILD_FROZEN: "reference count",
    AuditKind.RETENTION_CHILD_PROPOSED: "reference outcome proposal shown_sha256",
    AuditKind.RETENTION_CHILD_REPORTED: "reference relation",
    AuditKind.RETENTION_CLAIM_APPROVED: "claim rule disputed_on last_day records retention_class replaces shown_sha256",
    AuditKind.RETENTION_CLAIM_PROPOSED: "claim rule disputed_on last_day records retention_class replaces shown_sha256",
    AuditKind.RETENTION_CLAIM_REFUSED: "claim rule disputed_on last_day records retention_class replaces shown_sha256",
    AuditKind.REGISTERS_DISCLOSURE_MADE: "disclosure recipient fields purpose basis",
    AuditKind.REGISTERS_ORDER_ANSWERED: "order state answered_at proposal answer decision asked fields count shown_sha256",
    AuditKind.REGISTERS_ORDER_LATE: "order kind due_at",
    AuditKind.REGISTERS_ORDER_PROPOSED: "order proposal decision asked fields shown_sha256",
    AuditKind.REGISTERS_ORDER_RECEIVED: "order kind asked count sha256 secret received_at",
    AuditKind.REGISTERS_ORDER_SECRECY_ANSWERED: "order proposal answer shown_sha256",
    AuditKind.REGISTERS_ORDER_SECRECY_PROPOSED: "order proposal answer shown_sha256",
    AuditKind.REGISTERS_ORDER_SILENCED: "order until",
    AuditKind.REGISTERS_ORDER_TOLD: "order count",
    AuditKind.REGISTERS_TASK_CLOSED: "book entry what",
    AuditKind.REGISTERS_TASK_OPENED: "book entry what due_on",
    AuditKind.VAULT_BACKUP_CLEARED: "removed",
    AuditKind.VAULT_BACKUP_REMOVED: "backup expires_at",
    AuditKind.VAULT_BACKUP_RESTORED: (
        "backup keys_backup taken_at size files keys marks undone erased redacted sessions invitations accounts roles api_keys"
    ),
    AuditKind.VAULT_BACKUP_TAKEN: "backup expires_at files size sha256 files_sha256 keys_sha256",
    AuditKind.VAULT_BACKUP_VERIFIED: "backup",
}
_BY_AREA: Mapping[str, str] = {
    "consent": "purpose channel fiduciary notice version language count state frequency until pause way reference sha256 seconds recipient told_at evidence",
    "export": f"{_PROPOSAL} export model resource format rows fields filters masked ledger_size sha256 job",
    "grievances": f"{_MOVE} {_PROPOSAL} {_CLOCK} ticket request category queue officer channel language regime rules appeal rights nomination received_at acknowledged_at closed_at",
    "jobs": "job kind state attempt reason_code sha256 bytes rows",
    "kyc": f"{_MOVE} {_PROPOSAL} case document type check outcome severity size sha256 retention_until rekyc_on count consent provenance way",
    "law": f"{_CLOCK} {_PROPOSAL} key version purpose effective_from effective_on rules house_rules purposes added superseded date sha256",
    "notices": f"{_VERSION} {_PROPOSAL} count channel clause weight changes job kind round",
    "operations": "reason_code since",
    "outbox": _MESSAGE,
    "people": f"{_PROPOSAL} customer principal contact kind channel fields member role regime evidence count rows errors user fiduciary nominee old new source deputy starts_on ends_on",
    "registers": f"{_PROPOSAL} kind recipient instruction incident disclosure officer company effective_from effective_on fields from to channel count fiduciary category starts_at ends_at findings about due_at late sequence",
    "retention": f"{_PROPOSAL} run state hold rule retention_class kind due held disputed stale kept_by_law erased count rooms certificate sha256 fields dry_run finished_at placed_at",
    "roles": f"{_PROPOSAL} user role grant starts_at ends_at starts_on ends_on data_from data_to areas added removed count",
    "signin": f"{_LOGIN} {_PROPOSAL}",
    "vault": "file kind retention_class reason reason_code size sha256 count keys purpose ticket queue stored_at",
}

#: Any event may name the fields that changed: ``record`` adds this to an act of staff.
CHANGED = "changed"
FACTS: Mapping[AuditKind, frozenset[str]] = MappingProxyType(
    {kind: _names(_BY_KIND.get(kind) or _BY_AREA[kind.split(".", 1)[0]]) | {CHANGED} for kind in AuditKind}
)
