"""What happens once a person has signed in: they see what this browser chose before, and meet what is open, once."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import structlog
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.services import asking, visiting
from portal.core import actor, clock
from portal.core.errors import PortalError
from portal.core.middleware import client_address
from portal.people.models import User
from portal.people.services import ages

log = structlog.get_logger(__name__)


def first_page(request: HttpRequest, user: User, *, going_to: str) -> str:
    """Where to go after signing in: to the questions where some are new or were answered by the visitor, else on.

    Signing in answers nothing of what the person has said before. Whatever goes wrong here never keeps anybody out.
    """
    visitor = visiting.take_from(request.session)
    request.session.pop(visiting.JOINED_KEY, None)
    if user.principal is None:
        return going_to
    subject_ref, now, language = user.principal.subject.ref, clock.now(), get_language() or "en"
    who = actor.customer(user.pk, address=client_address(request), via="page")
    joined, met = visiting.Joined(), 0
    try:
        if visitor is not None:
            ref, since = visitor
            joined = visiting.join(
                visitor=ref, since=since, subject_ref=subject_ref, actor=who, language=language, now=now
            )
    except PortalError as error:
        log.warning("signin.visitor_left_out", code=error.code)
    try:
        met = asking.meet(subject_ref=subject_ref, language=language, actor=who, now=now)
    except PortalError as error:
        log.warning("signin.questions_left_out", code=error.code)
    if joined.receipts:
        request.session[visiting.JOINED_KEY] = list(joined.receipts)
    if joined.held:
        messages.info(
            request, _("Your yes waits for your parent or guardian. Until they agree nothing is done with it.")
        )
    if met or joined:
        going_to = f"{reverse('privacy:questions')}?{urlencode({'next': going_to})}"
    return _age_first(subject_ref, going_to=going_to, now=now)


def _age_first(subject_ref: UUID, *, going_to: str, now: datetime) -> str:
    """The question whether they are 18 or older comes first, where nothing says it (policy 12)."""
    if not ages.is_to_be_asked(subject_ref, at=now):
        return going_to
    return f"{reverse('privacy:age')}?{urlencode({'next': going_to})}"
