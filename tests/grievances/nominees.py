"""Nominees for tests, named by the service that names them in life."""

from datetime import datetime
from typing import Any

from grievances.models import Nominee
from grievances.nominees.choices import NomineeRelation, NomineeRight
from grievances.nominees.services import nominations
from portal.kernel.core import actor, clock
from portal.kernel.people.models import Principal, User


def named(**changes: Any) -> nominations.Named:
    given = {
        "full_name": "Ravi Rao",
        "relation": NomineeRelation.SPOUSE,
        "email": "ravi@example.in",
        "rights": list(NomineeRight),
    }
    return nominations.Named(**{**given, **changes})


def nominee(principal: Principal, *, at: datetime | None = None, **changes: Any) -> Nominee:
    """One nominee of the person."""
    return nominations.name(principal=principal, named=named(**changes), actor=actor.customer(7), at=at or clock.now())


def nominee_of(login: User) -> Nominee:
    """One nominee of the person behind a login."""
    assert login.principal is not None
    return nominee(login.principal)
