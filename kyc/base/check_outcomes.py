"""What a check says. Plain Python: rules and models both speak these words."""

from enum import StrEnum


class CheckOutcome(StrEnum):
    PASS = "PASS"  # noqa: S105 - an outcome
    #: A person has to look.
    WARN = "WARN"
    FAIL = "FAIL"
    #: Something this check needs is down. Never a "no": it is asked again.
    UNAVAILABLE = "UNAVAILABLE"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Severity(StrEnum):
    #: The document cannot be approved while this check fails.
    BLOCKING = "blocking"
    INFO = "info"


class TextMatch(StrEnum):
    """Whether the document's own text holds the number that was typed."""

    MATCH = "MATCH"
    OTHER = "OTHER"
    NOT_READ = "NOT_READ"
