"""What is asked about a grievance of one kind beside what happened. The answers are facts of the person: kept sealed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grievances.base.choices import TicketKind

Text: TypeAlias = str | Promise


@dataclass(frozen=True)
class Detail:
    """One question. Every one may stay empty: who kept nothing can still complain."""

    name: str
    label: Text
    hint: Text = ""
    #: More than a line is written.
    is_long: bool = False
    #: A day of the past, in three boxes.
    is_day: bool = False
    #: An amount of rupees.
    is_amount: bool = False
    choices: Mapping[str, Text] = field(default_factory=dict)


#: Asked on a page of its own (``category_questions.UnwantedMessageForm``); named here for whoever shows them.
OF_A_MESSAGE: Final = (
    Detail("sender", _("Who sent it?")),
    Detail("received_at_number", _("Which number or email address got it?")),
    Detail("received_on", _("When did you get it?"), is_day=True),
)
_NO_NUMBER: Final = _("Do not write the number of an Aadhaar or of another document.")

DETAILS: Final[Mapping[str, tuple[Detail, ...]]] = {
    TicketKind.DATA_WRONG: (
        Detail("wrong_data", _("Which data is wrong?"), _("For example my name, my address or my date of birth.")),
        Detail("right_data", _("What would be right?"), is_long=True),
    ),
    TicketKind.DATA_SHARED: (
        Detail("shared_data", _("Which data was shared?"), _("For example my number or my bills.")),
        Detail("shared_with", _("Who has it, as far as you know?")),
        Detail("noticed_on", _("When did you notice?"), is_day=True),
    ),
    TicketKind.KYC: (
        Detail("kyc_document", _("Which document is it about?"), _NO_NUMBER),
        Detail("kyc_reference", _("Its reference here, if you have it"), _("For example OS-DO-7K4M-9QX3.")),
    ),
    TicketKind.BILLING: (
        Detail("bill_number", _("Number of the bill, if you have it")),
        Detail("bill_amount", _("How much is it about, in rupees?"), is_amount=True),
        Detail("paid_on", _("When did you pay?"), is_day=True),
        Detail("refund_wanted", _("Do you want money back?"), choices={"yes": _("Yes"), "no": _("No")}),
    ),
    TicketKind.ACCOUNT_BLOCKED: (
        Detail("account_name", _("Which account is it?"), _("Its reference, or the name on it.")),
        Detail("reason_told", _("Which reason were you given?"), is_long=True),
        Detail("blocked_on", _("Since when is it blocked?"), is_day=True),
    ),
    TicketKind.CONSENT: (
        Detail("consent_about", _("What did you agree to, or withdraw?")),
        Detail("consent_reference", _("Number of the receipt, if you have it"), _("For example OS-CR-7K4M-9QX2-C3TN.")),
    ),
    TicketKind.BREACH: (
        Detail("lost_data", _("Which data is it about?")),
        Detail("seen_where", _("Where did you see or hear of it?")),
        Detail("harm_done", _("Has anything happened to you because of it?"), is_long=True),
        Detail("noticed_on", _("When did you notice?"), is_day=True),
    ),
    TicketKind.CHILD: (
        Detail(
            "child_relation",
            _("Who are you to the child?"),
            choices={
                "parent": _("Parent or guardian"),
                "child": _("I am the child"),
                "other": _("Someone else"),
            },
        ),
        Detail(
            "child_data",
            _("Where is the child's data?"),
            _("For example an account or a number. Do not write the child's name."),
        ),
    ),
}
_ALL: Final = {detail.name: detail for detail in (*OF_A_MESSAGE, *(one for found in DETAILS.values() for one in found))}


def of_kind(kind: str) -> tuple[Detail, ...]:
    """What is asked about a grievance of this kind on its own page; nothing for some."""
    return DETAILS.get(kind, ())


def names_of(kind: str) -> tuple[str, ...]:
    """The names under which the answers about this kind are kept."""
    asked = OF_A_MESSAGE if kind == TicketKind.UNWANTED_MESSAGES else of_kind(kind)
    return tuple(detail.name for detail in asked)


def shown(texts: Mapping[str, str], *, names: Iterable[str] | None = None) -> list[tuple[Text, Text]]:
    """The answers among ``texts`` as people read them: question and answer, in the order in which they are asked."""
    wanted = _ALL if names is None else {name: _ALL[name] for name in names}
    found = ((detail, texts.get(name, "")) for name, detail in wanted.items())
    return [(detail.label, _in_words(detail, said)) for detail, said in found if said or names is not None]


def _in_words(detail: Detail, said: str) -> Text:
    """An answer as it is read: a choice by its words, a day as a date of the reader's language."""
    if detail.is_day and said:
        return date_format(date.fromisoformat(said), "j F Y")
    return detail.choices.get(said, said)
