"""One request to a provider: what the transport and the status say, and JSON read strictly."""

import http
import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from kyc.cases.providers.interface import Unanswered
from portal.kernel.core import http_client
from portal.kernel.outbox.channels.gateway import retry_after

#: Seconds for a whole exchange: shorter than the lease of an inquiry.
TIMEOUT: Final = 15.0
#: What says that the request itself is wrong: asking the same again gives the same.
_WRONG_REQUEST: Final = frozenset({400, 404, 409, 410, 413, 415, 422})

Text = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(max_length=60, strip_whitespace=True, pattern=r"^[A-Za-z0-9 ._:/-]*$")]


class Shape(BaseModel):
    """The part of an answer that we read. A wrong type is no answer; what we do not know is left out."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


S = TypeVar("S", bound=Shape)


def ask_json(
    shape: type[S],
    method: str,
    url: str,
    *,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str],
    is_keyed: bool = False,
) -> S:
    """Send one request and read the answer. Raises Unanswered for everything but a 2xx with the right shape.

    ``is_keyed``: the request carries a key by which the other side does it once. 409 then says that the same request is
    still at work there, as after a time-out of ours, and it is asked again.
    """
    sent = json.dumps(body).encode() if body is not None else b""
    ours = {"Accept": "application/json", **({"Content-Type": "application/json"} if sent else {}), **headers}
    return read(shape, ask_bytes(method, url, body=sent, headers=ours, is_keyed=is_keyed))


def ask_bytes(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str],
    longest: int = http_client.LONGEST_ANSWER,
    is_keyed: bool = False,
) -> bytes:
    """Send one request and give the body of a 2xx. Raises Unanswered for everything else, also for one that is longer."""
    try:
        answer = http_client.request(
            method, url, body=body, headers=headers, timeout=TIMEOUT, own=True, longest=longest + 1
        )
    except (http_client.Unreachable, http_client.BrokenOff) as failure:
        raise Unanswered(failure.code) from None
    if is_keyed and answer.status == http.HTTPStatus.CONFLICT:
        raise Unanswered("IN_PROGRESS", retry_after=retry_after(answer))
    if not 200 <= answer.status < 300:
        raise Unanswered(
            f"HTTP_{answer.status}", is_final=answer.status in _WRONG_REQUEST, retry_after=retry_after(answer)
        )
    if len(answer.body) > longest:
        raise Unanswered("TOO_LONG")
    return answer.body


def read(shape: type[S], body: bytes) -> S:
    """Raises Unanswered, which carries nothing of the body."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        is_json = all(each["type"] != "json_invalid" for each in error.errors(include_url=False, include_input=False))
        raise Unanswered("WRONG_SHAPE" if is_json else "NO_JSON") from None


def bearer(key: str) -> dict[str, str]:
    """The header that most of them take."""
    return {"Authorization": f"Bearer {key}"}
