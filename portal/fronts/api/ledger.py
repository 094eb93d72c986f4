"""The ledger in public: C2SP tlog-tiles under ``/ledger/``. Anybody may read it; it names nobody."""

import re
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.kernel.ledger.services import public_log

#: A tile never changes, whoever keeps a copy.
FOREVER = "public, max-age=31536000, immutable"
#: The head changes each second: a copy is good for a moment only.
MOMENT = "public, max-age=5"
BYTES = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
#: Verifiers on pages of other sites read the log too.
FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


class TileNumber:
    """The number of a tile in groups of three digits, all but the last behind an ``x``: one way to write each."""

    regex = r"(?:x[0-9]{3}/){0,5}[0-9]{3}"

    def to_python(self, value: str) -> int:
        number = int(re.sub(r"[x/]", "", value))
        if self.to_url(number) != value:
            raise ValueError(value)
        return number

    def to_url(self, value: int) -> str:
        digits = str(value)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


class Small:
    """A plain number without leading zeros between two bounds."""

    regex = r"[0-9]{1,3}"
    least, most = 0, 0

    def to_python(self, value: str) -> int:
        number = int(value)
        if str(number) != value or not self.least <= number <= self.most:
            raise ValueError(value)
        return number

    def to_url(self, value: int) -> str:
        return str(value)


class TileLevel(Small):
    most = 63


class TileWidth(Small):
    least, most = 1, 255


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed head."""
    return _answer(public_log.checkpoint(), content_type=TEXT, cache=MOMENT)


@require_safe
def tile(request: HttpRequest, level: int, number: int, width: int = 256) -> HttpResponse:
    """Hashes of one level, 256 or the first ``width`` of them."""
    return _answer(public_log.tile(level, number, width=width), content_type=BYTES, cache=FOREVER)


@require_safe
def entries(request: HttpRequest, number: int, width: int = 256) -> HttpResponse:
    """The entries under a tile of level 0."""
    return _answer(public_log.entries(number, width=width), content_type=BYTES, cache=FOREVER)


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Every public key, with the sizes that it signed; also where a compromise is published."""
    return JsonResponse({"keys": public_log.key_terms()}, headers={**FOR_ALL, "Cache-Control": MOMENT})


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Whom to trust, for programs that check offline (C2SP tlog-policy)."""
    return _answer(public_log.policy().encode(), content_type=TEXT, cache=MOMENT)


def _answer(found: bytes | None, *, content_type: str, cache: str) -> HttpResponse:
    if found is None:  # may be there in a moment: nobody keeps this answer (SecurityHeaders)
        said = "Not in the signed ledger.\n"
        return HttpResponse(said, content_type=TEXT, status=HTTPStatus.NOT_FOUND, headers=FOR_ALL)
    return HttpResponse(found, content_type=content_type, headers={**FOR_ALL, "Cache-Control": cache})
