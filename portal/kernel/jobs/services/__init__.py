"""What others ask of jobs: start one, cancel one, start a failed one again."""

from portal.kernel.jobs.services.job_requests import cancel, restart, start

__all__ = ["cancel", "restart", "start"]
