"""Files on their way in: encrypted piece by piece under a key that only this request knows, in a file without a name.

Django's own handlers hold a file in memory or write it to a disk in clear. Here nothing touches a disk in clear and memory
stays at one segment, however large the file. The file has no name in its directory: when the request ends, also by a
crash, the system frees it, and the key was nowhere else than in the process.
"""

import io
import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from portal.kernel.vault.segments import EncryptingWriter, SeekingReader
from portal.kernel.vault.storage import NoRoom, room_on

KEY = 32
IDENTITY = 16


class EncryptedUploadHandler(FileUploadHandler):
    """Takes every file of a request; ``request.FILES`` gives clear bytes as they are read."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *given: Any, **more: Any) -> None:  # noqa: N803 - the base class's name
        """Before a byte is read. Raises NoRoom where what is announced has no room."""
        if room_on(Path(settings.VAR)) <= content_length:
            raise NoRoom

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._key, self._identity = os.urandom(KEY), os.urandom(IDENTITY)
        self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=settings.VAR))  # noqa: SIM115 - closed with the request
        self._writer = EncryptingWriter(self._file, key=self._key, identity=self._identity)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        try:
            self._writer.write(raw_data)
        except OSError as error:
            self._file.close()
            raise NoRoom from error
        return None

    def file_complete(self, file_size: int) -> UploadedFile:
        self._writer.finish()
        reader = SeekingReader(self._file, key=self._key, identity=self._identity, size=self._writer.size)
        return UploadedFile(
            file=io.BufferedReader(reader),
            name=self.file_name,
            content_type=self.content_type,
            size=self._writer.size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        """The client went away in the middle: nothing of it is left."""
        if hasattr(self, "_file"):
            self._file.close()
