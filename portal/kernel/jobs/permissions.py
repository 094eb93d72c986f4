"""What a role may allow in this room."""

from enum import StrEnum


class Permission(StrEnum):
    JOB_CANCEL = "jobs.job:cancel"
    JOB_RESTART = "jobs.job:restart"
    JOB_VIEW = "jobs.job:view"
    LIST_EXPORT = "jobs.list:export"
