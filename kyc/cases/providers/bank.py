"""Penny drop: a rupee is sent to the account, and the bank says who holds it. In the shape of Razorpay's validations.

Taken at once, answered later by a signed message; where none comes we look. ``completed`` means that the validation is
over, not that the account is good: that is ``account_status``. Their samples name what was found in two ways: ``results``
with "active" for an account that was stored there before, ``validation_results`` with "valid" for one that goes along, as
ours does. Both are read.
"""

import base64
import contextlib
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from kyc.cases.providers.http import Code, Shape, Text, ask_json, read
from kyc.cases.providers.interface import Question, Told, Unanswered, Waiting
from kyc.cases.providers.responses import Answer, Standing
from portal.kernel.core import strict_json
from portal.kernel.core.webhook_signatures import BadSignature

SIGNATURE: Final = "x-razorpay-signature"
_NAME: Final = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$")]


class _Results(Shape):
    account_status: Code | None = None
    registered_name: Text | None = None


class _Validation(Shape):
    id: _NAME  # type: ignore[valid-type]
    status: Literal["created", "completed", "failed"]
    validation_results: _Results | None = None
    results: _Results | None = None
    reference_id: Text | None = None


class _Wrapped(Shape):
    entity: _Validation


class _Payload(Shape):
    validation: _Wrapped = Field(alias="fund_account.validation")


class _Message(Shape):
    payload: _Payload


@dataclass(frozen=True)
class PennyDrop:
    """``key`` is the pair ``id:secret`` of the account that pays, ``account`` its number, ``secret`` signs their messages."""

    recipient: str
    url: str
    key: str = field(repr=False)
    account: str = field(repr=False)
    secret: str = field(repr=False)
    needs: tuple[str, ...] = ("bank_account", "ifsc", "name")
    takes: tuple[str, ...] = ()

    def ask(self, question: Question) -> Answer | Waiting:
        """The reference goes along as the key of idempotency: one penny, however often it is asked. Raises Unanswered."""
        body = {
            "source_account_number": self.account,
            "validation_type": "pennydrop",
            "reference_id": question.reference,
            "fund_account": {
                "account_type": "bank_account",
                "bank_account": {
                    "name": question.value("name"),
                    "ifsc": question.value("ifsc"),
                    "account_number": question.value("bank_account"),
                },
            },
        }
        headers = {**self._signed_in(), "X-Payout-Idempotency": question.reference}
        said = ask_json(_Validation, "POST", self._address(), body=body, headers=headers, is_keyed=True)
        return _standing(said)

    def ask_again(self, provider_reference: str) -> Answer | Waiting:
        """What has become of it, where no message came. Raises Unanswered."""
        said = ask_json(_Validation, "GET", f"{self._address()}/{provider_reference}", headers=self._signed_in())
        if said.id != provider_reference:
            raise Unanswered("OTHER_NUMBER")
        return _standing(said)

    def read_message(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Told:
        """Signed is the body alone: a message told again, or late, is told by its content. Raises BadSignature,
        DoubledMember, Unanswered.
        """
        given = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE, "")
        if not self.secret or not hmac.compare_digest(given.encode(), sign(body, self.secret).encode()):
            raise BadSignature("The signature of this message is not valid.")
        _refuse_doubled(body)
        said = read(_Message, body).payload.validation.entity
        try:
            return Told(said.reference_id or "", said.id, _standing(said))
        except Unanswered as fault:
            return Told(said.reference_id or "", said.id, fault)

    def _address(self) -> str:
        return f"{self.url.rstrip('/')}/fund_accounts/validations"

    def _signed_in(self) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(self.key.encode()).decode()}"}


def _refuse_doubled(body: bytes) -> None:
    """Raises DoubledMember. What is no JSON at all is left to who reads it."""
    with contextlib.suppress(ValueError):
        strict_json.loads(body)


def sign(body: bytes, secret: str) -> str:
    """The value of the header that signs a message."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _standing(said: _Validation) -> Answer | Waiting:
    if said.status == "created":
        return Waiting(said.id)
    if said.status == "failed":  # the validation failed, not the account: the bank or the network was down
        raise Unanswered("VALIDATION_FAILED", is_final=True)
    results = said.validation_results or said.results or _Results()
    match status := (results.account_status or "").lower():
        case "active" | "valid":
            return Answer(Standing.GOOD, status, name=results.registered_name or "")
        case "invalid":
            return Answer(Standing.BAD, status, "ACCOUNT_INVALID")
    raise Unanswered("UNKNOWN_STATUS")
