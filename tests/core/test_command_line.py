import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError, ProgrammingError
from redis.exceptions import ConnectionError as RedisConnectionError

from portal.kernel.core import command_line
from portal.kernel.core.errors import Refused, Unavailable

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (Refused("Choose a later date."), 1, "Choose a later date."),
        (Unavailable("The scanner does not answer."), 3, "scanner"),
        (ImproperlyConfigured("X"), 2, "setting"),
        (OperationalError("database is locked"), 3, "locked by another process"),
        (OperationalError("no such table: people_user"), 3, "migrate"),
        (OperationalError("connection refused"), 3, "DATABASE_URL"),
        (ProgrammingError('relation "people_user" does not exist'), 3, "migrate"),
        (ProgrammingError("permission denied for table ledger_head"), 3, "grant_app_role"),
        (RedisConnectionError("refused"), 3, "REDIS_URL"),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "disk is full"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "missing.txt"), 3, "missing.txt"),
    ],
)
def test_each_foreseeable_failure_has_a_code_and_a_line_that_says_what_to_do(error, code, words):
    exit_code, line = command_line.explain(error)
    assert exit_code == code
    assert words in line
    assert "\n" not in line


def test_a_fault_of_our_own_keeps_its_trace():
    assert command_line.explain(KeyError("x")) is None


def command(*arguments, **environment):
    settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", **environment}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )


def test_an_unreachable_database_ends_a_command_with_one_clear_line(tmp_path):
    done = command("migrate", "--check", DATABASE_URL="postgres://nobody@127.0.0.1:9/none", PORTAL_VAR=str(tmp_path))
    assert done.returncode == 3
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_an_error_of_usage(tmp_path):
    done = command("no_such_command", PORTAL_VAR=str(tmp_path))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_receipt_that_is_not_there_is_not_decided(tmp_path):
    done = command("verify_receipt", str(tmp_path / "none.tlog-proof"), PORTAL_VAR=str(tmp_path))
    assert done.returncode == 3
    assert "none.tlog-proof" in done.stderr
