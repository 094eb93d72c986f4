"""What the server of P2 and P3 runs with: the log of answers is held for its second, and the key has no limit."""

from tests.settings import *  # noqa: F403

DECISION_LOG_SECONDS = 1
API_REQUESTS_PER_MINUTE = 10**9
