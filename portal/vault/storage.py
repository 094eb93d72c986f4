"""Where encrypted files lie on one machine."""

import os
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class VaultStorage(FileSystemStorage):
    """A directory whose files are on the disk, and in their directory, before ``save`` returns."""

    def _save(self, name: str, content: File) -> str:
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
