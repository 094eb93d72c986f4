"""How a sender stands, for whoever asks about it and not about one message."""

from dataclasses import dataclass
from datetime import datetime

from consent.selectors import sending_accounts
from consent.selectors.sending_accounts import Account
from consent.services.reasons import sentence
from portal.core.errors import NotFound
from portal.people.models import Fiduciary


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
