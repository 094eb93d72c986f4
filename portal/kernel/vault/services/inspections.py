"""A file that someone uploads, judged before it is kept."""

from typing import BinaryIO

from django.utils.translation import gettext as _

from portal.kernel.core.errors import Unavailable
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.result import Limits, Verdict


def read_checked(stream: BinaryIO, *, extension: str | None, limits: Limits) -> tuple[bytes, Verdict, bytes]:
    """The bytes as they came, the verdict of the confined child, and the copy that may be kept (empty where it is refused).

    ``extension`` is what the file's name claims, None where the name does not matter. Raises Unavailable (NO_CHECK) while
    no child can be started; what a fault means to its reader is the caller's to say.
    """
    given = stream.read(limits.size + 1)
    try:
        verdict, kept = client.inspect(given, extension=extension, limits=limits)
    except OSError as error:
        raise Unavailable(_("Files cannot be checked now. Try again in a few minutes."), code="NO_CHECK") from error
    return given, verdict, kept
