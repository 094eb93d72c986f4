"""Who owns a customer in the end: shares through any number of organisations, in exact fractions. Pure.

A share through organisations is the product of the shares on the way; ways add up. Where organisations own each other
in a circle, what each person owns is the limit of going round for ever, found by solving the equations, not by counting
rounds. A circle that belongs to nobody outside it has no answer, and is a fault.
"""

from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

#: The customer itself, as what is owned.
CUSTOMER = None
WHOLE = Fraction(100)


class OwnershipFault(StrEnum):
    """What stands against believing the shares."""

    MORE_THAN_ALL = "MORE_THAN_ALL"
    CLOSED_CIRCLE = "CLOSED_CIRCLE"
    CIRCLE = "CIRCLE"
    NOT_ALL_NAMED = "NOT_ALL_NAMED"


@dataclass(frozen=True)
class Share:
    """So many per cent of ``held`` (the customer, or an organisation) belong to ``owner``."""

    owner: Hashable
    held: Hashable
    percent: Decimal | Fraction


@dataclass(frozen=True)
class Ownership:
    """Each person's per cent of the customer, all ways together; who counts as beneficial owner; what is doubtful."""

    percents: Mapping[Hashable, Fraction]
    beneficial: frozenset[Hashable]
    faults: frozenset[OwnershipFault]
    #: What is not named is large enough for somebody who counts, or nothing can be told from the shares.
    hides_owner: bool = False


def owners(
    shares: Iterable[Share], *, people: AbstractSet[Hashable], above: Decimal | int | None, at_least: bool = False
) -> Ownership:
    """What each of ``people`` owns of the customer, and who owns more than ``above`` per cent.

    ``at_least``: exactly ``above`` counts too. ``above`` None: nobody is asked for. An owner who is not in ``people`` is
    an organisation; one that nobody is named to own keeps its part, and NOT_ALL_NAMED says so. With MORE_THAN_ALL or
    CLOSED_CIRCLE the shares prove nothing: then every person named counts, so that a mistake hides nobody.
    """
    rows = list(shares)
    faults: set[OwnershipFault] = set()
    held = dict.fromkeys([CUSTOMER, *(row.held for row in rows), *(row.owner for row in rows)])
    bodies = [one for one in held if one not in people]
    for body in bodies:
        named = sum((Fraction(row.percent) for row in rows if row.held == body), Fraction(0))
        if named > WHOLE:
            faults.add(OwnershipFault.MORE_THAN_ALL)
        elif named < WHOLE:
            faults.add(OwnershipFault.NOT_ALL_NAMED)
    if _has_circle(rows, set(bodies)):
        faults.add(OwnershipFault.CIRCLE)
    reached = None if OwnershipFault.MORE_THAN_ALL in faults else _reached(rows, bodies)
    if reached is None:
        if OwnershipFault.MORE_THAN_ALL not in faults:
            faults.add(OwnershipFault.CLOSED_CIRCLE)
        named_people = frozenset(row.owner for row in rows if row.owner in people)
        return Ownership({}, named_people if above is not None else frozenset(), frozenset(faults), above is not None)
    percents: dict[Hashable, Fraction] = {}
    for row in rows:
        if row.owner in people:
            part = reached[row.held] * Fraction(row.percent)
            percents[row.owner] = percents.get(row.owner, Fraction(0)) + part
    limit = Fraction(above) if above is not None else None

    def is_counted(percent: Fraction) -> bool:
        return limit is not None and (percent > limit or (at_least and percent == limit))

    counts = {person for person, percent in percents.items() if is_counted(percent)}
    unnamed = WHOLE - sum(percents.values(), Fraction(0))
    return Ownership(percents, frozenset(counts), frozenset(faults), is_counted(unnamed))


def _has_circle(rows: list[Share], bodies: set[Hashable]) -> bool:
    """Whether an organisation is among its own owners, over any number of steps."""
    above: dict[Hashable, set[Hashable]] = {}
    for row in rows:
        if row.owner in bodies:
            above.setdefault(row.held, set()).add(row.owner)
    for start in bodies:
        seen: set[Hashable] = set()
        todo = list(above.get(start, ()))
        while todo:
            body = todo.pop()
            if body == start:
                return True
            if body not in seen:
                seen.add(body)
                todo += above.get(body, ())
    return False


def _reached(rows: list[Share], bodies: list[Hashable]) -> dict[Hashable, Fraction] | None:
    """How much of the customer lies with each organisation; None where circles leave that open.

    Each organisation holds what its shares give it: x(o) = sum of share(o, h) * x(h), and x(customer) = 1 besides.
    """
    place = {body: index for index, body in enumerate(bodies)}
    size = len(bodies)
    table = [[Fraction(int(row == column)) for column in range(size)] + [Fraction(0)] for row in range(size)]
    table[place[CUSTOMER]][size] = Fraction(1)
    for share in rows:
        if share.owner in place:
            table[place[share.owner]][place[share.held]] -= Fraction(share.percent) / WHOLE
    for column in range(size):
        pivot = next((row for row in range(column, size) if table[row][column] != 0), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        lead = table[column][column]
        table[column] = [value / lead for value in table[column]]
        for row in range(size):
            factor = table[row][column]
            if row != column and factor != 0:
                table[row] = [left - factor * right for left, right in zip(table[row], table[column], strict=True)]
    return {body: table[index][size] for body, index in place.items()}
