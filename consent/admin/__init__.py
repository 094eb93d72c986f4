from consent.admin import (
    announcements,
    answers,
    cookies,
    ledger,
    lists,
    notices,
    publishing,
    sends,
    suppressions,
    taking,
    telling,
    translations,
)

__all__ = [
    "announcements",
    "answers",
    "cookies",
    "ledger",
    "lists",
    "notices",
    "publishing",
    "sends",
    "suppressions",
    "taking",
    "telling",
    "translations",
]
