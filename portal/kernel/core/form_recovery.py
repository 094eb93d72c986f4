"""What a person typed into a form that is not taken: an error page gives it back to them, to be copied."""

import re
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest

#: Fields whose text is not given back: secrets, and what no person wrote.
NOT_GIVEN_BACK: Final = ("csrfmiddlewaretoken", "password", "code", "token", "next")
LONGEST: Final = 20_000
#: What nobody wrote: the names of buttons and choices, numbers of rows, the hash of a text that was shown, and the
#: reference that keeps a form from counting twice.
OF_THE_FORM: Final = re.compile(
    r"[a-z][a-z_.:-]{0,39}|[a-z_]+:[a-z_]+(?: [a-z_]+:[a-z_]+)*|\d{1,6}|[0-9a-f]{64}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def written_in(request: HttpRequest) -> list[str]:
    """What the person typed, for them to copy: the texts of the form, without secrets and without files."""
    if request.path.startswith("/api/"):
        return []
    try:
        data: Any = request.POST
    except (RequestDataTooBig, TooManyFilesSent, OSError):
        return []
    fields = ((name, value.strip()) for name, values in data.lists() for value in values)
    return [
        value
        for name, value in fields
        if value and len(value) <= LONGEST and not _is_secret(name) and not OF_THE_FORM.fullmatch(value)
    ]


def _is_secret(name: str) -> bool:
    return any(part in name.lower() for part in NOT_GIVEN_BACK)
