"""What the words of the field and the states of records mean, for whoever is new at the desk."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from grievances.base import labels as grievance_labels
from grievances.base import request_labels
from grievances.base.choices import MOVES as TICKET_MOVES
from grievances.base.choices import TicketState
from grievances.base.request_choices import MOVES as REQUEST_MOVES
from grievances.base.request_choices import RequestState
from kyc.base.choices import CASE_MOVES, DOCUMENT_MOVES, CaseState, DocumentState
from portal.kernel.jobs.choices import MOVES as JOB_MOVES
from portal.kernel.jobs.choices import JobState
from portal.kernel.law.choices import CLOCK_MOVES, ClockState
from portal.kernel.outbox.choices import MOVES as MESSAGE_MOVES
from portal.kernel.outbox.choices import MessageState
from portal.kernel.retention.choices import MOVES as RUN_MOVES
from portal.kernel.retention.choices import RunState

GLOSSARY: tuple[tuple[Any, Any], ...] = (
    (_("Acknowledgement"), _("“I have seen this version.” Never a consent.")),
    (_("Checkpoint"), _("A signed statement of the ledger's size and root: anyone who has one can prove what was in it then.")),
    (_("Clock"), _("A running deadline. It keeps the rule version that it was started under and pauses only where the rule says so.")),
    (_("Consent event"), _("One choice of a person, appended for good: given, denied, withdrawn, expired or renewed.")),
    (_("Consent state"), _("The choice that counts now for an address, purpose and channel; it can be worked out anew from the events.")),
    (_("Contact point"), _("A person's email address or phone number. In lists it is masked; it is found by a keyed hash.")),
    (_("Customer"), _("The account: an individual or an organisation. KYC attaches here.")),
    (_("Disclosure"), _("Data that was given to an authority or another recipient, with the order and its scope.")),
    (_("Entry"), _("One line of the ledger. It is never changed; what is personal in it can be erased and the rest still proved.")),
    (_("Fiduciary"), _("Whose processing or message it is: Onesetu, or a client for whom Onesetu is only the processor.")),
    (_("Hold"), _("A legal hold: while it is active, nothing that it covers is erased.")),
    (_("House rule"), _("A promise of our own with its dates, such as a reply target. Two people change it.")),
    (_("Instruction"), _("What a recipient of data is instructed to do. Delivered, acknowledged and acted on are three facts.")),
    (_("Legal rule"), _("A rule of law with its source and its dates. An unconfirmed one counts, and every page says so.")),
    (_("Maker and checker"), _("Who proposes an action and who decides: always two people. No one bypasses it.")),
    (_("Message category"), _("Promotional, service, transactional, or policy and security. A message is sent only from a header, and in a template, that is registered for it.")),
    (_("Nominee"), _("Whom a person named to use their rights when they die or can no longer act.")),
    (_("Notice"), _("A text shown to people: privacy policy, consent notice, cookie notice. A published version never changes.")),
    (_("Principal"), _("The person whose data it is; they may have no login. Their record opens only for a purpose.")),
    (_("Purpose"), _("Why data is used. It carries the category, the lawful basis and how long data is kept.")),
    (_("Receipt"), _("What a person keeps of their choice, and can have verified without us.")),
    (_("Sender header"), _("The name a message comes from. Its last letter says the category: P, S, T or G.")),
    (_("Suppression"), _("An address to which nothing of a kind is sent, no matter to whom it belongs.")),
    (_("Ticket"), _("A grievance, with its thread, its clocks and its appeals.")),
)  # fmt: skip


@dataclass(frozen=True)
class States:
    """The states of one kind of record: what each means, and which may follow it by the record's own table of moves."""

    anchor: str
    title: Any
    model: str
    labels: Mapping[Any, Any]
    moves: Mapping[Any, Collection[Any]]
    meanings: Mapping[Any, Any]

    @property
    def rows(self) -> list[tuple[Any, Any, list[Any]]]:
        """Each state with its meaning and what may come next, in the order of the states."""
        return [
            (label, self.meanings[state], [self.labels[one] for one in self.labels if one in self.moves[state]])
            for state, label in self.labels.items()
        ]


def _labels(states: Any) -> dict[Any, Any]:
    return dict(states.choices)


