"""PAN status, in the shape of the online verification that Protean (NSDL) offers to those it admits.

``POST {url}`` with ``{"inputData": [{pan, name, fathername, dob}]}``. Some versions answer with the registered name and
date of birth (dd/mm/yyyy), others with Y or N beside what was sent: both are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Final

from kyc.cases.providers.http import Code, Shape, Text, ask_json, bearer
from kyc.cases.providers.interface import Question, Told, Unanswered, Waiting
from kyc.cases.providers.responses import Answer, Standing
from portal.kernel.core.webhook_signatures import BadSignature

#: The register's codes. E with a second letter: valid, and something has happened to its holder.
_BAD: Final = {"F": "PAN_FAKE", "X": "PAN_DEACTIVATED", "D": "PAN_DELETED", "N": "PAN_NOT_FOUND"}
_EVENTS: Final = frozenset({"EA", "EC", "ED", "EI", "EL", "EM", "EP", "ES", "EU"})
#: "R" and "N": not linked with Aadhaar, so inoperative (Income-tax Rules r.114AAA).
_NOT_SEEDED: Final = frozenset({"R", "N"})


class _Row(Shape):
    pan: Code
    pan_status: Code
    name: Text = ""
    dob: Text = ""
    seeding_status: Code = ""


class _Said(Shape):
    outputData: list[_Row]  # noqa: N815 - the register's word


@dataclass(frozen=True)
class PanRegister:
    """Answers at once."""

    recipient: str
    url: str
    key: str = field(repr=False)
    needs: tuple[str, ...] = ("pan", "name")
    takes: tuple[str, ...] = ("date_of_birth",)

    def ask(self, question: Question) -> Answer | Waiting:
        """Raises Unanswered: also for an answer about another number, or with a status that nobody has described."""
        pan, birth = question.value("pan"), question.value("date_of_birth")
        row = {"pan": pan, "name": question.value("name"), "fathername": "", "dob": _day(birth)}
        body = {"requestId": question.reference, "inputData": [row]}
        said = ask_json(_Said, "POST", self.url, body=body, headers=bearer(self.key))
        if len(said.outputData) != 1 or said.outputData[0].pan.upper() != pan:
            raise Unanswered("OTHER_NUMBER")
        return _answer(said.outputData[0], birth)

    def ask_again(self, provider_reference: str) -> Answer | Waiting:
        """Nothing is ever left open here."""
        raise Unanswered("NOTHING_OPEN", is_final=True)

    def read_message(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Told:
        """It sends none: nobody's message is from it."""
        raise BadSignature("This provider sends no messages.")


def _day(birth: str) -> str:
    return date.fromisoformat(birth).strftime("%d/%m/%Y") if birth else ""


def _answer(row: _Row, birth: str) -> Answer:
    status = row.pan_status.upper()
    is_same_name = _flag(row.name)
    answer = partial(
        Answer,
        status=status,
        name=row.name if is_same_name is None else "",
        is_same_name=is_same_name,
        is_same_birth=_is_same_birth(row.dob, birth),
    )
    if status in _BAD:
        return Answer(Standing.BAD, status, _BAD[status])
    if status in _EVENTS:
        return answer(Standing.DOUBTFUL, reason="PAN_EVENT")
    if status != "E":
        raise Unanswered("UNKNOWN_STATUS")
    if row.seeding_status.upper() in _NOT_SEEDED:
        return answer(Standing.DOUBTFUL, reason="PAN_NOT_LINKED")
    return answer(Standing.GOOD)


def _is_same_birth(said: str, sent: str) -> bool | None:
    """Of a flag, or of the registered day beside the one that was sent; None where either is not known."""
    flag = _flag(said)
    if flag is not None or not sent:
        return flag
    try:
        registered = datetime.strptime(said, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
    return registered == date.fromisoformat(sent)


def _flag(said: str) -> bool | None:
    return {"Y": True, "N": False}.get(said.upper())
