"""What this browser answered about cookies: read from a signed cookie, so that a page asks the database nothing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from consent.base.models.notices import NoticeText
from consent.base.selectors.notices import notices_for
from portal.fronts.selfservice.cookies import CHOICE, Group, groups
from portal.fronts.selfservice.gpc import is_sent
from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.law.models import Purpose
from portal.kernel.people.customer_access import is_customer

SALT = "portal.selfservice.cookie_choice"


@dataclass(frozen=True)
class Kept:
    """Who answered (an opaque reference), and per group: of which list, yes or no, until when."""

    visitor: str = ""
    answers: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class CookieQuestion:
    """A group with what a yes agrees to, and the choice of this browser: None where there is none that counts."""

    group: Group
    purpose: Purpose
    notice: NoticeText
    choice: bool | None


def kept(request: HttpRequest) -> Kept:
    """What the browser brought; nothing for what we did not sign."""
    try:
        found = signing.loads(request.COOKIES.get(CHOICE, ""), salt=SALT)
        return Kept(str(found["visitor"]), dict(found["answers"]))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return Kept()


def choice_of(request: HttpRequest, group: Group) -> bool | None:
    """The answer about the group as it is now; None when there is none, it has ended, or the group has changed since.

    What somebody chose here before anybody had signed in is no choice of who is signed in now: they are asked themselves.
    """
    known = kept(request)
    # An answer from before anybody's session was read, such as a redirect, has no user.
    if known.visitor and hasattr(request, "user") and is_customer(request):
        return None
    fingerprint, is_yes, until = known.answers.get(group.code, ("", False, 0))
    if fingerprint != group.fingerprint or until <= clock.now().timestamp():
        return None
    return bool(is_yes)


def questions(request: HttpRequest) -> list[CookieQuestion]:
    """Each group that may be asked for, with its purpose and notice. A choice ends: a purpose without an end is not asked."""
    listed = groups()
    if not listed:
        return []
    on = clock.day(clock.now())
    language = getattr(request, "LANGUAGE_CODE", "en")
    purposes = {p.code: p for p in law.purposes_in_force(on=on, codes=[group.code for group in listed])}
    notices = notices_for(purposes, on=on, language=language)
    return [
        CookieQuestion(group, purposes[group.code], notices[group.code], choice_of(request, group))
        for group in listed
        if group.code in notices and purposes[group.code].validity_rule and not purposes[group.code].sends_messages
    ]


def open_question(request: HttpRequest) -> CookieQuestion | None:
    """The first group that this browser has not answered. None for a browser that says no by itself."""
    if not settings.COOKIE_GROUPS or is_sent(request):
        return None
    return next((question for question in questions(request) if question.choice is None), None)


def allowed_scripts(request: HttpRequest) -> list[str]:
    """The scripts of the groups with a yes: before it their code is not in the page."""
    if is_sent(request):
        return []
    return [group.script for group in groups() if group.script and choice_of(request, group)]


def keep(
    request: HttpRequest, response: HttpResponse, group: Group, *, visitor: str, is_yes: bool, until: datetime
) -> None:
    """Let the browser remember the answer until it ends; answers about other groups stay that the same one gave."""
    known = kept(request)
    own = known.answers if known.visitor == visitor else {}
    answers = {code: said for code, said in own.items() if said[2] > clock.now().timestamp()}
    answers[group.code] = [group.fingerprint, is_yes, int(until.timestamp())]
    last = max(said[2] for said in answers.values())
    response.set_cookie(
        CHOICE,
        signing.dumps({"visitor": visitor, "answers": answers}, salt=SALT, compress=True),
        expires=datetime.fromtimestamp(last, tz=UTC),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
