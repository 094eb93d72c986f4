"""Where encrypted files lie on one machine."""

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext as _

from portal.kernel.core.errors import Unavailable

#: Bytes that stay free: a file is not begun where its end could not be written, and keys and logs need room too.
RESERVE = 256 * 1024 * 1024


class NoRoom(Unavailable):
    """A disk of ours is full, or refuses to be written."""

    code = "NO_ROOM"

    def __init__(self) -> None:
        super().__init__(_("There is no room for files at the moment. Nothing of this was kept: try again later."))


def room_on(place: Path) -> int:
    """Bytes that may still be written to the disk of a folder, which need not be there yet."""
    there = next(one for one in (place, *place.absolute().parents) if one.exists())
    return max(0, shutil.disk_usage(there).free - RESERVE)


class VaultStorage(FileSystemStorage):
    """A directory whose files are on the disk, and in their directory, before ``save`` returns.

    Of a file that could not be written whole nothing stays.
    """

    def _save(self, name: str, content: File) -> str:
        try:
            return self._flushed(name, content)
        except OSError:
            with contextlib.suppress(OSError):
                Path(self.path(name)).unlink(missing_ok=True)
            raise

    def _flushed(self, name: str, content: File) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]
        path = self.path(saved)
        for place, flags in ((path, os.O_RDWR), (os.path.dirname(path), os.O_RDONLY)):  # noqa: PTH120
            descriptor = os.open(place, flags)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return saved

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Names are random: a taken one is an error, never a second name."""
        return name

    def listed(self) -> Any:
        """The names of all files, two levels deep, and the instant each was last written."""
        for directory in self.listdir("")[0] if self.exists("") else []:
            for file_name in self.listdir(directory)[1]:
                name = f"{directory}/{file_name}"
                yield name, self.get_modified_time(name)
