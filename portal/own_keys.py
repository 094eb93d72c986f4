"""Where settings come from: the environment, files of secrets, and keys that an embedded installation makes for itself."""

import contextlib
import os
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping


class _WithoutLineEnds(FileAwareMapping):
    """A secret that was written to its file by a shell ends with a line feed, which is no part of it."""

    def __getitem__(self, key: str) -> str:
        return str(super().__getitem__(key)).strip()


class SettingsEnv(environ.FileAwareEnv):
    """NAME, or NAME_FILE for a mounted secret, without blanks and line ends around it."""

    ENVIRON = _WithoutLineEnds()


def own_key(path: Path) -> str:
    """The key that lies in ``path`` (mode 0600), made there when nothing does. Raises ImproperlyConfigured for an empty file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written whole under another name first: a process that dies or starts meanwhile never reads half a key.
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(new, path)
        new.unlink()
    kept = path.read_text().strip()
    if not kept:
        raise ImproperlyConfigured(f"{path} is empty. Restore the key it held, or remove the file if nothing was kept.")
    return kept
