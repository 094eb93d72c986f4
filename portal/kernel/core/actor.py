"""Who acts. Handed to every service; written into every audit event as a kind and an opaque reference."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    STAFF = "staff"
    CUSTOMER = "customer"
    STRANGER = "stranger"
    SYSTEM = "system"
    CONSENT_MANAGER = "consent_manager"
    INTERFACE = "interface"


#: Who acts as the person whose data it is.
THEMSELVES = frozenset({ActorKind.CUSTOMER, ActorKind.STRANGER, ActorKind.CONSENT_MANAGER})


def spell(kind: str, ref: str) -> str:
    """Who acted as every list shows it: ``staff:8``, ``customer:12``, ``system:law.sweep``; the kind alone without a reference."""
    ref = ref.removeprefix("user:")
    return f"{kind}:{ref}" if ref and ref != kind else str(kind)


@dataclass(frozen=True)
class Actor:
    """``ref`` is a login's number (``user:12``), a task's name or empty; never a name or an address of a person."""

    kind: ActorKind
    ref: str = ""
    user_id: int | None = None
    #: The network address a request came from; kept only where an audit event's erasable part asks for it.
    address: str = ""
    #: The way: a page, a command, an interface.
    via: str = ""

    @property
    def label(self) -> str:
        """Kind and reference in one text (``staff:user:12``), as rows keep who acted."""
        return f"{self.kind}:{self.ref}"


SYSTEM = Actor(ActorKind.SYSTEM, ref="system")


def system(name: str) -> Actor:
    """A task or command acting by itself."""
    return Actor(ActorKind.SYSTEM, ref=name, via=name)


def staff(user_id: int, *, address: str = "", via: str = "") -> Actor:
    return Actor(ActorKind.STAFF, ref=f"user:{user_id}", user_id=user_id, address=address, via=via)


def customer(user_id: int, *, address: str = "", via: str = "") -> Actor:
    return Actor(ActorKind.CUSTOMER, ref=f"user:{user_id}", user_id=user_id, address=address, via=via)


def interface(key_id: int, *, address: str = "") -> Actor:
    """Another system that asks with an API key."""
    return Actor(ActorKind.INTERFACE, ref=f"api_key:{key_id}", address=address, via="api")


def stranger(*, address: str = "", via: str = "") -> Actor:
    return Actor(ActorKind.STRANGER, ref="stranger", address=address, via=via)
