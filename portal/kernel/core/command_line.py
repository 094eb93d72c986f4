"""Every command ends with an exit code that scripts can rely on, and with one clear line when it fails.

0 yes or done, 1 no or refused, 2 usage, 3 could not decide (something outside is down or missing).
"""

import errno
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.db.utils import OperationalError
from redis.exceptions import RedisError

from portal.kernel.core.errors import PortalError, Unavailable

REFUSED, USAGE, UNDECIDED = 1, 2, 3


def explain(error: BaseException) -> tuple[int, str] | None:  # noqa: PLR0911 - one line a failure
    """The exit code and the line for a foreseeable failure; None for a fault of our own, which keeps its trace."""
    if isinstance(error, Unavailable):
        return UNDECIDED, str(error)
    if isinstance(error, PortalError):
        return REFUSED, str(error)
    if isinstance(error, ImproperlyConfigured):
        return USAGE, f"A setting is wrong: {error}"
    if isinstance(error, OperationalError):
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "locked" in said:
            return UNDECIDED, "The database is locked by another process. Nothing was changed: try again in a moment."
        if "no such table" in said:
            return UNDECIDED, "The database has no tables yet. Run: ./run manage migrate"
        return UNDECIDED, f"The database cannot be used ({said}). Check DATABASE_URL and that the server runs."
    if isinstance(error, DatabaseError) and "permission denied" in str(error):
        return UNDECIDED, "The database's role lacks a right. As the owner of the tables run: grant_app_role ROLE"
    if isinstance(error, DatabaseError) and "does not exist" in str(error):
        return UNDECIDED, "The database has no tables yet. Run: ./run manage migrate"
    if isinstance(error, RedisError):
        return UNDECIDED, "The broker cannot be reached. Check REDIS_URL and that Redis runs."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return UNDECIDED, "The disk is full. Nothing was left half-done: free some space and run this again."
    if isinstance(error, PermissionError | FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return UNDECIDED, f"{error.filename}: {error.strerror}."
    return None


class _Utility(ManagementUtility):
    """Django's, except that a command that does not exist is an error of usage."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        try:
            found: BaseCommand = super().fetch_command(subcommand)
        except SystemExit:
            sys.exit(USAGE)
        return found


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code. ``--traceback`` shows the trace of any failure."""
    try:
        _Utility(arguments).execute()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return REFUSED
    except Exception as error:
        known = None if "--traceback" in arguments else explain(error)
        if known is None:
            raise
        code, line = known
        sys.stderr.write(f"{line}\n")
        return code
    return 0
