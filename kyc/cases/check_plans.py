"""The plans of ``kyc/data/plans.toml``: number and checks by kind of document."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from kyc.base.check_outcomes import Severity
from kyc.base.choices import PROVED_BY_SIGNATURE, Method
from portal.kernel.core.data_files import data_of

FILE = data_of("kyc") / "plans.toml"


@dataclass(frozen=True)
class PlannedCheck:
    """One check of a plan. ``method`` and ``version`` say how it works and which edition of it ran."""

    name: str
    severity: Severity
    method: str
    version: int
    #: Who is asked (``kyc.cases.providers.registry``); empty for a check that needs nobody.
    provider: str = ""

    @property
    def is_later(self) -> bool:
        """Whether it runs after the others, in a queue of its own (``kyc.review.services.ocr``)."""
        return self.method == Method.OCR


#: The check that reads pictures by machine.
PICTURE_TEXT = "picture_text"


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def version() -> str:
    return str(_read()["version"])


def number_type(document_kind: str) -> str:
    """The type of number that stands on a document of this kind, as ``kyc.numbers`` names it; empty for none."""
    return str(_read()["documents"][document_kind].get("number", ""))


def kinds_with_number(number: str) -> list[str]:
    """The kinds of document on which a type of number stands: an account is the same on a cheque and on a statement."""
    return [kind for kind in _read()["documents"] if number and number_type(kind) == number]


def can_judge(document_kind: str) -> bool:
    """Whether more is known of such a document than that its file is safe; else a signature that proves it goes unread."""
    return document_kind not in PROVED_BY_SIGNATURE or bool(
        {planned.name for planned in checks_for(document_kind)} - {"file_safety", "expiry"}
    )


def shows_name(document_kind: str) -> bool:
    """Whether somebody has to type the name that such a document shows; one that is proved by a signature tells its own."""
    return document_kind not in PROVED_BY_SIGNATURE and "name" in {
        planned.name for planned in checks_for(document_kind)
    }


def sides(document_kind: str) -> int:
    """How many sides a document of this kind has, when it is more than one page that is worth looking at."""
    return int(_read()["documents"][document_kind].get("sides", 1))


def is_of_aadhaar(document_kind: str) -> bool:
    """Whether the document itself may show a whole Aadhaar number."""
    return bool(_read()["documents"][document_kind].get("aadhaar", False))


def consent(document_kind: str) -> str:
    """Whether the holder's own yes is needed before such a document is taken: "always", "if_aadhaar", empty for never."""
    return str(_read()["documents"][document_kind].get("consent", ""))


def checks_for(document_kind: str) -> tuple[PlannedCheck, ...]:
    """The checks of a document, in the order they run: cheap ones first, and what a provider is asked last."""
    return tuple(map(_planned, _read()["documents"][document_kind]["checks"]))


def check_version(name: str) -> int:
    """The edition of a check that runs today."""
    return int(_read()["checks"][name]["version"])


def own_checks(document_kind: str) -> tuple[PlannedCheck, ...]:
    """Those that run at once and need nobody outside, in order."""
    return tuple(planned for planned in checks_for(document_kind) if not planned.provider and not planned.is_later)


def read_in_pictures(document_kind: str) -> PlannedCheck | None:
    """The check that reads the pictures of such a document; None where nothing is typed that could stand in them."""
    return next((planned for planned in checks_for(document_kind) if planned.is_later), None)


def kinds() -> tuple[str, ...]:
    """Every kind of document that has a plan."""
    return tuple(_read()["documents"])


def asked_of_providers(document_kind: str) -> dict[str, tuple[PlannedCheck, ...]]:
    """Those that rest on an answer from outside, by who is asked, in order."""
    asked: dict[str, tuple[PlannedCheck, ...]] = {}
    for planned in checks_for(document_kind):
        if planned.provider:
            asked[planned.provider] = (*asked.get(planned.provider, ()), planned)
    return asked


def signed_checks() -> tuple[PlannedCheck, ...]:
    """What follows from the verdict on a document that its signature proves, in order."""
    return tuple(map(_planned, _read()["signed"]["checks"]))


def _planned(row: dict[str, Any]) -> PlannedCheck:
    how = _read()["checks"][row["name"]]
    return PlannedCheck(
        row["name"],
        Severity(row["severity"]),
        how["method"],
        int(how["version"]),
        how.get("provider", ""),
    )


def declares(document_kind: str) -> tuple[str, ...]:
    """The types of other numbers that are typed beside a document of this kind."""
    return tuple(_read()["documents"][document_kind].get("declares", ()))


def fitting(document_kind: str) -> tuple[str, ...]:
    """The other kinds of document whose file may stand for one of this kind too."""
    return tuple(_read()["documents"][document_kind].get("fits", ()))
