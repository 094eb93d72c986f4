"""The critical modules, each with the tests of its room that are about it: those most likely to notice come first."""

_DECISIONS = ("test_decisions", "test_send_gate", "test_suppressing", "test_batches", "test_decision_keys")
_STOPS = ("test_suppressing", "test_undos", "test_public_stops", "test_refusals_of_a_sender", "test_lives_of_stops")
_WITHDRAWALS = ("test_withdrawing", "test_identification", "test_ending", "test_undos", "test_races_of_withdrawals")
_RULES = {
    "blocks": ("test_blocks", "test_blocking"),
    "broadcasts": ("test_broadcasts", "test_broadcast_pages"),
    "clauses": ("test_clauses", "test_clause_pages"),
    "contact": ("test_contact_rules", "test_decisions", "test_suppressing", "test_who_may_not", "test_batches"),
    "differences": ("test_differences", "test_clauses"),
    "fields": ("test_fields", "test_policy_rules"),
    "fold": ("test_fold", "test_projection", "test_histories", "test_recording"),
    "hours": ("test_contact_rules", "test_decisions"),
    "keywords": ("test_keyword_rules", "test_public_stops"),
    "leaves": ("test_ledger_rows", "test_state_check"),
    "merging": ("test_merging_rules", "test_merging"),
    "policy": ("test_policy_rules", "test_editing", "test_differences"),
    "receipt_forms": ("test_receipts",),
    "receipt_views": ("test_receipts", "test_identification"),
    "seals": ("test_seals", "test_decision_keys", "test_decisions"),
    "succession": ("test_chains", "test_ending"),
}


def _of(room: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{room}/{name}.py" for name in names)


TARGETS: dict[str, tuple[str, ...]] = {
    "consent/services/decisions.py": _of("consent", *_DECISIONS, "test_who_may_not"),
    "consent/services/withdrawing.py": _of("consent", *_WITHDRAWALS),
    "consent/services/suppressing.py": _of("consent", *_STOPS, "test_told_times"),
    "consent/services/undos.py": _of("consent", "test_undos", "test_lives_of_stops", "test_public_stops"),
    **{f"consent/rules/{name}.py": _of("consent", *tests) for name, tests in _RULES.items()},
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
