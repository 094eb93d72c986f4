"""How a sender stands, for whoever asks about it and not about one message; and a sender as it is registered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from consent.selectors import sending_accounts
from consent.selectors.sending_accounts import Account
from consent.services.reasons import sentence
from portal.core import clock
from portal.core.errors import NotFound, Refused
from portal.law import selectors as law
from portal.people.models import Fiduciary
from portal.registers.models.senders import Sender
from portal.registers.selectors import senders as book
from portal.registers.states import SENDERS_OF_CHANNEL


@dataclass(frozen=True)
class SenderStanding:
    """``sentence`` is the refusal in words; None where nothing is in the way."""

    account: Account
    sentence: str | None


def standing(fiduciary: str, *, at: datetime) -> SenderStanding:
    """Account and KYC of a fiduciary by its code; writes nothing. Raises NotFound."""
    found = Fiduciary.objects.filter(code=fiduciary).first()
    if found is None:
        raise NotFound("There is no such fiduciary.")
    account = sending_accounts.account(found.pk, at)
    return SenderStanding(account, sentence(account.refusal) if account.refusal else None)


def registered_for(fiduciary: Fiduciary, sender: str, channels: Sequence[str], purpose: str, *, at: datetime) -> str:
    """A sender that staff wrote down, as registered; empty where none is named. Reads only.

    Raises Refused where the fiduciary has none of that name on the one channel that is named, or not for the purpose.
    """
    if not sender.strip():
        return ""
    forms = dict(book.forms_of(fiduciary=fiduciary, sender=sender, at=at))
    channel = channels[0] if len(channels) == 1 else ""
    value = forms.get(channel, "")
    kinds = SENDERS_OF_CHANNEL.get(channel, ())
    row = book.in_force(Sender.objects.filter(fiduciary=fiduciary, kind__in=kinds, value=value), at=at).first()
    if row is None:
        raise Refused(
            _("This sender is not registered for the company on that channel. Choose the one channel that it uses."),
            code="UNKNOWN_SENDER",
        )
    if law.purpose(purpose, on=clock.day(at)).message_category not in row.carries:
        raise Refused(_("This sender is not registered for this kind of message."), code="SENDER_CATEGORY")
    return value
