"""Who is told of a deadline: by the share of the time that is gone, by who is away, by who holds which office.

Nothing here moves a deadline: a holiday or an absence brings somebody else in, and no day more.
"""

from collections.abc import Iterable
from datetime import date, datetime

from portal.kernel.core.clock import day
from portal.kernel.law.rules import told_at
from portal.kernel.law.selectors import house_rule, is_day_off
from portal.kernel.people import selectors as people
from portal.kernel.people.models import User
from portal.kernel.registers.base.choices import OfficerKind
from portal.kernel.registers.base.selectors.current_entries import current_officer

#: Who is told at which share of the time: values such as "80 deputy". A house rule: changed by a new version of it.
TOLD = "clocks.told"
OWNER = "owner"
DEPUTY = "deputy"


def to_tell(*, owner: User | None, others: Iterable[User], percent: int, now: datetime) -> list[User]:
    """The staff to be told of a clock when ``percent`` of its time is gone, each once, the nearest first.

    ``owner`` has the work; ``others`` may give it out and are told where nobody has it. Further names in the house rule
    ``clocks.told`` are codes of roles.
    """
    on = day(now)
    has_owner = owner is not None and owner.is_active
    found: dict[int, User] = {}
    for code in told_at(house_rule(TOLD, on=on).values, percent):
        if code == OWNER:
            users: Iterable[User] = [owner] if owner is not None and has_owner else others
        elif code == DEPUTY:
            users = deputies(owner if has_owner else None, on=on)
        else:
            users = people.staff_in_role(code, now=now)
        for user in users:
            found.setdefault(user.pk, user)
    return list(found.values())


def deputies(owner: User | None, *, on: date) -> list[User]:
    """Who stands in on that day: for somebody who is away their deputy; on a day off, and where there is none, whoever the
    register of officers names as deputy.
    """
    away = owner is not None and people.is_away(owner, on=on)
    stand_in = people.stands_in_for(owner, on=on) if owner is not None else None
    if stand_in is not None:
        return [stand_in]
    if not away and not is_day_off(on):
        return []
    office = current_officer(OfficerKind.DEPUTY, on=on)
    login = people.staff_login_at(office.email) if office is not None else None
    return [login] if login is not None else []
