"""A stream that ends with a refusal where it is longer than it may be, while it is stored."""

import io
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _

from portal.kernel.core.errors import Refused


class _Limited(io.RawIOBase):
    def __init__(self, source: BinaryIO, most: int) -> None:
        self._source, self._left, self._most = source, most, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._source.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            said = _("The file is too large: it may not be larger than %(most)d MB. Split it.") % {
                "most": self._most // 2**20
            }
            raise Refused(said, code="TOO_LARGE")
        buffer[: len(piece)] = piece
        return len(piece)


def limited(source: BinaryIO, most: int) -> BinaryIO:
    """Reads from ``source`` where it stands. Raises Refused when more than ``most`` bytes come."""
    return cast(BinaryIO, io.BufferedReader(_Limited(source, most)))
