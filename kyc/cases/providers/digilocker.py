"""DigiLocker: the holder signs in there and lets us fetch one issued document. OAuth 2.0 code flow with PKCE (RFC 7636).

No token outlives the request in which the holder comes back. What is fetched is XML with the issuer's signature, which
proves it as it proves a file that the holder sends.
"""

import base64
import contextlib
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from pydantic import Field, StringConstraints, ValidationError

from kyc.cases.providers.http import Shape, Text, ask_bytes, ask_json, bearer, read
from kyc.cases.providers.interface import Unanswered

#: What may be fetched: documents that hold no Aadhaar number.
DOCTYPES: Final = ("PANCR", "DRVLC")
#: A certificate with its photo has some fifty thousand bytes.
LONGEST_DOCUMENT: Final = 512 * 1024
_UNDATED: Final = datetime.min.replace(tzinfo=UTC)


class _Token(Shape):
    access_token: str = Field(min_length=8, max_length=4096)


class _Item(Shape):
    uri: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{3,200}$")]
    doctype: Text
    #: When it was last changed there; published samples write it in two ways.
    date: Any = None


class _Issued(Shape):
    #: Each is read for itself: an odd one of another issuer says nothing about the one that is wanted.
    items: list[Any]


@dataclass(frozen=True)
class Errand:
    """One way to DigiLocker and back. ``verifier`` stays with us; DigiLocker sees its hash first and itself last."""

    state: str
    verifier: str = field(repr=False)

    @classmethod
    def new(cls) -> "Errand":
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(64))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class DigiLocker:
    """``url`` is what its paths follow, up to ``/public``."""

    recipient: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)

    def where_to_sign_in(self, errand: Errand, *, back: str) -> str:
        """The address that the holder's browser is sent to."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": back,
            "state": errand.state,
            "code_challenge": errand.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._base}/oauth2/1/authorize?{urlencode(asked)}"

    def fetch(self, doctype: str, *, code: str, errand: Errand, back: str) -> bytes | None:
        """The XML of the newest issued document of that type; None where the holder has none. Raises Unanswered."""
        token = self._token(code, errand, back)
        issued = ask_json(_Issued, "GET", f"{self._base}/oauth2/2/files/issued", headers=bearer(token))
        newest = _newest(issued.items, doctype)
        if newest is None:
            return None
        address = f"{self._base}/oauth2/1/xml/{quote(newest.uri)}"
        return ask_bytes("GET", address, headers=bearer(token), longest=LONGEST_DOCUMENT)

    def _token(self, code: str, errand: Errand, back: str) -> str:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uri": back,
            "code_verifier": errand.verifier,
        }
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(sent).encode()
        return read(_Token, ask_bytes("POST", f"{self._base}/oauth2/1/token", body=body, headers=headers)).access_token

    @property
    def _base(self) -> str:
        return self.url.rstrip("/")


def _newest(items: Sequence[Any], doctype: str) -> _Item | None:
    """Of a type; one without a date comes last. Raises Unanswered where there are some and none can be read."""
    given = [item for item in items if isinstance(item, dict) and item.get("doctype") == doctype]
    found = []
    for item in given:
        with contextlib.suppress(ValidationError):
            found.append(_Item.model_validate(item))
    if given and not found:
        raise Unanswered("WRONG_SHAPE")
    return max(found, key=lambda item: _changed_at(item.date), default=None)


def _changed_at(said: Any) -> datetime:
    """Of ``2023-07-04T10:00:00Z`` or ``04-07-2023``; long ago for anything else."""
    text = said.strip() if isinstance(said, str) else ""
    for read_as in (datetime.fromisoformat, lambda day: datetime.strptime(day, "%d-%m-%Y")):  # noqa: DTZ007 - set below
        with contextlib.suppress(ValueError):
            found = read_as(text)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    return _UNDATED
