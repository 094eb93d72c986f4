"""Who held which role at an instant, and which of them acted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.kernel.core.actor import ActorKind, spell
from portal.kernel.people.models import RoleGrant, User

_OF_STAFF = f"{ActorKind.STAFF}:user:"


@dataclass(frozen=True)
class Holder:
    """A member of staff with a role, and from when to when as it was known then."""

    role: str
    name: str
    login: int
    starts_at: datetime

    @property
    def who(self) -> str:
        """As every list names the login."""
        return spell(ActorKind.STAFF, str(self.login))


def roles_then(at: datetime) -> list[Holder]:
    """Every role that was held at an instant, by whom, since when; by role, then name."""
    grants = RoleGrant.register_days.in_force_at(RoleGrant.objects.filter(granted_at__lte=at), at)
    rows = grants.select_related("role", "user")
    found = [Holder(row.role.label, _name(row.user), row.user_id, row.starts_at) for row in rows]
    return sorted(found, key=lambda holder: (holder.role, holder.name, holder.login))


class Actors:
    """Who acted, in words, with the roles that they held when they acted. Two statements for all of them."""

    def __init__(self, acted: Iterable[str]) -> None:
        numbers = {int(who.removeprefix(_OF_STAFF)) for who in acted if who.startswith(_OF_STAFF)}
        self._users = User.objects.in_bulk(numbers)
        self._grants = list(RoleGrant.objects.filter(user__in=numbers).select_related("role").order_by("role__label"))

    def __call__(self, who: str, at: datetime) -> str:
        """``Asha Rao (Data protection officer)``; of others what kind of actor it was, never who."""
        if not who.startswith(_OF_STAFF):
            kind, _colon, ref = who.partition(":")
            said = kind.replace("_", " ").capitalize()
            return f"{said}: {ref}" if kind == ActorKind.SYSTEM and ref else said
        number = int(who.removeprefix(_OF_STAFF))
        user = self._users.get(number)
        held = [
            grant.role.label
            for grant in self._grants
            if grant.user_id == number
            and grant.starts_at <= at
            and grant.granted_at <= at
            and (grant.ends_at is None or grant.ends_at > at)
        ]
        name = _name(user) if user is not None else f"login {number}"
        return f"{name} ({', '.join(held) or 'no role'})"


def _name(user: User) -> str:
    return user.full_name or user.email
