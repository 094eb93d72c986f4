"""Letters to members of staff: whoever may do something is told that it is there to do."""

from collections.abc import Mapping
from datetime import datetime

from portal.kernel.law.choices import Channel
from portal.kernel.outbox.services.messages import post
from portal.kernel.people import selectors as people
from portal.kernel.people.models import User


def write_to(
    user: User, *, kind: str, purpose: str, about: str, context: Mapping[str, str], fiduciary: str = "onesetu"
) -> bool:
    """One letter to one login, in the caller's transaction, once about the same. False for a login without a subject."""
    if user.subject is None:
        return False
    post(
        kind=kind,
        subject_ref=user.subject.ref,
        channel=Channel.EMAIL,
        address=user.email,
        language=user.language,
        purpose=purpose,
        about=about,
        context=context,
        fiduciary=fiduciary,
    )
    return True


def write_to_staff(
    *,
    kind: str,
    permission: str,
    about: str,
    context: Mapping[str, str],
    now: datetime,
    purpose: str = "policy_and_security",
    fiduciary: str = "onesetu",
) -> int:
    """The same letter to everybody whose roles carry the permission at ``now``; how many. Raises what ``post`` raises."""
    users = people.staff_with(permission, now=now).select_related("subject").order_by("pk")
    return sum(
        write_to(user, kind=kind, purpose=purpose, about=about, context=context, fiduciary=fiduciary) for user in users
    )
