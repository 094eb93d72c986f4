from typing import Any, Final

from django.core.management.base import CommandParser

from kyc import names
from kyc.names import Decision, Why
from portal.kernel.core.command_line import REFUSED, UNDECIDED
from portal.kernel.core.commands import PortalCommand

#: Words that hold no name: the answer may be pasted anywhere.
WORDS: Final = {
    Why.SAME_WORDS: "the same words",
    Why.SAME_WITHOUT_SPACES: "the same but for spaces",
    Why.SAME_SOUND: "the same but for spellings of one sound",
    Why.TITLE: "a word in front may be a title or part of the name",
    Why.SAME_NAME: "a name is written in two ways that mean one name",
    Why.INITIALS: "initials are short for names",
    Why.MISSING_NAME: "one has a name or an initial that the other leaves out",
    Why.SIMILAR_SOUND: "they sound alike",
    Why.OTHER_SCRIPT: "they sound alike in two scripts",
    Why.TWO_SCRIPTS: "they are written in two scripts, which are not compared by machine",
    Why.NO_NAME: "one of them has no name",
    Why.LEGAL_FORM: "they say different things about the kind of organisation",
    Why.DIFFERENT: "they have different words",
}
CODES: Final = {Decision.AUTO: 0, Decision.NOT_MATCHED: REFUSED, Decision.REVIEW: UNDECIDED}


class Command(PortalCommand):
    help = "Compare two names: AUTO (exit 0), NOT_MATCHED (exit 1), or REVIEW: a person has to decide (exit 3)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("first", metavar="A", help="a name, as written on one document")
        parser.add_argument("second", metavar="B", help="the name on the other")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads nothing and writes nothing; neither name is printed back."""
        found = names.compare(options["first"], options["second"])
        explanation = "; ".join(WORDS[why] for why in found.why)
        body = {"decision": str(found.decision), "explanation": explanation}
        self.answer(body, f"{found.decision}: {explanation}.", options=options, code=CODES[found.decision])
