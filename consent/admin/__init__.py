from consent.admin import (
    announcements,
    answers,
    ledger,
    lists,
    notices,
    publishing,
    sends,
    suppressions,
    taking,
    telling,
)

__all__ = [
    "announcements",
    "answers",
    "ledger",
    "lists",
    "notices",
    "publishing",
    "sends",
    "suppressions",
    "taking",
    "telling",
]
