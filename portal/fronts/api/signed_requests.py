"""Bodies of signed messages: measured before they are read, read only once their signature holds."""

from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from django.conf import settings
from django.http import HttpRequest
from ninja import Schema
from ninja.errors import ValidationError
from pydantic import ValidationError as Malformed
from pydantic import WrapValidator

from portal.kernel.core import strict_json, time_range, webhook_signatures
from portal.kernel.core.errors import PortalError

S = TypeVar("S", bound=Schema)
#: What a row of a gateway's may be called in our record: printable, and no text of anybody's.
NAME: Final = r"^[A-Za-z0-9._:@=+/-]{1,120}$"


def _time_or_none(given: Any, read: Any) -> datetime | None:
    try:
        at: datetime | None = read(given)
        return at and time_range.moment(at)
    except (Malformed, time_range.OutOfRange):
        return None


#: A time beside a fact that counts without it: one that cannot be read or that we do not take is left out.
TimeOrNone = Annotated[datetime | None, WrapValidator(_time_or_none)]


class TooLarge(PortalError):
    """More bytes than such a message has, or nobody says how many."""

    code = "TOO_LARGE"


def from_gateway(request: HttpRequest, form: type[S], *, longest: int, now: datetime) -> tuple[str, S]:
    """The number of a gateway's message and its content. Raises TooLarge, BadSignature, and ValidationError (422)."""
    require_size(request, longest)
    secrets = settings.OUTBOX_REPORT_SECRETS
    name = webhook_signatures.verify(request.headers, request.body, secrets=secrets, now=now)
    return name, parsed(form, request.body)


def require_size(request: HttpRequest, longest: int) -> None:
    """Raises TooLarge before a byte of the body is read."""
    length = request.headers.get("Content-Length", "0")
    if not length.isdigit() or int(length) > longest:
        raise TooLarge(f"Such a message has at most {longest} bytes.")


def parsed(form: type[S], body: bytes) -> S:
    """The body as its form, its signature being checked before. Raises ValidationError, which names fields and never a
    value, and DoubledMember.
    """
    try:
        strict_json.loads(body)
    except ValueError:
        no_json = {"type": "json_invalid", "loc": ("body",), "msg": "This is no JSON in UTF-8."}
        raise ValidationError([no_json]) from None
    try:
        return form.model_validate_json(body)
    except Malformed as error:
        found: list[Any] = error.errors(include_url=False, include_input=False, include_context=False)
        raise ValidationError([dict(each) for each in found]) from None


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """For ``openapi_extra``: the body is read only after its signature, so the library does not see it."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def described_lines(name: str, line: type[Schema], *, most: int) -> dict[str, Any]:
    """The same for a body that is a list of lines under one name."""
    lines = {"type": "array", "maxItems": most, "items": line.model_json_schema()}
    return described({"type": "object", "required": [name], "properties": {name: lines}})
