"""The words of a grievance: labels of the vocabularies, and one sentence per situation on each side.

Whole sentences with named placeholders go to the translators; nothing is joined from fragments.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final, TypeAlias

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from grievances.base import choices
from grievances.base.inbound_mail.classification import Reason
from grievances.base.rules import Situation, StaffAction, Standing, Turn
from portal.kernel.core.clock import IST

Text: TypeAlias = str | Promise

KINDS: Final[Mapping[str, Text]] = {
    choices.TicketKind.UNWANTED_MESSAGES: _("Messages I did not want"),
    choices.TicketKind.DATA_WRONG: _("My data is wrong"),
    choices.TicketKind.DATA_SHARED: _("My data was shared"),
    choices.TicketKind.KYC: _("Proving who I am (KYC)"),
    choices.TicketKind.BILLING: _("A bill or a payment"),
    choices.TicketKind.ACCOUNT_BLOCKED: _("My account is blocked"),
    choices.TicketKind.CONSENT: _("A consent I gave or withdrew"),
    choices.TicketKind.BREACH: _("My data may have been stolen or lost"),
    choices.TicketKind.CHILD: _("The data of a child"),
    choices.TicketKind.OTHER: _("Something else"),
    choices.TicketKind.REQUEST: _("A request about my data"),
}
DOORS: Final[Mapping[str, Text]] = {
    choices.Door.PAGE: _("Page, without signing in"),
    choices.Door.ACCOUNT: _("Page, signed in"),
    choices.Door.API: _("Another system"),
    choices.Door.PHONE: _("Telephone"),
    choices.Door.POST: _("Post"),
    choices.Door.EMAIL: _("Email"),
    choices.Door.SMS: "SMS",
    choices.Door.WHATSAPP: "WhatsApp",
    choices.Door.RCS: "RCS",
    choices.Door.VOICE: _("Call, key pressed"),
}
#: Those of the form: a request about data has pages of its own.
FORM_KINDS: Final[Mapping[str, Text]] = {
    kind: label for kind, label in KINDS.items() if kind != choices.TicketKind.REQUEST
}
FOR_WHOM: Final[Mapping[str, Text]] = {
    choices.ForWhom.SELF: _("Me"),
    choices.ForWhom.IN_MY_CARE: _("A child or a person I look after"),
    choices.ForWhom.NOMINATED_ME: _("Someone who nominated me"),
    choices.ForWhom.ORGANISATION: _("My organisation"),
    choices.ForWhom.ASKED_ME: _("A person who asked me to act"),
}
STATES: Final[Mapping[str, Text]] = {
    choices.TicketState.RECEIVED: _("Received"),
    choices.TicketState.WITH_US: _("With us"),
    choices.TicketState.WITH_YOU: _("With the person"),
    choices.TicketState.ANSWERED: _("Answered"),
    choices.TicketState.CLOSED: _("Closed"),
}
CLOSED_BECAUSE: Final[Mapping[str, Text]] = {
    choices.ClosedBecause.SETTLED: _("Settled"),
    choices.ClosedBecause.WITHDRAWN: _("Withdrawn by the person"),
    choices.ClosedBecause.SILENCE: _("No answer to our proposal"),
    choices.ClosedBecause.ERASED: _("Data erased"),
    choices.ClosedBecause.JOINED: _("Answered within another request"),
    choices.ClosedBecause.MERGED: _("Joined with another one of the person"),
}
ENTRY_KINDS: Final[Mapping[str, Text]] = {
    choices.EntryKind.FILED: _("Grievance sent"),
    choices.EntryKind.ACKNOWLEDGED: _("We confirmed that we have it"),
    choices.EntryKind.MESSAGE: _("Message from the person"),
    choices.EntryKind.REPLY: _("Message from us"),
    choices.EntryKind.QUESTION: _("Question from us"),
    choices.EntryKind.NOTE: _("Internal note"),
    choices.EntryKind.PROPOSAL: _("Our answer"),
    choices.EntryKind.CORRECTION: _("Our answer, corrected"),
    choices.EntryKind.ACCEPTED: _("The person said: this resolves it"),
    choices.EntryKind.DECLINED: _("The person said: this does not resolve it"),
    choices.EntryKind.REMINDED: _("The person reminded us"),
    choices.EntryKind.NOTICE: _("We asked again if our answer settles it"),
    choices.EntryKind.LATE: _("We missed the date"),
    choices.EntryKind.EXTENDED: _("We need more time, as the law allows"),
    choices.EntryKind.START_CORRECTED: _("We corrected the moment at which it reached us"),
    choices.EntryKind.CLOSED: _("Closed"),
    choices.EntryKind.REOPENED: _("Opened again"),
    choices.EntryKind.APPEALED: _("The person appealed to another officer"),
    choices.EntryKind.STOPPED: _("Promotional messages stopped"),
    choices.EntryKind.JOINED: _("Another request is answered here"),
    choices.EntryKind.PROVED: _("It was shown who asks"),
    choices.EntryKind.PASSED_ON: _("Passed on to our client"),
    choices.EntryKind.MERGED: _("Joined with another grievance"),
    choices.EntryKind.RATED: _("The person rated our answer"),
}
#: Why more time is needed, as the letter says it (``law.choices.ExtensionReason``).
EXTENSION_REASONS: Final[Mapping[str, Text]] = {
    "complex": _("your request is complex"),
    "many": _("there are many requests"),
}
#: The same lines as the person reads them on their own page.
OWN_ENTRY_KINDS: Final[Mapping[str, Text]] = {
    choices.EntryKind.FILED: _("You sent this to us"),
    choices.EntryKind.MESSAGE: _("Your message"),
    choices.EntryKind.ACCEPTED: _("You said: this resolves it"),
    choices.EntryKind.DECLINED: _("You said: this does not resolve it"),
    choices.EntryKind.REMINDED: _("You reminded us"),
    choices.EntryKind.RATED: _("You rated our answer"),
    choices.EntryKind.APPEALED: _("You appealed to another officer"),
}
VISIBILITIES: Final[Mapping[str, Text]] = {
    choices.Visibility.PUBLIC: _("The person can read this"),
    choices.Visibility.INTERNAL: _("Internal: the person cannot read this"),
}
AUTHORS: Final[Mapping[str, Text]] = {
    choices.Author.PERSON: _("The person"),
    choices.Author.STAFF: _("Onesetu"),
    choices.Author.PORTAL: _("This portal"),
}
ANSWERS: Final[Mapping[str, Text]] = {
    choices.Answer.WAITING: _("Waiting for the person"),
    choices.Answer.ACCEPTED: _("Accepted"),
    choices.Answer.DECLINED: _("Not accepted"),
    choices.Answer.SILENT: _("No choice made"),
    choices.Answer.WITHDRAWN: _("Withdrawn without an answer"),
    choices.Answer.CORRECTED: _("Corrected before an answer"),
}
APPEAL_OUTCOMES: Final[Mapping[str, Text]] = {
    choices.AppealOutcome.WAITING: _("With another officer"),
    choices.AppealOutcome.CHANGED: _("The first answer was changed"),
    choices.AppealOutcome.STAYS: _("The first answer stays"),
    choices.AppealOutcome.ENDED: _("Ended before an answer"),
}
MAIL_SOURCES: Final[Mapping[str, Text]] = {
    choices.MailSource.IMAP: _("Mailbox"),
    choices.MailSource.WEBHOOK: _("Handed over by the mail service"),
}
MAIL_OUTCOMES: Final[Mapping[str, Text]] = {
    choices.MailOutcome.TICKET: _("A new grievance"),
    choices.MailOutcome.LINE: _("A line of a grievance"),
    choices.MailOutcome.IGNORED: _("Ignored"),
}
MAIL_REASONS: Final[Mapping[str, Text]] = {
    Reason.AUTO_REPLY: _("A program answered: holiday notice or the like"),
    Reason.BOUNCE: _("A mail server says that it could not deliver"),
    Reason.BULK: _("Sent to many"),
    Reason.CALENDAR: _("An invitation of a calendar"),
    Reason.EMPTY: _("Nothing is in it"),
    Reason.FLOOD: _("Too many mails of one sender in an hour"),
    Reason.KNOWN: _("The same mail came before"),
    Reason.LOOP: _("It is from ourselves, or goes in a circle"),
    Reason.NO_SENDER: _("No one signs it"),
    Reason.READ_RECEIPT: _("A mail program reports that a message was opened"),
    Reason.UNREADABLE: _("It cannot be read: a person has to check the mailbox"),
    Reason.UNVERIFIED: _("Sender not verified: an internal note of the grievance"),
}
ROOT_CAUSES: Final[Mapping[str, Text]] = {
    choices.RootCause.OUR_MISTAKE: _("A mistake of ours"),
    choices.RootCause.OUR_SYSTEM: _("A fault of our systems"),
    choices.RootCause.UNCLEAR_TEXT: _("A text or page that misleads"),
    choices.RootCause.CLIENT: _("A client of ours"),
    choices.RootCause.SUPPLIER: _("A supplier of ours"),
    choices.RootCause.SOMEBODY_ELSE: _("Neither client nor supplier"),
    choices.RootCause.NO_FAULT: _("Nothing went wrong"),
}
#: The person's word on how we dealt with it, best first.
RATINGS: Final[Mapping[int, Text]] = {
    5: _("Very good"),
    4: _("Good"),
    3: _("Neither good nor poor"),
    2: _("Poor"),
    1: _("Very poor"),
}
CONTACT_KINDS: Final[Mapping[str, Text]] = {
    choices.ContactKind.EMAIL: _("Email"),
    choices.ContactKind.PHONE: _("Mobile"),
}
TURNS: Final[Mapping[str, Text]] = {Turn.US: _("With us"), Turn.YOU: _("With you"), Turn.NOBODY: _("Closed")}
STAFF_TURNS: Final[Mapping[str, Text]] = {
    Turn.US: _("With us"),
    Turn.YOU: _("With the person"),
    Turn.NOBODY: _("Closed"),
}

#: How the person hears of what staff write, by the channel of ``notifications.way_to``.
REACHED: Final[Mapping[str, Text]] = {
    "email": _("The person gets an email that says there is something to read."),
    "sms": _("The person gets an SMS that says only that there is something to read."),
    "whatsapp": _("The person gets a WhatsApp message that says only that there is something to read."),
    "rcs": _("The person gets an RCS message that says only that there is something to read."),
    "": _(
        "The person will not hear of it: there is only a mobile number, and this installation sends no SMS. "
        "They read it when they look with their reference and tracking key."
    ),
}
#: The one thing a staff page offers first.
STAFF_ACTIONS: Final[Mapping[str, Text]] = {
    StaffAction.ASSIGN: _("Assign"),
    StaffAction.ANSWER: _("Answer it"),
    StaffAction.ANSWER_NOW: _("Answer it now"),
    StaffAction.WAIT: _("Wait for the person"),
    StaffAction.READ: _("Read the thread"),
}
DECIDE_APPEAL: Final[Text] = _("Decide the appeal")
STAFF_ACTIONS_OF_REQUEST: Final[Mapping[str, Text]] = {
    **STAFF_ACTIONS,
    StaffAction.ANSWER: _("Propose an answer, which a second person reads"),
    StaffAction.ANSWER_NOW: _("Propose an answer now, which a second person reads"),
}

_PERSON: Final[Mapping[str, Text]] = {
    Situation.RECEIVED: _("We have your grievance. %(officer)s will reply by %(due)s."),
    Situation.WITH_US: _("We are checking your grievance. %(officer)s will reply by %(due)s (%(left)s)."),
    Situation.DUE_TODAY: _("We are checking your grievance. %(officer)s will reply today, %(due)s."),
    Situation.LATE: _("We should have replied by %(due)s. We are late. You can remind us."),
    Situation.WITH_YOU: _("We need your answer to continue. The date by which we reply stays %(due)s."),
    Situation.WITH_YOU_PAUSED: _("We need your answer to continue. The time we have is paused until you reply."),
    Situation.WITH_YOU_PARTLY: _(
        "We need your answer to continue. Our target date is paused; the legal deadline is not: %(due)s."
    ),
    Situation.WITH_YOU_LATE: _(
        "We should have replied by %(due)s. We are late, and we still need your answer to continue."
    ),
    Situation.ANSWERED: _("We have answered. Let us know if this resolves your grievance."),
    Situation.SETTLED: _("You confirmed that this is resolved. The grievance is closed."),
    Situation.WITHDRAWN: _("You withdrew this grievance. It is closed."),
    Situation.CLOSED_BY_SILENCE: _(
        "We answered and asked you twice if that settles it. We heard nothing and closed it."
    ),
    Situation.ERASED: _("The data of this grievance was erased. Nothing more can be shown."),
    Situation.MERGED: _("We combined this grievance with your other one, %(other)s. It continues there."),
    Situation.JOINED: _("We answer this within another request of yours. Nothing is refused."),
}
#: The same on the page of a request about data, where the word "grievance" would puzzle.
_PERSON_OF_REQUEST: Final[Mapping[str, Text]] = {
    Situation.RECEIVED: _("We have your request. %(officer)s will reply by %(due)s."),
    Situation.WITH_US: _("We are working on your request. %(officer)s will reply by %(due)s (%(left)s)."),
    Situation.DUE_TODAY: _("We are working on your request. %(officer)s will reply today, %(due)s."),
    Situation.ANSWERED: _("We have answered. Let us know if this resolves your request."),
    Situation.SETTLED: _("You confirmed that this is resolved. The request is closed."),
    Situation.WITHDRAWN: _("You withdrew this request. It is closed."),
    Situation.ERASED: _("The data of this request was erased. Nothing more can be shown."),
}
_PERSON_NO_DATE: Final[Text] = _("We are checking your grievance. %(officer)s will reply to you.")
_PERSON_WAITS_NO_DATE: Final[Text] = _("We need your answer to continue.")
_STAFF: Final[Mapping[str, Text]] = {
    Situation.RECEIVED: _("New. Answer by %(due)s (%(left)s)."),
    Situation.WITH_US: _("Our turn. Answer by %(due)s (%(left)s)."),
    Situation.DUE_TODAY: _("Our turn. The answer is due today, %(due)s."),
    Situation.LATE: _("Late: the answer was due on %(due)s."),
    Situation.WITH_YOU: _("The person owes us an answer. The date does not wait: %(due)s (%(left)s)."),
    Situation.WITH_YOU_PAUSED: _("The person owes us an answer. The clock is paused."),
    Situation.WITH_YOU_PARTLY: _(
        "The person owes us an answer. Our own date waits; the date of the law does not: %(due)s (%(left)s)."
    ),
    Situation.WITH_YOU_LATE: _("Late since %(due)s, and the person owes us an answer. Answer with what you have."),
    Situation.ANSWERED: _("Answered. The person has not said yet if this resolves it."),
    Situation.SETTLED: _("Closed: the person said this resolves it."),
    Situation.WITHDRAWN: _("Closed: the person withdrew it."),
    Situation.CLOSED_BY_SILENCE: _("Closed: two notices and no answer from the person."),
    Situation.ERASED: _("Closed: the data was erased."),
    Situation.JOINED: _("Closed: it is answered within another request."),
    Situation.MERGED: _("Closed: joined with another one of the same person."),
}
_STAFF_NO_DATE: Final[Text] = _("Our turn. No rule sets a date.")
_STAFF_WAITS_NO_DATE: Final[Text] = _("The person owes us an answer.")


def day(at: datetime, zone: tzinfo = IST) -> str:
    """A date in words in the active language: ``Wednesday 9 December 2026``."""
    return date_format(at.astimezone(zone), "l j F Y")


def short_day(at: datetime, zone: tzinfo = IST) -> str:
    """A date for a column: ``Wed 9 Dec 2026``."""
    return date_format(at.astimezone(zone), "D j M Y")


def instant(at: datetime, zone: tzinfo = IST) -> str:
    """A date and a time with the zone's own letters: ``9 December 2026, 16:12 IST``."""
    return date_format(at.astimezone(zone), "j F Y, H:i T")


