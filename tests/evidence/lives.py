"""The life of one person in the portal, act by act through the services, and what the tables said after each."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.db import transaction

from consent.base.choices import STANDING
from consent.models import ConsentState
from grievances.models import Ticket
from portal.kernel.core import actor, addresses, answers, clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger.models import Entry
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ProtectionGround, ProtectionKind
from portal.kernel.people.models import Protection
from portal.kernel.people.services import guardianships
from portal.kernel.retention.models import Hold
from portal.kernel.retention.services import holds
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.grievances.factories import ticket
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.shipped import every_rule

BEGIN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ACTS = ("yes", "no", "call_yes", "call_no", "hold", "release", "protect", "unprotect", "look", "ticket", "stranger")
WORDS = {str(code): str(label) for code, label in STANDING}


@contextmanager
def a_world_of_its_own() -> Iterator[None]:
    """A block after which the database is as it was before."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@dataclass
class Life:
    """One person to whom things happen an hour apart. ``seen`` holds, by instant, what the tables said then."""

    now: datetime = BEGIN
    seen: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with time_machine.travel(BEGIN - timedelta(days=1), tick=False):
            law_is_loaded()
            every_rule()
            published_notice()
            self.who = person()
            self.other = PrincipalFactory(email="ravi@acme.example")
            self.officers = [StaffFactory(roles=["data_protection_officer"]) for _number in range(2)]
            self.officer = actor.staff(self.officers[0].pk)

    @property
    def ref(self) -> Any:
        return self.who.subject.ref

    def go(self, *acts: str) -> "Life":
        """Let these things happen, one an hour, and look at the tables after each."""
        for act in acts:
            self.now += timedelta(hours=1)
            with time_machine.travel(self.now, tick=False):
                with suppress(Refused), transaction.atomic():  # somebody guarded says no yes: it does not happen
                    getattr(self, f"_{act}")()
                self.seen.append((self.now, self.tables()))
        return self

    def tables(self) -> dict[str, Any]:
        """What stands in the tables of the rooms now: no event is read."""
        keys = addresses.address_keys(ASHA_PHONE)
        states = ConsentState.objects.filter(address_key__in=keys).select_related("event")
        protection = Protection.objects.filter(subject_ref=self.ref).order_by("-pk").first()
        tickets = Ticket.objects.filter(subject_ref__in=self.refs())
        return {
            "consents": {row.channel: WORDS[row.answer] for row in states},
            "holds": {
                f"retention.hold:{row.pk}": "released" if row.released_at else "placed"
                for row in Hold.objects.filter(subject_ref=self.ref)
            },
            "record": {} if protection is None else {"protection": "ended" if protection.ended_at else "noted"},
            "tickets": {row.about: row.state for row in tickets},
            "events": Entry.objects.filter(subject_ref__in=self.refs()).count(),
        }

    def refs(self) -> set[Any]:
        """Every reference of the person now."""
        return people.refs_of(self.ref)

    def _yes(self) -> None:
        said(self.who, "given", occurred_at=clock.now())

    def _no(self) -> None:
        said(self.who, "denied", occurred_at=clock.now())

    def _call_yes(self) -> None:
        said(self.who, "given", channel="voice", occurred_at=clock.now())

    def _call_no(self) -> None:
        said(self.who, "withdrawn", channel="voice", occurred_at=clock.now())

    def _hold(self) -> None:
        holds.place(subject_ref=self.ref, retention_class="", order_reference="C-1", why="A case.", actor=self.officer)

    def _release(self) -> None:
        standing = Hold.objects.filter(subject_ref=self.ref, released_at=None).first()
        if standing is not None:
            release = holds.propose_release(hold=standing, why="The case ended.", actor=self.officer)
            second = actor.staff(self.officers[1].pk)
            holds.answer_release(release=release, approve=True, reason="", actor=second)

    def _protect(self) -> None:
        guardianships.protect(
            subject_ref=self.ref,
            kind=ProtectionKind.GUARDED,
            ground=next(iter(ProtectionGround)),
            actor=self.officer,
            now=clock.now(),
        )

    def _unprotect(self) -> None:
        guardianships.end_all(subject_ref=self.ref, actor=self.officer, now=clock.now())

    def _look(self) -> None:
        with transaction.atomic():
            answers.record_opened.ask(
                actor=self.officer,
                about=f"people.principal:{self.who.pk}",
                subject_ref=self.ref,
                purpose="support",
                ticket="support desk",
            )

    def _ticket(self) -> None:
        ticket(at=clock.now(), email="asha@acme.example", principal=self.who)

    def _stranger(self) -> None:
        """Something happens to somebody else."""
        ticket(at=clock.now(), email="ravi@acme.example", principal=self.other)
