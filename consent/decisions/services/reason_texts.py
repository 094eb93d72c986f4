"""Reason codes as sentences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.rules import broadcasts
from consent.base.rules.contact import Reason
from portal.kernel.core import clock

SENTENCES: Mapping[Reason, Any] = {
    Reason.ACCOUNT_CLOSED: gettext_lazy("No: the sender's account is closed."),
    Reason.ADDRESS_UNVERIFIED: gettext_lazy("No: the person consented, but has not confirmed this address yet."),
    Reason.ALLOWED_BY_CONSENT: gettext_lazy("Yes: the person agreed."),
    Reason.ALLOWED_ESSENTIAL: gettext_lazy("Yes: this message is needed to run the account or is owed by law."),
    Reason.ALLOWED_NO_OBJECTION: gettext_lazy(
        "Yes: the purpose has another lawful basis and the person did not object."
    ),
    Reason.ALLOWED_OTHER_BASIS: gettext_lazy("Yes: the purpose has another lawful basis than consent."),
    Reason.CHILD: gettext_lazy("No: this is promotion or tracking, and one of the people there is a child."),
    Reason.CONSENT_DENIED: gettext_lazy("No: someone at this address refused."),
    Reason.CONSENT_EXPIRED: gettext_lazy("No: the consent has ended."),
    Reason.CONSENT_UNPROVED: gettext_lazy(
        "No: what is stored about this consent does not agree with what was recorded. Our team has to review it."
    ),
    Reason.CONSENT_WITHDRAWN: gettext_lazy("No: someone at this address withdrew consent."),
    Reason.DND_BLOCKED: gettext_lazy("No: the person blocked such messages (“Do not disturb”)."),
    Reason.DND_HOURS: gettext_lazy("No: the person blocked this hour or day (“Do not disturb”)."),
    Reason.ENTITY_ENDED: gettext_lazy("No: the DLT registration of the sender has ended."),
    Reason.GOVERNMENT_HEADER: gettext_lazy("No: a header that ends in -G belongs to the government."),
    Reason.HEADER_CATEGORY: gettext_lazy(
        "No: this header, number or code is not registered for this category of message."
    ),
    Reason.HEADER_ENDED: gettext_lazy("No: this header, number or code is not registered at that time."),
    Reason.HEADER_OF_ANOTHER: gettext_lazy("No: this header, number or code belongs to another sender."),
    Reason.IS_A_MESSAGE: gettext_lazy("No: messages are sent for this purpose. Ask about the message."),
    Reason.NO_CONSENT: gettext_lazy("No: no one at this address has consented."),
    Reason.NO_SUCH_ADDRESS: gettext_lazy("No: this is not an address of that channel."),
    Reason.NO_SUCH_FIDUCIARY: gettext_lazy("No: we do not know on whose behalf this would be."),
    Reason.NO_SUCH_PURPOSE: gettext_lazy("No: this purpose is not in force."),
    Reason.NOTICE_CHANGED: gettext_lazy("No: the notice has changed since the person agreed. Ask again."),
    Reason.NOT_A_MESSAGE: gettext_lazy("No: this purpose sends no messages on that channel."),
    Reason.OUTSIDE_HOURS: gettext_lazy("No: promotional messages may not be sent at this hour."),
    Reason.PAUSED: gettext_lazy("No: the person paused messages."),
    Reason.PURPOSE_CHANGED: gettext_lazy("No: the purpose has changed since the person agreed. Ask again."),
    Reason.QUIET_HOURS: gettext_lazy("No: the person wants quiet at this hour."),
    Reason.RULES_MISSING: gettext_lazy("No: the permitted hours are not loaded. Run sync_rules."),
    Reason.SENDER_KYC_LAPSED: gettext_lazy("No: the sender's KYC has lapsed. It has to be renewed first."),
    Reason.SENDER_NOT_VERIFIED: gettext_lazy("No: the sender's KYC is not complete."),
    Reason.SUPPRESSED: gettext_lazy("No: promotion was stopped at this address, and no one there has consented since."),
    Reason.TEMPLATE_CATEGORY: gettext_lazy("No: this template is not registered for this category of message."),
    Reason.TEMPLATE_ENDED: gettext_lazy("No: this template has ended."),
    Reason.TEMPLATE_NEEDED: gettext_lazy(
        "No: it must be in a registered template. On WhatsApp, other text may only follow a message of the person, "
        "for some hours."
    ),
    Reason.TEMPLATE_NOT_APPROVED: gettext_lazy("No: this template is not approved."),
    Reason.TEMPLATE_NOT_FOR_HEADER: gettext_lazy("No: this template is not registered for that header."),
    Reason.TEMPLATE_OF_ANOTHER: gettext_lazy("No: this template belongs to another sender."),
    Reason.TOO_OFTEN: gettext_lazy("No: the person does not want more messages in this time."),
    Reason.UNKNOWN_HEADER: gettext_lazy("No: this header, number or code is not registered."),
}


_NOTHING: Final = gettext_lazy("Nothing. The message may be sent.")
_ASK: Final = gettext_lazy("Ask the person for consent where they may be asked now. Send nothing before they agree.")
_RESPECT: Final = gettext_lazy("Send nothing. Only the person can change this, on their own pages or through our team.")
_LATER: Final = gettext_lazy("Try again at the time that the decision names.")
_OWN_HEADER: Final = gettext_lazy(
    "Use a sender that is registered for the company and this kind of message, or have it registered."
)
_OWN_TEMPLATE: Final = gettext_lazy(
    "Use a template that is approved for the company, this kind of message and this sender."
)

#: What staff do about each of them, in English like all their pages.
NEXT_STEPS: Mapping[Reason, Any] = {
    Reason.ACCOUNT_CLOSED: gettext_lazy("Open the account again, if the company is to send once more."),
    Reason.ADDRESS_UNVERIFIED: gettext_lazy(
        "Wait until the person has confirmed the address. The consent counts from then on."
    ),
    Reason.ALLOWED_BY_CONSENT: _NOTHING,
    Reason.ALLOWED_ESSENTIAL: _NOTHING,
    Reason.ALLOWED_NO_OBJECTION: _NOTHING,
    Reason.ALLOWED_OTHER_BASIS: _NOTHING,
    Reason.CHILD: gettext_lazy("Send no promotion. If the person is not a child, correct the record."),
    Reason.CONSENT_DENIED: _RESPECT,
    Reason.CONSENT_EXPIRED: _ASK,
    Reason.CONSENT_UNPROVED: gettext_lazy(
        "Inform the data protection officer: the record and the ledger differ. Send nothing."
    ),
    Reason.CONSENT_WITHDRAWN: _RESPECT,
    Reason.DND_BLOCKED: _RESPECT,
    Reason.DND_HOURS: _LATER,
    Reason.ENTITY_ENDED: gettext_lazy("Have the DLT registration of the company renewed and entered."),
    Reason.GOVERNMENT_HEADER: gettext_lazy("Use a header of the company. Those that end in -G are the government's."),
    Reason.HEADER_CATEGORY: _OWN_HEADER,
    Reason.HEADER_ENDED: _OWN_HEADER,
    Reason.HEADER_OF_ANOTHER: gettext_lazy("Use a sender of the company itself, and check why another's was named."),
    Reason.IS_A_MESSAGE: gettext_lazy("Ask about the message: name the channel and the address."),
    Reason.NO_CONSENT: _ASK,
    Reason.NO_SUCH_ADDRESS: gettext_lazy("Correct the address: it is none of that channel."),
    Reason.NO_SUCH_FIDUCIARY: gettext_lazy("Correct the code of the company in the question."),
    Reason.NO_SUCH_PURPOSE: gettext_lazy(
        "Correct the code of the purpose in the question, or have the purpose put in force."
    ),
    Reason.NOTICE_CHANGED: _ASK,
    Reason.NOT_A_MESSAGE: gettext_lazy("Ask about the use of data, or name a channel that the purpose uses."),
    Reason.OUTSIDE_HOURS: _LATER,
    Reason.PAUSED: _LATER,
    Reason.PURPOSE_CHANGED: _ASK,
    Reason.QUIET_HOURS: _LATER,
    Reason.RULES_MISSING: gettext_lazy("Have an administrator load the rules of law: run sync_rules."),
    Reason.SENDER_KYC_LAPSED: gettext_lazy("Have the company update its KYC."),
    Reason.SENDER_NOT_VERIFIED: gettext_lazy("Have the KYC of the company completed."),
    Reason.SUPPRESSED: _RESPECT,
    Reason.TEMPLATE_CATEGORY: _OWN_TEMPLATE,
    Reason.TEMPLATE_ENDED: _OWN_TEMPLATE,
    Reason.TEMPLATE_NEEDED: _OWN_TEMPLATE,
    Reason.TEMPLATE_NOT_APPROVED: _OWN_TEMPLATE,
    Reason.TEMPLATE_NOT_FOR_HEADER: _OWN_TEMPLATE,
    Reason.TEMPLATE_OF_ANOTHER: gettext_lazy(
        "Use a template of the company itself, and check why another's was named."
    ),
    Reason.TOO_OFTEN: gettext_lazy("Wait: the person set how many messages they want in a time."),
    Reason.UNKNOWN_HEADER: _OWN_HEADER,
}


#: Why somebody got no message of a broadcast, where it was no answer of the send gate.
_OF_BROADCASTS: Mapping[str, Any] = {
    broadcasts.CANCELLED: gettext_lazy("The broadcast was cancelled before."),
    broadcasts.MAY_HAVE_ARRIVED: gettext_lazy(
        "The broadcast was cancelled after an attempt that may have arrived: it is not known."
    ),
    broadcasts.NO_WAY: gettext_lazy("There is no confirmed address or login on any of the channels."),
    broadcasts.PAUSED: gettext_lazy("The broadcast is paused."),
    broadcasts.TAKEN_OVER: gettext_lazy("It goes by another channel."),
    broadcasts.TEMPLATE_ENDED: gettext_lazy("The registered template is no longer valid."),
    broadcasts.TOLD_ALREADY: gettext_lazy(
        "It was sent already: to the same address, or to another record of the same person."
    ),
    broadcasts.UNDELIVERED: gettext_lazy("The gateway reports that it did not arrive."),
}

#: Why the system paused a broadcast, and what to do. Going on would pause it again.
_OF_PAUSES: Mapping[str, Any] = {
    broadcasts.PURPOSE_CHANGED: gettext_lazy(
        "Its purpose has ended or has another category than when two people agreed to it. Cancel this broadcast "
        "and propose it "
        "anew under a purpose in force."
    ),
    broadcasts.SEGMENT_GREW: gettext_lazy(
        "Many more people are in its segment by now than two people agreed to. No one beyond that was written to. "
        "Cancel this broadcast and propose a new one, which counts again."
    ),
    broadcasts.TEXTS_CHANGED: gettext_lazy(
        "Its texts, templates, channels, segment or pace are not those that two people saw. Cancel this broadcast "
        "and propose it anew; inform an administrator, for no one can change them on these pages."
    ),
}


def why_paused(code: str) -> str:
    """Why the system paused a broadcast, in words; empty where a person did."""
    return str(_OF_PAUSES[code]) if code else ""


def why_not(code: str) -> str:
    """The reason that a person of a broadcast has, in words; a code of a gateway or of the outbox as it is."""
    if code in _OF_BROADCASTS:
        return str(_OF_BROADCASTS[code])
    return str(SENTENCES[Reason(code)]) if code in Reason.__members__ else code


def sentence(reason: Reason, valid_until: datetime | None = None) -> str:
    """One sentence; with the time, in India, at which it may change by itself."""
    plain = str(SENTENCES[reason])
    if valid_until is None:
        return plain
    until = f"{valid_until.astimezone(clock.IST):%d-%m-%Y %H:%M}"
    return _("%(answer)s This is valid until %(time)s IST.") % {"answer": plain, "time": until}
