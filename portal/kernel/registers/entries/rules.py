"""The questionnaire of a data protection impact assessment: its questions as data, and what an assessment still lacks.

Plain values in. A risk is ``{"risk", "likelihood", "severity", "measures", "residual"}``; its level is looked up, never typed.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from portal.kernel.core.data_files import data_of

FILE = data_of("portal.kernel.registers") / "dpia_questions.toml"
TEXT, CHOICE, PREFILL = "text", "choice", "prefill"
LEVELS = ("low", "medium", "high")
LONGEST = 4_000
#: What the authority is asked before a processing begins whose risk stays high (GDPR Art 36(1)).
AUTHORITY, NOT_ASKED = "authority", "not_needed"


@dataclass(frozen=True)
class Question:
    code: str
    text: str
    kind: str
    required: bool
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    code: str
    title: str
    source: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Questionnaire:
    version: int
    sections: tuple[Section, ...]
    levels: Mapping[str, Mapping[str, str]]

    @property
    def asked(self) -> dict[str, Question]:
        """The questions that people answer, by code."""
        return {each.code: each for section in self.sections for each in section.questions if each.kind != PREFILL}

    def level(self, risk: Mapping[str, Any]) -> str:
        """The level of a risk by its likelihood and severity."""
        return self.levels[risk["likelihood"]][risk["severity"]]


@cache
def questionnaire() -> Questionnaire:
    """The questionnaire of the file."""
    given = tomllib.loads(FILE.read_text(encoding="utf-8"))
    sections = tuple(
        Section(row["code"], row["title"], row["source"], tuple(map(_question, row["question"])))
        for row in given["section"]
    )
    return Questionnaire(given["version"], sections, given["levels"])


def _question(row: Mapping[str, Any]) -> Question:
    return Question(row["code"], row["text"], row["kind"], bool(row.get("required")), tuple(row.get("choices", ())))


def faults(
    form: Questionnaire, answers: Mapping[str, Any], risks: Sequence[Mapping[str, Any]], measures: Collection[str]
) -> list[str]:
    """The places of what cannot be kept: an unknown question or choice, a text that is too long, a risk of another form."""
    found = []
    for code, value in answers.items():
        question = form.asked.get(code)
        if question is None or not _is_answer(question, value):
            found.append(code)
    found.extend(f"risk {number}" for number, risk in enumerate(risks, 1) if not _is_risk(risk, measures))
    return found


def _is_answer(question: Question, value: Any) -> bool:
    if not isinstance(value, str) or len(value) > LONGEST:
        return False
    return question.kind != CHOICE or value in {"", *question.choices}


def _is_risk(risk: Mapping[str, Any], measures: Collection[str]) -> bool:
    if set(risk) != {"risk", "likelihood", "severity", "measures", "residual"}:
        return False
    levels = all(risk[name] in LEVELS for name in ("likelihood", "severity", "residual"))
    words = isinstance(risk["risk"], str) and 0 < len(risk["risk"].strip()) <= LONGEST
    return words and levels and isinstance(risk["measures"], list) and set(risk["measures"]) <= set(measures)


def lacking(
    form: Questionnaire, answers: Mapping[str, str], risks: Sequence[Mapping[str, Any]], *, has_opinion: bool
) -> list[str]:
    """The places of what an assessment lacks before it is finished.

    Every required question, at least one risk, a measure for each risk above low, the opinion of the officer, and where a
    risk stays high, the consultation of the authority (GDPR Art 35(7), 36(1)).
    """
    found = [code for code, question in form.asked.items() if question.required and not answers.get(code, "").strip()]
    if not risks:
        found.append("risks")
    found.extend(
        f"risk {number}" for number, risk in enumerate(risks, 1) if form.level(risk) != "low" and not risk["measures"]
    )
    if any(risk["residual"] == "high" for risk in risks) and answers.get(AUTHORITY) == NOT_ASKED:
        found.append(AUTHORITY)
    return found if has_opinion else [*found, "opinion"]
