"""Where settings come from: the environment, files of secrets, and the keys and private files of an embedded installation."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

#: What others see of a portal: a default is fit for one machine without strangers only.
SAID_BY_OPERATORS = (
    *("SITE_URL", "LEDGER_ORIGIN", "DEFAULT_FROM_EMAIL", "SECURITY_CONTACT"),
    *("BEHIND_PROXY", "TRUSTED_PROXIES"),
)


class _WithoutLineEnds(FileAwareMapping):
    """A secret that was written to its file by a shell ends with a line feed, which is no part of it."""

    def __getitem__(self, key: str) -> str:
        return str(super().__getitem__(key)).strip()


class SettingsEnv(environ.FileAwareEnv):
    """NAME, or NAME_FILE for a mounted secret, without blanks and line ends around it."""

    ENVIRON = _WithoutLineEnds()

    def left_to_default(self) -> list[str]:
        """Those of ``SAID_BY_OPERATORS`` that the environment does not say."""
        return [name for name in SAID_BY_OPERATORS if not self.str(name, default="")]


#: What SQLite writes beside a database.
BESIDE = ("", "-journal", "-wal", "-shm")


def keep_private(directory: Path) -> None:
    """Make ``directory`` where there is none, and let nobody but this user into it (mode 0700), nor into what this process
    makes from now on (the umask).

    One that is there already, from before this was done, is closed as well; not one of somebody else, nor one that everybody
    shares (sticky, as /tmp is).
    """
    os.umask(os.umask(0o077) | 0o077)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = directory.stat()
    is_shared = found.st_mode & stat.S_ISVTX or found.st_uid != os.geteuid()
    if not is_shared and stat.S_IMODE(found.st_mode) & 0o077:
        directory.chmod(0o700)


def private_database(path: Path) -> Path:
    """The place of an SQLite database that nobody but this user reads (mode 0600), made empty where there is none.

    SQLite gives its journals the mode of the database; those that are there already are closed too.
    """
    path.touch(mode=0o600)
    for suffix in BESIDE:
        with contextlib.suppress(FileNotFoundError, PermissionError):  # gone meanwhile, or somebody else's
            path.with_name(path.name + suffix).chmod(0o600)
    return path


def own_key(path: Path) -> str:
    """The key that lies in ``path`` (mode 0600), made there when nothing does. Raises ImproperlyConfigured for an empty file."""
    if not path.exists():
        keep_private(path.parent.parent)
        keep_private(path.parent)
        # Written whole under another name first: a process that dies or starts meanwhile never reads half a key.
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(new, path)
        new.unlink()
    kept = path.read_text().strip()
    if not kept:
        raise ImproperlyConfigured(
            f"{path} is empty. Restore the key that was in it, or remove the file if nothing was kept."
        )
    return kept
