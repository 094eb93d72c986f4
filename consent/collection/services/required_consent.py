"""A yes that another room needs before it may go on: what is asked, and the yes itself."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from consent.base.choices import Answer, Way
from consent.base.models.notices import NoticeText
from consent.base.selectors.notices import notices_for
from consent.records.services import evidence, relied_on_consent
from consent.records.services.addresses import SUBJECT, address_of
from consent.records.services.consent_events import Choice, record_all
from consent.records.services.evidence import Evidence
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.people.models.fiduciaries import OWN_CODE


def question(*, purpose: str, language: str, at: datetime) -> NoticeText | None:
    """Answers ``answers.consent_question``: the published text that asks for a purpose; None where none is in force."""
    return notices_for([purpose], on=clock.day(at), language=language).get(purpose)


def say_yes(
    *,
    subject_ref: UUID,
    purpose: str,
    text_sha256: str,
    language: str,
    asked_in: str,
    proof: Sequence[Evidence] = (),
    actor: Actor,
    at: datetime,
) -> str:
    """Answers ``answers.consent_given``: one yes to processing, on a page, in the caller's transaction; returns its receipt.

    ``text_sha256`` is the text that was shown, ``asked_in`` the words beside the box that was ticked: both are evidence.
    Empty, and nothing is recorded, where the person has said no since ``at``: their withdrawal was quicker than the page.
    Raises Refused when no text is published (NOTICE_MISSING) or another one was shown (NOTICE_CHANGED), and as
    ``consent_events.record_all`` for a person who cannot say yes alone.
    """
    text = question(purpose=purpose, language=language, at=at)
    if text is None:
        raise Refused(_("This is not asked for yet: its notice is not published."), code="NOTICE_MISSING")
    if text.sha256 != text_sha256:
        raise Refused(
            _("The text you agree to has changed since you opened this page. Read it again, then save."),
            code="NOTICE_CHANGED",
        )
    if relied_on_consent.said_no_since(subject_ref=subject_ref, purpose=purpose, at=at):
        return ""
    place = address_of(subject_ref=subject_ref, channel=Channel.NONE, kind=SUBJECT, text="")
    answer = (
        Answer.RENEWED
        if relied_on_consent.standing_yes(subject_ref=subject_ref, purpose=purpose, at=at)
        else Answer.GIVEN
    )
    pieces = (evidence.words(evidence.QUESTION, asked_in, language=language, at=at), *proof)
    done = record_all(
        subject_ref=subject_ref,
        fiduciary=OWN_CODE,
        choices=[Choice(place, purpose, str(Channel.NONE), answer, text, pieces)],
        way=Way.PAGE,
        occurred_at=at,
        actor=actor,
        now=at,
    )
    return str(done.events[0].receipt.reference)
