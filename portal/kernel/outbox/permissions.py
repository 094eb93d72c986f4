"""What a role may allow in this room."""

from enum import StrEnum


class Permission(StrEnum):
    MESSAGE_CLOSE = "outbox.message:close"
    MESSAGE_READ = "outbox.message:read"
    MESSAGE_RETRY = "outbox.message:retry"
    MESSAGE_VIEW = "outbox.message:view"
