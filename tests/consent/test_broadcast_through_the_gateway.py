"""A broadcast through a gateway that fails, repeats itself and reports in any order, while people withdraw (issue 6, line 6).

Nobody gets it twice, nobody after withdrawing, and the report adds up.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from consent.base.choices import Way
from consent.broadcasts.selectors.broadcasts import report_of
from consent.broadcasts.services import dispatch
from consent.models import Broadcast, BroadcastPerson
from consent.suppressions.services.withdrawals import withdraw
from portal.demo.bulk import add_answers, add_people
from portal.kernel.core import actor, clock
from portal.kernel.core.enqueue import leaving_out
from portal.kernel.law.request_cache import remembering
from portal.kernel.outbox.choices import Outcome
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.outbox.services import delivery, parallel_delivery, scheduler
from portal.kernel.registers.senders.services import message_templates
from tests.consent.broadcasts import agreed
from tests.consent.factories import law_is_loaded, published_notice
from tests.registers.factories import agreed_template, registered_sender, two_people
from tests.servers import communications
from tests.servers.communications import Communications, Turn, signed

SEED = 20_261_126
#: What the gateway does with one request of three; it takes the message in half of these, and says something else.
TROUBLE = (
    Turn(503),
    Turn(429),
    Turn(500, takes=True),
    Turn(500),
    Turn(202, takes=True, hangs_up=True),
    Turn(422, "TEXT_REFUSED"),
    Turn(422, "UNKNOWN_SUBSCRIBER"),
)


@pytest.fixture
def api(settings: Any) -> Any:
    with communications.running() as running:
        settings.OUTBOX_GATEWAY_URL = running.url
        settings.OUTBOX_GATEWAY_KEY = communications.KEY
        settings.OUTBOX_REPORT_SECRETS = [communications.SECRET]
        settings.OUTGOING_PRIVATE_HOSTS = [running.host]
        settings.OUTBOX_FIRST_WAIT_SECONDS = 0
        settings.OUTBOX_LONGEST_WAIT_SECONDS = 0
        adapters = dict.fromkeys(("sms", "whatsapp"), "portal.kernel.outbox.channels.gateway.GatewayChannel")
        settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, **adapters}
        yield running


class Hours:
    """Noon, when promotion may be sent; time goes on, and sometimes faster."""

    def __init__(self) -> None:
        self._real = clock.now
        self._begun = self._real()
        self._noon = self._begun.astimezone(clock.IST).replace(hour=12, minute=0)

    def now(self) -> datetime:
        return self._noon + (self._real() - self._begun)

    def pass_by(self, time: timedelta) -> None:
        self._noon += time


@pytest.fixture(autouse=True)
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    hours = Hours()
    monkeypatch.setattr(clock, "now", hours.now)
    return hours


def texts() -> list[Any]:
    """Promotional templates of both channels, agreed to by two people and approved by whoever carries them."""
    header = registered_sender("612345", carries=["promotional"])
    number = registered_sender("+919811111111", kind="whatsapp_number", carries=["promotional"])
    words = "Onesetu: our new rates start on 1 January. Reply STOP to stop."
    sms = agreed_template(category="promotional", text=words, senders=[header])
    whatsapp = agreed_template(
        channel="whatsapp", template_id="new_rates", category="promotional", text=words, senders=[number]
    )
    for state in ("submitted", "approved"):
        message_templates.move_to(template=whatsapp, state=state, actor=two_people()[0], now=clock.now())
    return [sms, whatsapp]


class World:
    """The people, the gateway, and what was said on the way."""

    def __init__(self, size: int, api: Communications) -> None:
        self.rng = random.Random(SEED)
        self.api = api
        now = clock.now()
        self.people = add_people(size, now=now - timedelta(days=1), tell=lambda *_: None)
        add_answers(2 * size, self.people, seed=SEED, now=now, tell=lambda *_: None)
        #: Whoever withdrew, with how often the gateway had been asked to reach them until then.
        self.withdrawn: dict[UUID, int] = {}
        self._subjects: dict[str, UUID] = {}
        self._asked: Counter[UUID] = Counter()
        self._counted = 0

    def trouble(self, count: int) -> None:
        self.api.turns += [self.rng.choice(TROUBLE) if self.rng.random() < 1 / 3 else Turn() for _ in range(count)]

    def subjects(self) -> dict[str, UUID]:
        """Whom each message was for, by its reference; of those that the gateway was asked to bring."""
        wanted = {letter["reference"] for letter in self.api.asked[self._counted :]} - self._subjects.keys()
        waiting = sorted(wanted)
        for start in range(0, len(waiting), 500):
            found = Message.objects.filter(reference__in=waiting[start : start + 500])
            self._subjects |= dict(found.values_list("reference", "subject_ref"))
        return self._subjects

    def asked(self) -> Counter[UUID]:
        """How often the gateway took something for each person."""
        known, new = self.subjects(), self.api.asked[self._counted :]
        self._asked.update(known[letter["reference"]] for letter in new)
        self._counted += len(new)
        return self._asked

    def withdraw(self, count: int) -> None:
        gone: list[UUID] = []
        left = [person.subject_ref for person in self.people if person.subject_ref not in self.withdrawn]
        for ref in self.rng.sample(left, min(count, len(left))):
            # As within a request.
            with remembering():
                for channel in ("sms", "whatsapp"):
                    withdraw(subject_ref=ref, purpose="marketing", channel=channel, way=Way.PAGE, actor=actor.SYSTEM)
            gone.append(ref)
        asked = self.asked()
        self.withdrawn |= {ref: asked[ref] for ref in gone}

    def report(self, client: Client) -> None:
        """Every report twice, in any order; one in ten says that the message did not arrive."""
        waiting, self.api.reports = self.api.reports, []
        lost = {one["reference"] for one in waiting if self.rng.random() < 0.1}
        said = [
            {"reference": one["reference"], "event": "undelivered" if one["reference"] in lost else one["event"]}
            for one in waiting
        ]
        parcels = [said[place : place + 50] for place in range(0, len(said), 50)] * 2
        self.rng.shuffle(parcels)
        for parcel in parcels:
            body, headers = signed(self.rng.sample(parcel, len(parcel)), at=clock.now())
            answer = client.post("/api/v1/delivery-reports", body, content_type="application/json", headers=headers)
            assert answer.status_code == 200


def dying(world: World, act: Callable[..., Any], *, chance: float) -> Callable[..., Any]:
    """The same act of a worker that sometimes dies before it or right behind it."""

    def dies_sometimes(*args: Any, **named: Any) -> Any:
        drawn = world.rng.random()
        if drawn < chance / 2:
            raise SystemExit
        done = act(*args, **named)
        if drawn < chance:
            raise SystemExit
        return done

    return dies_sometimes


def send_all(row: Broadcast, world: World, hours: Hours, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some turns, some sends, withdrawals, reports and dying workers, until the broadcast has ended."""
    size, client = len(world.people), Client()
    monkeypatch.setattr(dispatch, "post_all", dying(world, dispatch.post_all, chance=0.1))
    # A few times in all: each time the leases of a dead worker have to run out.
    hand_over = dying(world, parallel_delivery._hand_over, chance=min(0.1, 80 / size))
    monkeypatch.setattr(parallel_delivery, "_hand_over", hand_over)
    for _round in range(200):
        world.trouble(size // 4)
        left = max(size // (4 * dispatch.BATCH), 1)
        while left > 0:
            try:
                dispatch.run(row.pk, seconds=600, most=left)
                break
            except SystemExit:
                left -= 1
        world.withdraw(max(size // 200, 1))
        try:
            scheduler.sweep(now=clock.now(), limit=size // 4)
        except SystemExit:
            hours.pass_by(delivery.lease())
        world.report(client)
        row.refresh_from_db()
        if row.ended_at is not None:
            return
    raise AssertionError(report_of(row))


def check(row: Broadcast, world: World) -> None:
    report = report_of(row)
    assert report.people == len(world.people) == row.counted
    assert sum(report.outcomes.values()) == report.people
    assert report.of("waiting") == 0
    assert sum(count for (outcome, _why), count in report.reasons.items() if outcome == "blocked") == report.of(
        "blocked"
    )
    subject_of = dict(Message.objects.filter(about=row.about).values_list("reference", "subject_ref"))
    got: Counter[UUID] = Counter()
    for reference, times in world.api.delivered.items():
        if reference in subject_of:  # what is no confirmation of a withdrawal
            got[subject_of[reference]] += times
    assert max(got.values()) == 1, "somebody got it twice"
    asked = world.asked()
    late = {ref for ref, before in world.withdrawn.items() if asked[ref] > before}
    assert late == set(), "somebody was written to after withdrawing"
    unsure = set(Delivery.objects.filter(outcome=Outcome.UNKNOWN).values_list("message__subject_ref", flat=True))
    for line in BroadcastPerson.objects.filter(broadcast=row).select_related("message").iterator():
        if line.outcome in {"sent", "delivered"}:
            assert got[line.subject_ref] == 1
        elif line.outcome in {"blocked", "cancelled"} and line.subject_ref not in unsure:
            assert got[line.subject_ref] == 0
    if report.people > 100:
        for outcome in ("delivered", "failed", "blocked"):
            assert report.of(outcome), outcome
        assert report.by_next


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(60, id="60"),
        pytest.param(400, id="400", marks=pytest.mark.full),
        # Some 20 s of work: so many people show what sixty do not (rows of the same state, batches that fail in part).
        pytest.param(2_000, id="2000", marks=pytest.mark.full),
        pytest.param(100_000, id="100000", marks=pytest.mark.full),
    ],
)
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_nobody_gets_it_twice_nobody_after_withdrawing_and_the_report_adds_up(size, api, hours, monkeypatch):
    law_is_loaded()
    published_notice()
    # The sweep finds them all: nobody works at the queue here.
    with leaving_out("portal.outbox.tasks.deliver_message", "portal.outbox.tasks.deliver_messages"):
        world = World(size, api)
        row = agreed(channels=["sms", "whatsapp"], words={}, templates=texts())
        send_all(row, world, hours, monkeypatch)
    check(row, world)
