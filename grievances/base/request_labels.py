"""The words of requests about data: labels of the vocabularies, and what the page says about each right."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grievances.base import request_choices

Text: TypeAlias = str | Promise

RIGHTS: Final[Mapping[str, Text]] = {
    request_choices.Right.ACCESS: _("See my data"),
    request_choices.Right.PORTABILITY: _("Get a copy to move"),
    request_choices.Right.CORRECTION: _("Correct my data"),
    request_choices.Right.COMPLETION: _("Complete my data"),
    request_choices.Right.ERASURE: _("Erase my data"),
    request_choices.Right.RESTRICTION: _("Limit the use of my data"),
    request_choices.Right.OBJECTION: _("Object to a use of my data"),
    request_choices.Right.RECIPIENTS: _("Know who got my data"),
    request_choices.Right.WITHDRAWAL: _("Withdraw a consent"),
    request_choices.Right.OPT_OUT: _("Do not sell or share my data"),
    request_choices.Right.LIMIT: _("Limit the use of sensitive data"),
    request_choices.Right.NOMINATION: _("Name a nominee"),
    request_choices.Right.CLAIM: _("Act for someone who has died or cannot act"),
}
#: Two lines under each choice: what one gets, and what stays.
PROMISES: Final[Mapping[str, Text]] = {
    request_choices.Right.ACCESS: _(
        "You get everything we have about you: a page to read and files. What would show other people is blacked out."
    ),
    request_choices.Right.PORTABILITY: _("You get your data as JSON and CSV files, to take to another company."),
    request_choices.Right.CORRECTION: _(
        "We correct what is wrong and inform everyone who has it from us. We keep a record of the earlier value "
        "for as long as the rules require."
    ),
    request_choices.Right.COMPLETION: _("We add what is missing and inform everyone who has it from us."),
    request_choices.Right.ERASURE: _(
        "We erase what we do not need to keep. Our answer says what stays, why and until when."
    ),
    request_choices.Right.RESTRICTION: _(
        "We keep the data and stop using it until the matter is settled. A right in the EU."
    ),
    request_choices.Right.OBJECTION: _("Choose which use you do not want. We stop it unless a law obliges us."),
    request_choices.Right.RECIPIENTS: _("You get the list of everyone who has your data from us, and what they got."),
    request_choices.Right.WITHDRAWAL: _(
        "Taking a consent back is as easy as giving it. Signed in, you do it yourself at once."
    ),
    request_choices.Right.OPT_OUT: _("It is valid at once. A right in California; we do it for everyone."),
    request_choices.Right.LIMIT: _("It is valid at once. A right in California; we do it for everyone."),
    request_choices.Right.NOMINATION: _("Someone who may use your rights when you die or cannot act. Signed in only."),
    request_choices.Right.CLAIM: _(
        "One of our team reviews the documents, and a second one has to approve. We do not say whether we know the "
        "person before."
    ),
}
CAPACITIES: Final[Mapping[str, Text]] = {
    request_choices.Capacity.SELF: _("For me"),
    request_choices.Capacity.CHILD: _("For my child"),
    request_choices.Capacity.REPRESENTED: _("For a person I look after by law"),
    request_choices.Capacity.NOMINEE: _("For a person who named me their nominee"),
    request_choices.Capacity.AGENT: _("For a person who asked me to act"),
    request_choices.Capacity.RELATIVE: _("For a person who died; I am no nominee"),
}
STATES: Final[Mapping[str, Text]] = {
    request_choices.RequestState.ASKED: _("Waits for proof of who asks"),
    request_choices.RequestState.SHOWN: _("To be answered"),
    request_choices.RequestState.GRANTED: _("Granted"),
    request_choices.RequestState.PARTLY: _("Granted in part"),
    request_choices.RequestState.REFUSED: _("Refused"),
    request_choices.RequestState.JOINED: _("Answered within another request"),
}
PROOFS: Final[Mapping[str, Text]] = {
    request_choices.Proof.NONE: _("Nothing yet"),
    request_choices.Proof.SESSION: _("Signed in"),
    request_choices.Proof.CODE: _("A code sent to the address"),
    request_choices.Proof.SESSION_AND_CODE: _("Signed in, and a code sent to the address"),
    request_choices.Proof.PAPERS: _("Documents, and a code sent to the address"),
    request_choices.Proof.CALL: _("An officer called the number back"),
}
FINDINGS: Final[Mapping[str, Text]] = {
    request_choices.Finding.PROVES: _("It proves it"),
    request_choices.Finding.NOT_ENOUGH: _("It is not enough"),
}
JOINED_BECAUSE: Final[Mapping[str, Text]] = {
    request_choices.JoinedBecause.SAME: _("The same was asked already"),
    request_choices.JoinedBecause.MANY: _("Many requests in a short time"),
}
#: What the person reads in the thread of the request that takes another one in.
JOINED_LINES: Final[Mapping[str, Text]] = {
    request_choices.JoinedBecause.SAME: _(
        "You asked for the same again (%(reference)s). We answer both here, by the earlier date. Nothing is refused."
    ),
    request_choices.JoinedBecause.MANY: _(
        "You sent many requests in a short time. We answer %(reference)s (%(right)s) here too, so that one officer "
        "sees "
        "them together. Nothing is refused."
    ),
}
#: What a paper has to show, by capacity.
PAPERS_NEEDED: Final[Mapping[str, Text]] = {
    request_choices.Capacity.CHILD: _(
        "A document that shows you are the parent or lawful guardian, such as a birth certificate."
    ),
    request_choices.Capacity.REPRESENTED: _("The order or certificate that makes you the lawful guardian."),
    request_choices.Capacity.NOMINEE: _(
        "The death certificate or a doctor's certificate of incapacity, and a document with your name."
    ),
    request_choices.Capacity.RELATIVE: _("The death certificate."),
    request_choices.Capacity.AGENT: _(
        "A signed document in which the person asks you to act, and says for which requests."
    ),
}
BUNDLE_STATES: Final[Mapping[str, Text]] = {
    request_choices.BundleState.COLLECTING: _("Being put together"),
    request_choices.BundleState.READY: _("Waits for another officer"),
    request_choices.BundleState.RELEASED: _("Given out"),
    request_choices.BundleState.ENDED: _("Ended"),
}
SECTION_STATES: Final[Mapping[str, Text]] = {
    request_choices.SectionState.WAITING: _("waiting"),
    request_choices.SectionState.DONE: _("complete"),
    request_choices.SectionState.FAILED: _("failed"),
}
OUTCOMES: Final[Mapping[str, Text]] = {
    request_choices.Outcome.GRANT: _("Grant it"),
    request_choices.Outcome.PARTLY: _("Grant it in part"),
    request_choices.Outcome.REFUSE: _("Refuse it"),
}
GROUNDS: Final[Mapping[str, Text]] = {
    request_choices.RefusalGround.NOT_PROVED: _("Who asks was not shown"),
    request_choices.RefusalGround.LAW_KEEPS: _("A law obliges us to keep it"),
    request_choices.RefusalGround.OTHERS: _("It would show the data of others"),
    request_choices.RefusalGround.REPEATED: _("The same was answered as often as the law asks for"),
    request_choices.RefusalGround.CLAIM: _("It is needed for a legal claim"),
    request_choices.RefusalGround.NOT_NOMINEE: _("Not verified as a nominee of anyone here"),
    request_choices.RefusalGround.NOT_NAMED: _("The person did not name this right"),
}
#: What the person reads, by ground.
REFUSALS: Final[Mapping[str, Text]] = {
    request_choices.RefusalGround.NOT_PROVED: _(
        "We could not verify your identity. Without that we give out no one's data and change nothing."
    ),
    request_choices.RefusalGround.LAW_KEEPS: _("A law obliges us to keep this data."),
    request_choices.RefusalGround.OTHERS: _(
        "This would show the data of other people, and it cannot be separated from yours."
    ),
    request_choices.RefusalGround.REPEATED: _(
        "You asked for the same on %(asked)s, and we answered on %(answered)s. Nothing has changed since."
    ),
    request_choices.RefusalGround.CLAIM: _("This data is needed to make or defend a legal claim."),
    request_choices.RefusalGround.NOT_NOMINEE: _(
        "What you sent does not prove that you may act for a person whose data we have. Everyone gets this same "
        "answer, whether we know the person or not: so it does not reveal who is with us."
    ),
    request_choices.RefusalGround.NOT_NAMED: _(
        "The person did not name this among the things that you may do for them."
    ),
}
