"""Any order of consents, refusals, stops, undos and consents again, against a plain account of what was said."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consent.base.choices import Answer, Way
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentReceipt
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice
from consent.records.services.projection import rebuild as rebuild_consent_state
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from tests.consent.factories import person, published_notice, said
from tests.consent.test_undos import MINUTE, PROOF, saved, still, stop_all, stop_at, undo, withdrawn

__all__ = ["still"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
CHANNELS = ("sms", "whatsapp", "email")
NUMBERS = count(10_000_000)
WHO = st.sampled_from([0, 0, 1])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("yes"), WHO, st.sampled_from(CHANNELS)),
        st.tuples(st.just("no"), WHO, st.sampled_from(CHANNELS)),
        st.tuples(st.just("late no"), WHO, st.integers(1, 6)),
        st.tuples(st.just("stop"), WHO, st.just("")),
        st.tuples(st.just("code"), st.just(0), st.just("")),
        st.tuples(st.just("sms"), st.just(0), st.just("")),
        st.tuples(st.just("save"), WHO, st.just("")),
        st.tuples(st.just("undo"), st.integers(0, 2), st.just("")),
        st.tuples(st.just("undo"), st.integers(0, 2), st.just("")),
    ),
    min_size=3,
    max_size=9,
)
GAPS = st.lists(st.sampled_from([1, 20, 60, 150, 400, 2000]), min_size=9, max_size=9)


class Account:
    """Two people who share a number, and what they said: written down as it was said, and never thought about before."""

    def __init__(self, still: Any) -> None:
        self.still = still
        number = f"+9198{next(NUMBERS):08d}"  # the examples share one database
        self.people = [person(email=f"{who}{number}@acme.example", phone=number) for who in range(2)]
        self.number, self.mails = number, [f"{who}{number}@acme.example" for who in range(2)]
        #: (instant, who, channel)
        self.yeses: list[tuple[datetime, int, str]] = []
        #: (instant, whose words end: None for whoever is at the number, channels, whether it is undone)
        self.noes: list[dict[str, Any]] = []
        self.stops: list[tuple[ConsentReceipt, dict[str, Any], dict[Any, bool], int]] = []
        self.count = 0

    def allowed(self) -> dict[tuple[str, str], bool]:
        """What the gate answers everywhere."""
        places = [(self.number, "sms"), (self.number, "whatsapp"), *((mail, "email") for mail in self.mails)]
        return {
            (address, channel): may_contact(
                address=address, purpose="marketing", channel=channel, at=clock.now() + timedelta(days=1)
            ).allowed
            for address, channel in places
        }

    def is_given(self, address: str, channel: str) -> bool:
        """Whether somebody agreed after each refusal that counts: their own, and every stop at the address; and nobody who
        shares the address has refused without agreeing since.
        """
        at_address = [0, 1] if address == self.number else [self.mails.index(address)]
        noes = [no for no in self.noes if not no["undone"] and channel in no["channels"]]
        stopped = max((no["at"] for no in noes if address in no["stopped"]), default=None)
        fine = False
        for who in at_address:
            yes = max((at for at, by, on in self.yeses if by == who and on == channel), default=None)
            own = max((no["at"] for no in noes if no["who"] == who), default=None)
            if own is not None and (yes is None or own >= yes):
                return False
            fine = fine or (yes is not None and (stopped is None or yes > stopped))
        return fine

    def do(self, step: tuple[str, Any, Any], gap: int) -> None:
        kind, who, what = step
        self.still.shift(gap)
        self.count += 1
        if kind != "undo":
            getattr(self, kind.replace(" ", "_"))(who, what)
        elif who < len(self.stops):
            self.undo(*self.stops[-1 - who])

    def yes(self, who: int, channel: str) -> None:
        said(self.people[who], "given", channel=channel, occurred_at=clock.now())
        self.yeses.append((clock.now(), who, channel))

    def no(self, who: int, channel: str) -> None:
        withdrawn(self.people[who], channel=channel)
        self._refused(who, {channel})

    def late_no(self, who: int, minutes: int) -> None:
        """A list of a client brings that somebody had said no at the number a while ago."""
        row = self.people[who]
        at = clock.now() - minutes * MINUTE
        place = address_of(subject_ref=row.subject.ref, channel="sms", kind="phone", text=self.number)
        brought = Brought(row.subject.ref, Choice(place, "marketing", "sms", Answer.DENIED, evidence=PROOF), at)
        record_brought(fiduciary="onesetu", answers=[brought], actor=actor.SYSTEM)
        self._refused(who, {"sms"}, at=at)

    def save(self, who: int, _what: str) -> None:
        """Every tick that there ever was is removed, on a page that was opened before."""
        ticked = {on for _at, by, on in self.yeses if by == who}
        saved(self.people[who], was_ticked=frozenset(f"marketing:{channel}" for channel in ticked))
        self._refused(who, ticked)

    def stop(self, who: int, _what: str) -> None:
        before = self.allowed()
        done = stop_all(self.people[who], again=True)
        no = self._refused(who, set(CHANNELS), stopped={self.number, self.mails[who]})
        self.stops.append((done.receipt, no, before, self.count))

    def code(self, _who: int, _what: str) -> None:
        before = self.allowed()
        receipt = stop_at(self.number, way=Way.CODE, again=True)
        self.stops.append((receipt, self._stopped_there(), before, self.count))

    def sms(self, _who: int, _what: str) -> None:
        stop_at(self.number, way=Way.SMS, again=True)
        self._stopped_there()

    def undo(self, receipt: ConsentReceipt, no: dict[str, Any], before: dict[Any, bool], number: int) -> None:
        if clock.now() > receipt.made_at + 10 * MINUTE:
            with pytest.raises(Refused):
                undo(receipt)
            return
        undo(receipt)
        is_first = not no["undone"]
        no["undone"] = True
        if is_first and number == self.count - 1:
            assert self.allowed() == before, "nothing was said since: all of it is as it was"

    def _stopped_there(self) -> dict[str, Any]:
        return self._refused(None, set(CHANNELS), stopped={self.number})

    def _refused(self, who: int | None, channels: set[str], *, stopped: Any = (), at: Any = None) -> dict[str, Any]:
        at = at or clock.now()
        no = {"at": at, "who": who, "channels": channels, "stopped": stopped, "undone": False}
        self.noes.append(no)
        return no


@pytest.mark.parametrize("examples", [4, pytest.param(60, marks=pytest.mark.full)])
def test_after_a_refusal_nothing_is_allowed_that_nobody_agreed_to_afterwards_whatever_was_undone(still, examples):
    published_notice()

    @settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking replays the database for minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=STEPS, gaps=GAPS)
    def live(steps: list[Any], gaps: list[int]) -> None:
        account = Account(still)
        account.yes(0, "sms")
        for step, gap in zip(steps, gaps, strict=False):
            account.do(step, gap)
            for (address, channel), is_allowed in account.allowed().items():
                assert not is_allowed or account.is_given(address, channel), (address, channel)
        assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0

    live()
