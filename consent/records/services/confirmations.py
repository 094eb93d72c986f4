"""The person is told in writing what was recorded, with the receipt's number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from consent.base.choices import Way
from consent.base.labels import answer_words
from consent.base.rules.status_fold import YES
from consent.base.selectors.purposes import in_force_or_ended
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.selectors.preferences import preference_of
from portal.kernel.core import clock
from portal.kernel.core.errors import Unavailable
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.choices import SHORT
from portal.kernel.outbox.services import post
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary, Principal

log = structlog.get_logger(__name__)

CONFIRMED = "consent.confirmed"
#: A stop that was taken back is told as that: nobody has said no again, or yes anew.
UNDONE = "consent.stop_undone"
#: The confirmation itself is owed: it goes out whatever was withdrawn.
PURPOSE = "account_service"


@dataclass(frozen=True)
class Reply:
    """Where an answer came from: the one confirmation goes back there."""

    channel: Channel
    address: str = field(repr=False)
    language: str = ""


def confirm(
    receipt: ConsentReceipt, events: Sequence[ConsentEvent], *, at: datetime, reply_to: Reply | None = None
) -> None:
    """Post one message for the whole receipt, in the caller's transaction; none for a person without an address.

    It names purposes and channels, never an address, and asks for nothing. Of a stop that was taken back it says that. On
    short channels it says what was stopped and no more.
    """
    refs = people.refs_of(receipt.subject_ref)
    principal = Principal.objects.filter(subject__ref__in=refs).first()
    if principal is None:
        return
    contact = people.contact_for(principal, Channel.EMAIL)
    wished = preference_of(refs)
    language = wished.language if wished else principal.language
    ways = [(Channel.DASHBOARD, "")]
    if reply_to is None and contact is not None and contact.verified_at is not None:
        ways.append((Channel.EMAIL, contact.address))
    url = _address(receipt)
    with translation.override(language):
        context = {
            "reference": receipt.reference,
            "choices": "\n".join(_line(event, at) for event in events),
            "time": f"{at.astimezone(clock.IST):%d-%m-%Y %H:%M} IST",
            "url": url,
        }
    try:
        with transaction.atomic():
            for channel, address in ways:
                post(
                    kind=UNDONE if events[0].way == Way.UNDO else CONFIRMED,
                    subject_ref=receipt.subject_ref,
                    channel=channel,
                    address=address,
                    language=language,
                    purpose=PURPOSE,
                    about=f"consent.receipt:{receipt.reference}",
                    context=context,
                    fiduciary=events[0].fiduciary.code,
                )
            if reply_to is not None:
                answer(receipt, reply_to, fiduciary=events[0].fiduciary, language=language)
    except Unavailable:  # the words of the person are being erased at this moment: a no must not fail for that
        log.warning("consent.not_confirmed", receipt=receipt.reference)


def answer(
    receipt: ConsentReceipt, reply_to: Reply, *, fiduciary: Fiduciary, language: str = "en", header: str = ""
) -> None:
    """Post the one confirmation of a stop back to where it came from, in the caller's transaction. It promotes nothing.

    ``header`` where only that sender was stopped.
    """
    post(
        kind="consent.stopped_here" if header else "consent.stopped",
        subject_ref=receipt.subject_ref,
        channel=reply_to.channel,
        address=reply_to.address,
        language=reply_to.language or language,
        purpose=PURPOSE,
        about=f"consent.receipt:{receipt.reference}",
        context={"fiduciary": fiduciary.name, "reference": receipt.reference, "header": header},
        fiduciary=fiduciary.code,
        only_here=True,
    )


def answer_for_everybody(receipts: Sequence[ConsentReceipt], reply_to: Reply, *, on_dashboard: bool) -> None:
    """Post the one confirmation that everybody who sends through us was stopped, in the caller's transaction.

    It names every receipt, ours first; a short message of a phone the first and how many there are. ``on_dashboard``: to the
    login of the person as well.
    """
    first = receipts[0]
    ways = [(reply_to.channel, reply_to.address), *([(Channel.DASHBOARD, "")] if on_dashboard else [])]
    every = ", ".join(receipt.reference for receipt in receipts)
    with translation.override(reply_to.language):
        in_short = translation.gettext(
            "%(reference)s, the first of %(count)s: all are on the page where you stopped"
        ) % {
            "reference": first.reference,
            "count": len(receipts),
        }
    for channel, address in ways:
        is_short = channel in SHORT and len(receipts) > 1
        post(
            kind="consent.stopped_everywhere",
            subject_ref=first.subject_ref,
            channel=channel,
            address=address,
            language=reply_to.language,
            purpose=PURPOSE,
            about=f"consent.receipt:{first.reference}",
            context={"reference": in_short if is_short else every},
            only_here=True,
        )


def _line(event: ConsentEvent, at: datetime) -> str:
    purpose = in_force_or_ended(event.purpose, on=clock.day(at)).name
    if event.way == Way.UNDO:
        answer = answer_words(event)
    else:
        answer = translation.gettext("yes") if event.answer in YES else translation.gettext("no")
    if event.channel == Channel.NONE:
        return f"{purpose}: {answer}"
    return f"{purpose}, {event.channel_label}: {answer}"


def _address(receipt: ConsentReceipt) -> str:
    try:
        return str(settings.SITE_URL) + reverse("privacy:consent-receipt", args=[receipt.reference])
    except NoReverseMatch:
        return str(settings.SITE_URL)