_ALREADY: Final[Mapping[str, tuple[Text, Text]]] = {
    "open": (
        _("This grievance is open already. It is with us."),
        _("This request is open already. It is with us."),
    ),
    "answered": (
        _("We have answered this grievance already. Let us know if our answer resolves it."),
        _("We have answered this request already. Let us know if our answer resolves it."),
    ),
    "closed": (
        _("This grievance is closed already."),
        _("This request is closed already."),
    ),
}


def stands_already(state: str, *, is_request: bool) -> str:
    """How it stands, to whoever presses a second time or on an old page."""
    named = "open" if state in choices.OPEN_STATES else "closed" if state == choices.TicketState.CLOSED else "answered"
    return str(_ALREADY[named][is_request])


def left(days: int) -> str:
    """Whole days from today, in words; below zero they have passed."""
    if days < 0:
        return ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}


def for_person(
    standing: Standing, *, officer: str, zone: tzinfo = IST, is_request: bool = False, other: str = ""
) -> str:
    """The sentence on the person's page and in letters. ``officer`` is a role or a name from the officers' register,
    ``other`` the reference of the grievance that this one was joined with.
    """
    sentence = _PERSON[standing.situation]
    if is_request:
        sentence = _PERSON_OF_REQUEST.get(standing.situation, sentence)
    if standing.due_at is None:
        if standing.situation in {Situation.RECEIVED, Situation.WITH_US}:
            sentence = _PERSON_NO_DATE
        elif standing.situation == Situation.WITH_YOU:
            sentence = _PERSON_WAITS_NO_DATE
    return _fill(sentence, standing, officer, zone, other)


