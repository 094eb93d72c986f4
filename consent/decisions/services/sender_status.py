"""How a sender stands, for whoever asks about it and not about one message; and a sender as it is registered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from consent.decisions.selectors import sender_accounts
from consent.decisions.selectors.sender_accounts import Account
from consent.decisions.services.reason_texts import sentence
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law import selectors as law
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.selectors import senders


@dataclass(frozen=True)
class SenderStanding:
    """``sentence`` is the refusal in words; None where nothing is in the way."""

    account: Account
    sentence: str | None


def standing(fiduciary: str, *, at: datetime) -> SenderStanding:
    """Account and KYC of a fiduciary by its code; writes nothing. Raises NotFound."""
    found = Fiduciary.objects.filter(code=fiduciary).first()
    if found is None:
        raise NotFound("Fiduciary not found.")
    account = sender_accounts.account(found.pk, at)
    return SenderStanding(account, sentence(account.refusal) if account.refusal else None)


def registered_for(fiduciary: Fiduciary, sender: str, channels: Sequence[str], purpose: str, *, at: datetime) -> str:
    """A sender that staff wrote down, as registered; empty where none is named. Reads only.

    Raises Refused where the fiduciary has none of that name on the one channel that is named, or not for the purpose.
    """
    if not sender.strip():
        return ""
    forms = dict(senders.forms_of(fiduciary=fiduciary, sender=sender, at=at))
    channel = channels[0] if len(channels) == 1 else ""
    value = forms.get(channel, "")
    kinds = SENDERS_OF_CHANNEL.get(channel, ())
    row = senders.in_force(Sender.objects.filter(fiduciary=fiduciary, kind__in=kinds, value=value), at=at).first()
    if row is None:
        raise Refused(
            _("This sender is not registered for the company on that channel. Choose the one channel that it uses."),
            code="UNKNOWN_SENDER",
        )
    if law.purpose(purpose, on=clock.day(at)).message_category not in row.carries:
        raise Refused(_("This sender is not registered for this kind of message."), code="SENDER_CATEGORY")
    return value
