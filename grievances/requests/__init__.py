"""Rights requests: identity, answer by two people, data copies, corrections, erasure."""
