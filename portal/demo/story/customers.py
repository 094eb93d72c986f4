"""A hundred and twenty customers, the people who act for them, and the recipients of their messages."""

from collections.abc import Callable
from dataclasses import dataclass, field

from portal.demo.story.cast import Cast
from portal.demo.story.pieces import piece
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import ContactKind, CustomerKind, MemberRole
from portal.kernel.people.models import Customer, Principal
from portal.kernel.people.services import contacts, customers
from portal.kernel.people.services import people as persons

CUSTOMERS = 120
PRINCIPALS = 2_000
#: Rows of one transaction: the writer's lock is short, and a page is served in between.
CHUNK = 200
CHUNK_OF_CUSTOMERS = 20


@dataclass
class People:
    """What later chapters of the story work with."""

    individuals: list[Customer] = field(default_factory=list)
    organisations: list[Customer] = field(default_factory=list)
    owners: dict[int, Principal] = field(default_factory=dict)
    #: (person, verified e-mail address or empty, verified telephone number or empty)
    reachable: list[tuple[Principal, str, str]] = field(default_factory=list)
    #: Keys of the people who can sign in.
    with_login: set[int] = field(default_factory=set)


def build(cast: Cast, *, actor: Actor, tell: Callable[[str, int, int], None]) -> People:
    """Customers with owners and members who can sign in, then recipients who cannot. Each chunk commits alone."""
    people = People()
    for first in range(0, CUSTOMERS, CHUNK_OF_CUSTOMERS):
        with piece():
            for number in range(first, min(first + CHUNK_OF_CUSTOMERS, CUSTOMERS)):
                _customer(cast, people, number, actor)
        tell("customers", min(first + CHUNK_OF_CUSTOMERS, CUSTOMERS), CUSTOMERS)
    rest = PRINCIPALS - len(people.reachable)
    for done in range(0, rest, CHUNK):
        with piece():
            _recipients(cast, people, min(CHUNK, rest - done), actor)
        tell("people", min(done + CHUNK, rest), rest)
    return people


def _customer(cast: Cast, people: People, number: int, actor: Actor) -> None:
    is_individual = number % 3 == 0
    name, email, language = cast.person()
    kind = CustomerKind.INDIVIDUAL if is_individual else CustomerKind.ORGANISATION
    customer = customers.create(kind=kind, name=name if is_individual else cast.company(), actor=actor, now=cast.start)
    phone = cast.phone()
    owner = customers.enrol(
        customer=customer,
        full_name=name,
        email=email,
        role=MemberRole.OWNER,
        language=language,
        phone=phone,
        actor=actor,
        now=cast.start,
    )
    if owner.principal is None:
        raise RuntimeError("a customer's login belongs to a person")
    people.owners[customer.pk] = owner.principal
    people.with_login.add(owner.principal.pk)
    people.reachable.append((owner.principal, email, phone))
    (people.individuals if is_individual else people.organisations).append(customer)
    for _ in range(0 if is_individual else cast.rng.randrange(0, 3)):
        member_name, member_email, member_language = cast.person()
        member = customers.enrol(
            customer=customer,
            full_name=member_name,
            email=member_email,
            role=MemberRole.MEMBER,
            language=member_language,
            actor=actor,
            now=cast.start,
        )
        if member.principal is not None:
            people.reachable.append((member.principal, member_email, ""))
            people.with_login.add(member.principal.pk)


def _recipients(cast: Cast, people: People, count: int, actor: Actor) -> None:
    """People known by a number, a few by an e-mail address too; some of them not verified."""
    known = [_recipient(cast) for _ in range(count)]
    made = persons.create_many(people=known, actor=actor, now=cast.start)
    for person, (phone, *email) in zip(made, (one.reached_at for one in known), strict=True):
        address = email[0].address if email else ""
        people.reachable.append((person, address, phone.address if phone.verified else ""))


def _recipient(cast: Cast) -> persons.NewPerson:
    name, email, language = cast.person()
    known_by_name = cast.rng.random() < 0.4
    reached_at = [contacts.Reach(ContactKind.PHONE, cast.phone(), verified=cast.rng.random() < 0.85)]
    if cast.rng.random() < 0.2:
        reached_at.append(contacts.Reach(ContactKind.EMAIL, email, verified=True))
    return persons.NewPerson(name if known_by_name else "", language, reached_at)
