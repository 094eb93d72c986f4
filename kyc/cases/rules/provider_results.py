"""What follows from a provider's answer. A fault on the way says nothing about the document."""

from kyc.base.check_outcomes import CheckOutcome
from kyc.cases.providers.responses import Answer, Standing
from kyc.cases.rules import document_checks
from kyc.cases.rules.document_checks import Said

_OUTCOMES = {Standing.GOOD: CheckOutcome.PASS, Standing.DOUBTFUL: CheckOutcome.WARN, Standing.BAD: CheckOutcome.FAIL}


#: What kept a provider from answering, in the words of the desk; what is not named here is "down".
_REASONS = {
    "ANSWER_COMES_LATER": "ANSWER_COMES_LATER",
    "HTTP_429": "PROVIDER_BUSY",
    "IN_PROGRESS": "ANSWER_COMES_LATER",
    "NO_CONSENT": "NO_CONSENT",
    "NO_PAPERS": "NO_PAPERS",
    "NOT_CONFIGURED": "NOT_CONFIGURED",
    "VALUE_MISSING": "VALUE_MISSING",
    **dict.fromkeys(("NO_JSON", "OTHER_NUMBER", "UNKNOWN_STATUS", "WRONG_SHAPE"), "PROVIDER_UNREADABLE"),
}


def standing(answer: Answer) -> Said:
    """How the number stands at its register."""
    return Said(_OUTCOMES[answer.standing], answer.reason, {"status": answer.status})


def registered_name(answer: Answer, *, known: str) -> Said:
    """The registered name against the one we know, by the rule of names; a register that only compares is believed as far as
    a person looks at its "no". Another date of birth is for a person whatever the name says, and the same one says nothing
    about the name. The registered name stands in the evidence, which is sealed.
    """
    flags = {"name": answer.is_same_name, "date_of_birth": answer.is_same_birth}
    evidence: dict[str, str | int] = {
        kind: "same" if is_same else "differs" for kind, is_same in flags.items() if is_same is not None
    }
    if answer.name:
        said = document_checks.name(answer.name, known)
        evidence = {**said.evidence, **evidence, "registered_name": answer.name}
        if said.outcome is not CheckOutcome.PASS:
            return Said(said.outcome, said.reason, evidence)
    if "differs" in evidence.values():
        return Said(CheckOutcome.WARN, "REGISTERED_DIFFERS", evidence)
    if not answer.name and answer.is_same_name is None:
        return Said(CheckOutcome.NOT_APPLICABLE, "NAME_NOT_GIVEN", evidence)
    return Said(CheckOutcome.PASS, "", evidence)


def unanswered(code: str) -> Said:
    """Nobody answered, or nobody is set up to: a person looks."""
    reason = _REASONS.get(code, "PROVIDER_REFUSED" if code.startswith("HTTP_4") else "PROVIDER_DOWN")
    return Said(CheckOutcome.UNAVAILABLE, reason, {"code": code})
