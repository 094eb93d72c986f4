"""``python -m tests.mutations``: small faults put into the critical modules, to see whether a test notices each."""
