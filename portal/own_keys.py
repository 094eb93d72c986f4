"""Keys that an embedded installation makes for itself on its first start."""

import contextlib
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


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
