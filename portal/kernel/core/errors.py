"""Errors that people see. ``message`` says what is wrong and what to do; it never holds personal data."""

from collections.abc import Mapping, Sequence


class PortalError(Exception):
    """Base of every error that a front may show. ``code`` is stable and goes to logs and interfaces.

    ``fields`` says beside which of the entered fields which sentence belongs, where a service can tell; a front that shows
    no field shows ``message``. ``without_page`` is the sentence for a program, which has no box to tick and no page to
    load: where the two are one it is left out.
    """

    code = "ERROR"

    def __init__(
        self,
        message: object = "",
        *,
        code: str | None = None,
        fields: Mapping[str, Sequence[object]] | None = None,
        without_page: object = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}
        self.without_page = without_page or message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return str(self.message)


class Refused(PortalError):
    """A rule says no. Nothing was changed."""

    code = "REFUSED"


class NotAllowed(PortalError):
    """The role does not carry the permission (403)."""

    code = "NOT_ALLOWED"


class NotFound(PortalError):
    """There is no such thing, or not for this person (404)."""

    code = "NOT_FOUND"


class IllegalMove(PortalError):
    """The table of moves has no way from here to there."""

    code = "ILLEGAL_MOVE"


class LostRace(PortalError):
    """Somebody else changed the row first. Nothing was changed."""

    code = "LOST_RACE"


class BadReference(PortalError):
    """A reference with a wrong form or check character."""

    code = "BAD_REFERENCE"


class Unavailable(PortalError):
    """Something outside is down: try again later. Never a "no"."""

    code = "UNAVAILABLE"
