"""The critical modules, each with the tests of its room that are about it: those most likely to notice come first."""

_DECISIONS = ("test_decisions", "test_send_gate", "test_suppressing", "test_batches", "test_decision_keys")
_STOPS = ("test_suppressing", "test_undos", "test_public_stops", "test_refusals_of_a_sender", "test_lives_of_stops")
_WITHDRAWALS = ("test_withdrawing", "test_identification", "test_ending", "test_undos", "test_races_of_withdrawals")
_RULES = {
    "consent/base/rules/dnd_rules.py": ("test_blocks", "test_blocking"),
    "consent/base/rules/broadcasts.py": ("test_broadcasts", "test_broadcast_pages"),
    "consent/notices/rules/clauses.py": ("test_clauses", "test_clause_pages"),
    "consent/base/rules/contact.py": (
        "test_contact_rules",
        "test_decisions",
        "test_suppressing",
        "test_who_may_not",
        "test_batches",
    ),
    "consent/notices/rules/text_diff.py": ("test_differences", "test_clauses"),
    "consent/notices/rules/notice_requirements.py": ("test_fields", "test_policy_rules"),
    "consent/base/rules/status_fold.py": ("test_fold", "test_projection", "test_histories", "test_recording"),
    "consent/base/rules/hours.py": ("test_contact_rules", "test_decisions"),
    "consent/collection/rules/keywords.py": ("test_keyword_rules", "test_public_stops"),
    "consent/records/rules/ledger_content.py": ("test_ledger_rows", "test_state_check"),
    "consent/collection/rules/merge_precedence.py": ("test_merging_rules", "test_merging"),
    "consent/base/rules/policy_parser.py": ("test_policy_rules", "test_editing", "test_differences"),
    "consent/records/rules/receipt_extraction.py": ("test_receipts",),
    "consent/records/rules/receipt_standards.py": ("test_receipts", "test_identification"),
    "consent/records/rules/seals.py": ("test_seals", "test_decision_keys", "test_decisions"),
    "consent/notices/rules/clause_continuity.py": ("test_publishing", "test_days"),
}


def _of(room: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{room}/{name}.py" for name in names)


TARGETS: dict[str, tuple[str, ...]] = {
    "consent/decisions/services/contact_decisions.py": _of("consent", *_DECISIONS, "test_who_may_not"),
    "consent/suppressions/services/withdrawals.py": _of("consent", *_WITHDRAWALS, "test_suppressing"),
    "consent/suppressions/services/suppressions.py": _of("consent", *_STOPS, "test_told_times"),
    "consent/suppressions/services/undos.py": _of("consent", "test_undos", "test_lives_of_stops", "test_public_stops"),
    **{rule: _of("consent", *tests) for rule, tests in _RULES.items()},
    "portal/kernel/people/services/codes.py": (
        *_of("people", "test_codes"),
        *_of("signin", "test_customer_sign_in", "test_wrong_codes"),
        *_of("consent", "test_public_stops"),
    ),
    "portal/kernel/outbox/services/delivery.py": _of(
        "outbox", "test_delivery", "test_consent_gate", "test_moving", "test_webhooks", "test_reports", "test_turns"
    ),
    "portal/kernel/ledger/services/entries.py": _of("ledger", "test_entries", "test_sealing", "test_receipts"),
    "portal/kernel/ledger/services/sealer.py": _of("ledger", "test_sealing", "test_threats", "test_commands"),
    "portal/kernel/ledger/services/checkpoints.py": _of(
        "ledger", "test_rotation", "test_sealing", "test_notes", "test_threats"
    ),
    "portal/kernel/vault/segments.py": _of("vault", "test_segments", "test_files", "test_reading", "test_uploads"),
    "portal/kernel/retention/services/runs.py": _of(
        "retention", "test_runs", "test_keep_or_erase", "test_holds", "test_deciding", "test_replaying"
    ),
    "kyc/review/services/document_uploads.py": _of(
        "kyc", "test_uploading", "test_bringing", "test_encrypting", "test_reusing", "test_consenting"
    ),
    "grievances/tickets/services/resolutions.py": _of(
        "grievances", "test_resolving", "test_appealing", "test_correcting", "test_deciding"
    ),
}