def state_for_staff(state: str, standing: Standing) -> str:
    """The state among the facts of the staff page: with how late it is, where the sentence above them says that it is late."""
    label = STATES[choices.TicketState(state)]
    if standing.situation not in {Situation.LATE, Situation.WITH_YOU_LATE} or standing.days_left is None:
        return str(label)
    return f"{label}, {left(min(standing.days_left, -1))}"


def for_staff(standing: Standing, *, zone: tzinfo = IST) -> str:
    """The sentence on the staff page and in the queue: same facts, the other side."""
    sentence = _STAFF[standing.situation]
    if standing.due_at is None:
        if standing.situation in {Situation.RECEIVED, Situation.WITH_US}:
            sentence = _STAFF_NO_DATE
        elif standing.situation == Situation.WITH_YOU:
            sentence = _STAFF_WAITS_NO_DATE
    return _fill(sentence, standing, "", zone)


def _fill(sentence: Text, standing: Standing, officer: str, zone: tzinfo, other: str = "") -> str:
    due = day(standing.due_at, zone) if standing.due_at else ""
    days = left(standing.days_left) if standing.days_left is not None else ""
    return str(sentence) % {"officer": officer, "due": due, "left": days, "other": other}


def days_between(now: datetime, due_at: datetime, zone: tzinfo = IST) -> int:
    """Whole local days from today to the day of ``due_at``; zero on that day."""
    return (timezone.localdate(due_at, zone) - timezone.localdate(now, zone)).days
