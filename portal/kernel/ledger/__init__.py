"""The append-only ledger: entries, Merkle tree, signed checkpoints, proofs, verification, redaction."""
