"""The public search of the GST network, as its suvidha providers pass it on: ``GET {url}?action=TP&gstin=...``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from kyc.cases.providers.http import Code, Shape, Text, ask_json, bearer
from kyc.cases.providers.interface import Question, Told, Unanswered, Waiting
from kyc.cases.providers.responses import Answer, Standing
from portal.kernel.core.webhook_signatures import BadSignature

_STANDINGS: Final = {
    "ACTIVE": (Standing.GOOD, ""),
    "PROVISIONAL": (Standing.DOUBTFUL, "GSTIN_PROVISIONAL"),
    "SUSPENDED": (Standing.DOUBTFUL, "GSTIN_SUSPENDED"),
    "CANCELLED": (Standing.BAD, "GSTIN_CANCELLED"),
    "INACTIVE": (Standing.BAD, "GSTIN_CANCELLED"),
}
#: A proprietor's registration has the person's name as legal name: customers go by the trade name.
_PROPRIETOR: Final = "proprietorship"


class _Said(Shape):
    gstin: Code
    sts: Code
    lgnm: Text
    tradeNam: Text = ""  # noqa: N815 - the network's word
    ctb: Text = ""


@dataclass(frozen=True)
class GstinSearch:
    """Answers at once."""

    recipient: str
    url: str
    key: str = field(repr=False)
    needs: tuple[str, ...] = ("gstin",)
    takes: tuple[str, ...] = ()

    def ask(self, question: Question) -> Answer | Waiting:
        """Raises Unanswered: also for an answer about another number, or with a status that nobody has described."""
        gstin = question.value("gstin")
        url = f"{self.url}?{urlencode({'action': 'TP', 'gstin': gstin})}"
        said = ask_json(_Said, "GET", url, headers={**bearer(self.key), "X-Request-Id": question.reference})
        if said.gstin.upper() != gstin:
            raise Unanswered("OTHER_NUMBER")
        status = said.sts.upper()
        word = next((known for known in _STANDINGS if status.startswith(known)), "")  # "Cancelled suo-moto"
        if not word:
            raise Unanswered("UNKNOWN_STATUS")
        standing, reason = _STANDINGS[word]
        is_proprietor = said.ctb.casefold() == _PROPRIETOR
        return Answer(standing, word, reason, name=(said.tradeNam if is_proprietor else "") or said.lgnm)

    def ask_again(self, provider_reference: str) -> Answer | Waiting:
        """Nothing is ever left open here."""
        raise Unanswered("NOTHING_OPEN", is_final=True)

    def read_message(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Told:
        """It sends none: nobody's message is from it."""
        raise BadSignature("This provider sends no messages.")
