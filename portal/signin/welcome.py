"""What happens once a person has signed in: the visitor they were joins them, and they meet what is open, once."""

from urllib.parse import urlencode

import structlog
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

from consent.services import asking, visiting
from portal.core import actor, clock
from portal.core.errors import PortalError
from portal.core.middleware import client_address
from portal.people.models import User

log = structlog.get_logger(__name__)


def first_page(request: HttpRequest, user: User, *, going_to: str) -> str:
    """Where to go after signing in: to notice and questions where some are new, else on. Signing in answers nothing.

    Whatever goes wrong here never keeps anybody out.
    """
    if user.principal is None:
        return going_to
    subject_ref, now = user.principal.subject.ref, clock.now()
    who = actor.customer(user.pk, address=client_address(request), via="page")
    try:
        visitor = visiting.visitor_of(request.session.pop(visiting.SESSION_KEY, None))
        if visitor is not None:
            visiting.join(visitor=visitor, subject_ref=subject_ref, actor=who, now=now)
        met = asking.meet(subject_ref=subject_ref, language=get_language() or "en", actor=who, now=now)
    except PortalError as error:
        log.warning("signin.questions_left_out", code=error.code)
        return going_to
    return f"{reverse('privacy:questions')}?{urlencode({'next': going_to})}" if met else going_to
