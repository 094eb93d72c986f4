"""What others ask of jobs: start one, cancel one, start a failed one again."""

from portal.jobs.services.asking import cancel, restart, start

__all__ = ["cancel", "restart", "start"]