STATES = (
    States(
        "grievances",
        _("Grievances"),
        "grievances.Ticket",
        grievance_labels.STATES,
        TICKET_MOVES,
        {
            TicketState.RECEIVED: _("No one has written to the person yet. It waits for us; the deadlines run."),
            TicketState.WITH_US: _("We are at it. Our turn; the clocks run."),
            TicketState.WITH_YOU: _("We asked the person something. Their turn; clocks of our own pause, those of the law run on."),
            TicketState.ANSWERED: _("The clocks have stopped. The person says if it settles the grievance; silence closes it after two notices."),
            TicketState.CLOSED: _("Nothing is owed. The person may open it again or appeal while the rules allow it."),
        },
    ),
    States(
        "requests",
        _("Requests about data"),
        "grievances.RightsRequest",
        request_labels.STATES,
        REQUEST_MOVES,
        {
            RequestState.ASKED: _("Identity not verified yet: by a code, or by documents that our team reviews."),
            RequestState.SHOWN: _("To be answered: one officer proposes, another one decides."),
            RequestState.GRANTED: _("Done as requested. The message has left."),
            RequestState.PARTLY: _("Done in part; the message says what the law retains."),
            RequestState.REFUSED: _("Not done; the message says why and where to go."),
            RequestState.JOINED: _("Answered within another request of the same person."),
        },
    ),
    States(
        "documents",
        _("KYC documents"),
        "kyc.Document",
        _labels(DocumentState),
        DOCUMENT_MOVES,
        {
            DocumentState.RECEIVED: _("The machine's turn: the file is made safe and its checks run."),
            DocumentState.REFUSED: _("The customer's turn: the file is broken, empty, locked or unsafe."),
            DocumentState.STALLED: _("Our turn: the checks stopped before their end. See why, and run them again."),
            DocumentState.CHECKED: _("Once the customer sent it: a maker proposes, a checker decides."),
            DocumentState.APPROVED: _("It counts until its last day, or until KYC is done again."),
            DocumentState.ASKED_AGAIN: _("The customer's turn: a better copy, for the reason that they read."),
            DocumentState.REJECTED: _("It does not count, and no other file is asked for. The customer may appeal."),
            DocumentState.REPLACED: _("A newer file replaces it."),
            DocumentState.REMOVED: _("Its keys ended at once, unless a legal hold keeps it. The customer reads the same either way."),
            DocumentState.DESTROYED: _("Its bytes and keys are gone; that it was here stays."),
            DocumentState.EXPIRED: _("The customer's turn: its last day has passed."),
        },
    ),
    States(
        "cases",
        _("KYC cases"),
        "kyc.Case",
        _labels(CaseState),
        CASE_MOVES,
        {
            CaseState.OPEN: _("Something that is asked for has not been sent; what was sent may wait for us meanwhile."),
            CaseState.IN_REVIEW: _("Everything was sent; something of it waits for a person."),
            CaseState.APPROVED: _("Everything that is asked for is approved."),
            CaseState.REJECTED: _("Two people decided against it. Nothing goes out in the customer's name."),
        },
    ),
    States(
        "messages",
        _("Messages"),
        "outbox.Message",
        _labels(MessageState),
        MESSAGE_MOVES,
        {
            MessageState.DUE: _("It waits for its time or for the next attempt."),
            MessageState.SENDING: _("A worker has it."),
            MessageState.SENT: _("It left us; nothing is known of its arrival yet."),
            MessageState.UNKNOWN: _("The connection broke: it may have arrived. It is asked about before it is sent again."),
            MessageState.STOPPED: _("The person may not be contacted for this. Nothing is left to do."),
            MessageState.DEAD: _("Our turn: all attempts failed. Try again, or close it."),
            MessageState.CLOSED: _("Someone decided that it is not sent."),
            MessageState.DELIVERED: _("The person's device or mailbox has it."),
            MessageState.READ: _("The person opened it, where the channel reports that."),
            MessageState.UNDELIVERED: _("It left us and did not arrive. What is owed is sent through another channel."),
        },
    ),
    States(
        "clocks",
        _("Clocks"),
        "law.Clock",
        _labels(ClockState),
        CLOCK_MOVES,
        {
            ClockState.RUNNING: _("Time passes. It is late from the day after its date."),
            ClockState.PAUSED: _("The rule pauses it while someone else's answer is awaited."),
            ClockState.STOPPED: _("The work is done or was withdrawn. It stays met or missed for good."),
        },
    ),
    States(
        "erasure",
        _("Erasure runs"),
        "retention.ErasureRun",
        _labels(RunState),
        RUN_MOVES,
        {
            RunState.PLANNED: _("Two people review what would be erased and what the law retains."),
            RunState.APPROVED: _("It begins with the next sweep."),
            RunState.RUNNING: _("Records are erased one by one; a legal hold that comes meanwhile still counts."),
            RunState.DONE: _("Everything that was due is gone; the certificate says what."),
            RunState.FAILED: _("Our turn: something is still there. The next run takes it up."),
            RunState.REFUSED: _("Two people decided against it. Nothing was erased."),
            RunState.STALE: _("The plan waited for too long; a new one is made."),
        },
    ),
    States(
        "jobs",
        _("Background jobs"),
        "jobs.Job",
        _labels(JobState),
        JOB_MOVES,
        {
            JobState.QUEUED: _("It waits for a worker."),
            JobState.RUNNING: _("After a restart it continues where it was."),
            JobState.DONE: _("Its result can be fetched until it ends."),
            JobState.FAILED: _("See why on its page; it can be started again."),
            JobState.CANCELLED: _("Someone stopped it."),
        },
    ),
)  # fmt: skip
#: The part of the page that is about a list's states, by model.
ANCHORS = {one.model: one.anchor for one in STATES}
