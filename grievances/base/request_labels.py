"""The words of requests about data: labels of the vocabularies, and what the page says about each right."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grievances.base import request_choices as states

Text: TypeAlias = str | Promise

RIGHTS: Final[Mapping[str, Text]] = {
    states.Right.ACCESS: _("See my data"),
    states.Right.PORTABILITY: _("Get a copy to move"),
    states.Right.CORRECTION: _("Correct my data"),
    states.Right.COMPLETION: _("Complete my data"),
    states.Right.ERASURE: _("Erase my data"),
    states.Right.RESTRICTION: _("Limit the use of my data"),
    states.Right.OBJECTION: _("Object to a use of my data"),
    states.Right.RECIPIENTS: _("Know who got my data"),
    states.Right.WITHDRAWAL: _("Withdraw a consent"),
    states.Right.OPT_OUT: _("Do not sell or share my data"),
    states.Right.LIMIT: _("Limit the use of sensitive data"),
    states.Right.NOMINATION: _("Name a nominee"),
    states.Right.CLAIM: _("Act for somebody who died or can no longer act"),
}
#: Two lines under each choice: what one gets, and what stays.
PROMISES: Final[Mapping[str, Text]] = {
    states.Right.ACCESS: _(
        "You get everything we hold about you: a page to read and files. What would show other people is blacked out."
    ),
    states.Right.PORTABILITY: _("You get your data as JSON and CSV files, to take to another company."),
    states.Right.CORRECTION: _(
        "We correct what is wrong and tell everybody who has it from us. Our log keeps what stood before."
    ),
    states.Right.COMPLETION: _("We add what is missing and tell everybody who has it from us."),
    states.Right.ERASURE: _(
        "We erase what no law makes us keep. Our answer says what stays, under which law and until when."
    ),
    states.Right.RESTRICTION: _("We keep the data and stop using it until the matter is settled. A right in the EU."),
    states.Right.OBJECTION: _("Tell us which use you do not want. We stop it unless a law obliges us."),
    states.Right.RECIPIENTS: _("You get the list of everybody who has your data from us, and what they got."),
    states.Right.WITHDRAWAL: _("Taking a consent back is as easy as giving it. Signed in, you do it yourself at once."),
    states.Right.OPT_OUT: _("It holds at once. A right in California; we do it for everybody."),
    states.Right.LIMIT: _("It holds at once. A right in California; we do it for everybody."),
    states.Right.NOMINATION: _("Somebody who may use your rights when you die or can no longer act. Signed in only."),
    states.Right.CLAIM: _(
        "One of our people looks at the papers, and a second one has to agree. Whether we know the person we tell nobody before."
    ),
}
CAPACITIES: Final[Mapping[str, Text]] = {
    states.Capacity.SELF: _("For me"),
    states.Capacity.CHILD: _("For my child"),
    states.Capacity.REPRESENTED: _("For a person I look after by law"),
    states.Capacity.NOMINEE: _("For a person who named me their nominee"),
    states.Capacity.AGENT: _("For a person who asked me to act"),
    states.Capacity.RELATIVE: _("For a person who died; I am no nominee"),
}
STATES: Final[Mapping[str, Text]] = {
    states.RequestState.ASKED: _("Waits for proof of who asks"),
    states.RequestState.SHOWN: _("To be answered"),
    states.RequestState.GRANTED: _("Granted"),
    states.RequestState.PARTLY: _("Granted in part"),
    states.RequestState.REFUSED: _("Refused"),
    states.RequestState.JOINED: _("Answered within another request"),
}
PROOFS: Final[Mapping[str, Text]] = {
    states.Proof.NONE: _("Nothing yet"),
    states.Proof.SESSION: _("Signed in"),
    states.Proof.CODE: _("A code sent to the address"),
    states.Proof.SESSION_AND_CODE: _("Signed in, and a code sent to the address"),
    states.Proof.PAPERS: _("Papers, and a code sent to the address"),
    states.Proof.CALL: _("An officer called the number back"),
}
FINDINGS: Final[Mapping[str, Text]] = {
    states.Finding.PROVES: _("It proves it"),
    states.Finding.NOT_ENOUGH: _("It is not enough"),
}
JOINED_BECAUSE: Final[Mapping[str, Text]] = {
    states.JoinedBecause.SAME: _("The same was asked already"),
    states.JoinedBecause.MANY: _("Many requests in a short time"),
}
#: What the person reads in the thread of the request that takes another one in.
JOINED_LINES: Final[Mapping[str, Text]] = {
    states.JoinedBecause.SAME: _(
        "You asked for the same again (%(reference)s). We answer both here, by the earlier date. Nothing is refused."
    ),
    states.JoinedBecause.MANY: _(
        "You sent many requests in a short time. We answer %(reference)s (%(right)s) here too, so that one officer sees "
        "them together. Nothing is refused."
    ),
}
#: What a paper has to show, by capacity.
PAPERS_NEEDED: Final[Mapping[str, Text]] = {
    states.Capacity.CHILD: _("A paper that shows you are the parent or lawful guardian, such as a birth certificate."),
    states.Capacity.REPRESENTED: _("The order or certificate that makes you the lawful guardian."),
    states.Capacity.NOMINEE: _(
        "The death certificate or a doctor's certificate of incapacity, and a paper with your name."
    ),
    states.Capacity.RELATIVE: _("The death certificate."),
    states.Capacity.AGENT: _("A signed paper in which the person asks you to act, and says for which requests."),
}
BUNDLE_STATES: Final[Mapping[str, Text]] = {
    states.BundleState.COLLECTING: _("Being put together"),
    states.BundleState.READY: _("Waits for another officer"),
    states.BundleState.RELEASED: _("Given out"),
    states.BundleState.ENDED: _("Ended"),
}
SECTION_STATES: Final[Mapping[str, Text]] = {
    states.SectionState.WAITING: _("waiting"),
    states.SectionState.DONE: _("complete"),
    states.SectionState.FAILED: _("failed"),
}
OUTCOMES: Final[Mapping[str, Text]] = {
    states.Outcome.GRANT: _("Grant it"),
    states.Outcome.PARTLY: _("Grant it in part"),
    states.Outcome.REFUSE: _("Refuse it"),
}
GROUNDS: Final[Mapping[str, Text]] = {
    states.RefusalGround.NOT_PROVED: _("Who asks was not shown"),
    states.RefusalGround.LAW_KEEPS: _("A law obliges us to keep it"),
    states.RefusalGround.OTHERS: _("It would show the data of others"),
    states.RefusalGround.REPEATED: _("The same was answered as often as the law asks for"),
    states.RefusalGround.CLAIM: _("It is needed for a legal claim"),
    states.RefusalGround.NOT_NOMINEE: _("Not shown to be a nominee of anybody here"),
    states.RefusalGround.NOT_NAMED: _("The person did not name this right"),
}
#: What the person reads, by ground.
REFUSALS: Final[Mapping[str, Text]] = {
    states.RefusalGround.NOT_PROVED: _(
        "We could not make sure who asks. Without that we give nobody's data out and change nothing."
    ),
    states.RefusalGround.LAW_KEEPS: _("A law obliges us to keep this data."),
    states.RefusalGround.OTHERS: _("This would show the data of other people, and it cannot be separated from yours."),
    states.RefusalGround.REPEATED: _(
        "You asked for the same on %(asked)s, and we answered on %(answered)s. Nothing has changed since."
    ),
    states.RefusalGround.CLAIM: _("This data is needed to make or defend a legal claim."),
    states.RefusalGround.NOT_NOMINEE: _(
        "What you sent does not show us that you may act for a person whose data we hold. Everybody gets this same answer, "
        "whether we know the person or not: so it tells nobody who is with us."
    ),
    states.RefusalGround.NOT_NAMED: _("The person did not name this among the things that you may do for them."),
}
