"""Every cookie and storage key these pages can set: ours, which are essential, and groups that an installation adds.

The cookies page is made from this list, and a test compares it with what the pages set. A group is a purpose without
messages ("analytics"); it comes from the setting ``COOKIE_GROUPS`` and sets nothing before a yes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

#: Remembers the choice about a group, so that nobody is asked twice.
CHOICE = "cookie_choice"
THIS_SITE = _("This site")


@dataclass(frozen=True)
class Cookie:
    """One cookie or storage key: what it does, when it ends and who sets it, in the words of the cookies page."""

    name: str
    does: Any
    ends: Any
    set_by: Any = THIS_SITE


@dataclass(frozen=True)
class Group:
    """Cookies that need a yes. ``code`` is their purpose; ``script`` the file of ours that sets them, if there is one."""

    code: str
    cookies: tuple[Cookie, ...]
    script: str
    #: Of everything that the group is: another cookie in it, or another word about one, is asked anew.
    fingerprint: str


def groups() -> tuple[Group, ...]:
    """The groups of this installation; none in the portal as it comes."""
    return tuple(_group(row) for row in settings.COOKIE_GROUPS)


def _group(row: Mapping[str, Any]) -> Group:
    canonical = json.dumps(row, sort_keys=True, ensure_ascii=False).encode()
    listed = tuple(
        Cookie(one["name"], _said(one["does"]), _said(one["ends"]), one.get("set_by") or THIS_SITE)
        for one in row["cookies"]
    )
    return Group(row["group"], listed, row.get("script", ""), hashlib.sha256(canonical).hexdigest())


def _said(words: Mapping[str, str]) -> str:
    """In the reader's language, or English."""
    return words.get(get_language() or "en") or words["en"]


def names() -> dict[str, str]:
    """Every listed name with its group; the group of our own is empty."""
    own = dict.fromkeys((cookie.name for cookie in COOKIES), "")
    return own | {cookie.name: group.code for group in groups() for cookie in group.cookies}


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
        "request_draft",
        _("Finds the request about your data that you have begun. It is set when you start one."),
        _("When you send the request, or after 7 days."),
    ),
    Cookie(
        "grievance_view",
        _("Lets you read your grievance without an account, after you have entered the code."),
        _("After one hour at most."),
    ),
    Cookie(
        CHOICE,
        _("Remembers your choice about cookies that need your consent. It is set only when you choose."),
        _("When your answer ends, as the page says."),
    ),
)
