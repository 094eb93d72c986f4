"""Every cookie these pages can set. The cookies page is made from this list, and a test compares it with what the code sets."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Cookie:
    """One cookie: what it does and when it ends, in the words of the cookies page. All of them are essential and ours."""

    name: str
    does: Any
    ends: Any


COOKIES = (
    Cookie(settings.SESSION_COOKIE_NAME, _("Keeps you signed in."), _("When you sign out, or after 12 hours.")),
    Cookie(
        settings.CSRF_COOKIE_NAME,
        _("Protects the forms: another site cannot send them in your name."),
        _("After one year."),
    ),
    Cookie(
        settings.LANGUAGE_COOKIE_NAME,
        _("Remembers the language you chose. It is set only when you choose one."),
        _("When you close the browser."),
    ),
    Cookie(
        "device",
        _(
            "Recognises your browser, so that we can warn you of a sign-in from another one. It is set when you sign in."
        ),
        _("After 400 days."),
    ),
    Cookie(
        "grievance_draft",
        _("Finds the grievance you have begun to write. It is set when you start one."),
        _("When you send the grievance, or after 7 days."),
    ),
    Cookie(
        "grievance_view",
        _("Lets you read your grievance without an account, after you have entered the code."),
        _("After one hour at most."),
    ),
)
