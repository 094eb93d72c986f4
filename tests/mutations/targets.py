"""The critical modules, each with the tests of its room that are about it: those most likely to notice come first."""

_DECISIONS = ("test_decisions", "test_send_gate", "test_suppressing", "test_batches", "test_decision_keys")
_STOPS = ("test_suppressing", "test_undos", "test_public_stops", "test_refusals_of_a_sender", "test_lives_of_stops")
_WITHDRAWALS = ("test_withdrawing", "test_identification", "test_ending", "test_undos", "test_races_of_withdrawals")
_RULES = {
    "consent/rules/blocks.py": ("test_blocks", "test_blocking"),
    "consent/rules/broadcasts.py": ("test_broadcasts", "test_broadcast_pages"),
    "consent/rules/clauses.py": ("test_clauses", "test_clause_pages"),
    "consent/rules/contact.py": (
        "test_contact_rules",
        "test_decisions",
        "test_suppressing",
        "test_who_may_not",
        "test_batches",
    ),
    "consent/rules/differences.py": ("test_differences", "test_clauses"),
    "consent/rules/fields.py": ("test_fields", "test_policy_rules"),
    "consent/rules/fold.py": ("test_fold", "test_projection", "test_histories", "test_recording"),
    "consent/rules/hours.py": ("test_contact_rules", "test_decisions"),
    "consent/rules/keywords.py": ("test_keyword_rules", "test_public_stops"),
    "consent/rules/leaves.py": ("test_ledger_rows", "test_state_check"),
    "consent/rules/merging.py": ("test_merging_rules", "test_merging"),
    "consent/rules/policy.py": ("test_policy_rules", "test_editing", "test_differences"),
    "consent/rules/receipt_forms.py": ("test_receipts",),
    "consent/rules/receipt_views.py": ("test_receipts", "test_identification"),
    "consent/rules/seals.py": ("test_seals", "test_decision_keys", "test_decisions"),
    "consent/rules/succession.py": ("test_chains", "test_ending"),
}


def _of(room: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{room}/{name}.py" for name in names)


TARGETS: dict[str, tuple[str, ...]] = {
    "consent/services/decisions.py": _of("consent", *_DECISIONS, "test_who_may_not"),
    "consent/services/withdrawing.py": _of("consent", *_WITHDRAWALS),
    "consent/services/suppressing.py": _of("consent", *_STOPS, "test_told_times"),
    "consent/services/undos.py": _of("consent", "test_undos", "test_lives_of_stops", "test_public_stops"),
    **{rule: _of("consent", *tests) for rule, tests in _RULES.items()},
    "portal/people/services/codes.py": (
        *_of("people", "test_codes"),
        *_of("signin", "test_customer_sign_in", "test_wrong_codes"),
        *_of("consent", "test_public_stops"),
    ),
    "portal/outbox/services/delivery.py": _of(
        "outbox", "test_delivery", "test_consent_gate", "test_moving", "test_webhooks", "test_reports", "test_turns"
    ),
    "portal/ledger/services/entries.py": _of("ledger", "test_entries", "test_sealing", "test_receipts"),
    "portal/ledger/services/sealing.py": _of("ledger", "test_sealing", "test_threats", "test_commands"),
    "portal/ledger/services/signing.py": _of("ledger", "test_rotation", "test_sealing", "test_notes", "test_threats"),
    "portal/vault/segments.py": _of("vault", "test_segments", "test_files", "test_reading", "test_uploads"),
    "portal/retention/services/runs.py": _of(
        "retention", "test_runs", "test_keep_or_erase", "test_holds", "test_deciding", "test_replaying"
    ),
    "kyc/services/uploading.py": _of("kyc", "test_uploading", "test_encrypting", "test_reusing", "test_consenting"),
    "grievances/services/resolving.py": _of("grievances", "test_resolving", "test_appealing", "test_correcting"),
}
