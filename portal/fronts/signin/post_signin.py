"""What happens once a person has signed in: what this browser chose before becomes theirs, and they go on to their errand."""

import structlog
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.prompts.services import visitor_choices
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import PortalError
from portal.kernel.core.middleware import client_address
from portal.kernel.people.models.user import User

log = structlog.get_logger(__name__)


def first_page(request: HttpRequest, user: User, *, going_to: str) -> str:
    """Where to go after signing in: always on to where they wanted. Nothing is asked on the way of an errand.

    What the visitor of this browser answered before is joined with what the person has said; signing in answers nothing
    of that anew. Whatever goes wrong here never keeps anybody out.
    """
    visitor = visitor_choices.take_from(request.session)
    request.session.pop(visitor_choices.JOINED_KEY, None)
    if visitor is None or user.principal is None:
        return going_to
    ref, since = visitor
    who = actor.customer(user.pk, address=client_address(request), via="page")
    try:
        joined = visitor_choices.join(
            visitor=ref,
            since=since,
            subject_ref=user.principal.subject.ref,
            actor=who,
            language=get_language() or "en",
            now=clock.now(),
        )
    except PortalError as error:
        log.warning("signin.visitor_left_out", code=error.code)
        return going_to
    if joined.receipts:
        request.session[visitor_choices.JOINED_KEY] = list(joined.receipts)
        messages.info(
            request,
            _(
                "What you answered in this browser before you signed in is now your own answer. See it under “What you agreed to”."
            ),
        )
    if joined.held:
        messages.info(
            request, _("Your consent waits for your parent or guardian. Until they agree nothing is done with it.")
        )
    return going_to
