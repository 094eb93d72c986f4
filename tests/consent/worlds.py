"""Random people at shared numbers, and a plain reading of what may be sent to them: no code of the product decides here."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from consent.models import ConsentEvent, NoticeVersion
from consent.services import blocking, preferring
from consent.services.preferring import WishList
from consent.states import Pace, Way, Weight
from portal.core import actor, clock
from portal.outbox.models import Message
from portal.people.models import Protection
from portal.people.services import subjects
from tests.consent.factories import published_notice, said
from tests.people.factories import ContactPointFactory, PrincipalFactory

NUMBERS = [f"+9198000000{place:02d}" for place in range(5)]
#: Nobody holds it and nobody spoke about it.
STRANGE = "+919800000099"
NO_ADDRESS = "12"
NOBODYS = {STRANGE: "NO_CONSENT", NO_ADDRESS: "NO_SUCH_ADDRESS"}
TOMORROW = clock.day(clock.now()) + timedelta(days=1)
LONG_AGO = 800 * 24 * 60
#: Of the texts that were published: the one which a material change has overtaken.
OLD_TEXT = 0


def at_hour(hour: int) -> datetime:
    return datetime.combine(TOMORROW, time(hour), tzinfo=clock.IST)


@dataclass
class Someone:
    """``holds`` maps a number's place to whether it is confirmed. ``joined_to``: known by an earlier reference, too."""

    holds: dict[int, bool]
    wishes: dict[str, Any]
    sent: int = 0
    joined_to: int | None = None
    is_child: bool = False
    #: What they told us to block: categories, modes, bands, days.
    blocks: dict[str, list[str]] = field(default_factory=dict)
    row: Any = field(default=None, compare=False)


@dataclass
class Saying:
    """Minutes ago, so that each was said at its own time."""

    who: int
    number: int
    answer: str
    minutes: int
    #: Which of the ``TEXTS`` it was said to.
    text: int = 1
    event: ConsentEvent | None = field(default=None, compare=False)


@dataclass
class World:
    people: list[Someone]
    sayings: list[Saying]


WISHES = st.sampled_from(
    [
        {},
        {},
        {"paused": True},
        {"quiet_from": time(11), "quiet_until": time(13)},
        {"quiet_from": time(11), "quiet_until": time(13), "quiet_for_service": True},
        {"pace": Pace.TWO_A_WEEK},
    ]
)
_TODAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[TOMORROW.weekday()]
_OTHER_DAY = "mon" if _TODAY != "mon" else "tue"
BLOCKS = st.sampled_from(
    [
        {},
        {},
        {},
        {"categories": ["food", "health"]},
        {"modes": ["sms"]},
        {"modes": ["voice", "rcs"], "days": [_OTHER_DAY]},
        {"bands": ["12:00-14:00"]},
        {"bands": ["10:00-12:00", "21:00-24:00"]},
        {"days": [_TODAY]},
    ]
)
PEOPLE = st.lists(
    st.builds(
        Someone,
        holds=st.dictionaries(st.integers(0, 4), st.booleans(), max_size=3),
        wishes=WISHES,
        sent=st.integers(0, 3),
        joined_to=st.none() | st.integers(0, 1),
        is_child=st.sampled_from([False, False, False, True]),
        blocks=BLOCKS,
    ),
    min_size=1,
    max_size=4,
)
SAYINGS = st.lists(
    st.builds(
        Saying,
        who=st.integers(0, 3),
        number=st.integers(0, 4),
        answer=st.sampled_from(["given", "given", "given", "denied", "withdrawn"]),
        minutes=st.integers(1, 500) | st.just(LONG_AGO),
        text=st.sampled_from([0, 1, 1, 2]),
    ),
    max_size=7,
    unique_by=lambda saying: (saying.number, saying.minutes),
)


@st.composite
def worlds(draw: Any) -> World:
    people = draw(PEOPLE)
    for place, who in enumerate(people):
        if who.joined_to is not None and who.joined_to >= place:
            who.joined_to = None
    sayings = draw(SAYINGS)
    for saying in sayings:
        saying.who %= len(people)
    return World(people, sayings)


def blocking_world() -> World:
    """Five people who all agreed, each at a number of their own, and who block each something else; the last nothing of ours."""
    lists = (
        {"categories": ["food"]},
        {"modes": ["sms"]},
        {"bands": ["12:00-14:00"]},
        {"days": [_TODAY]},
        {"modes": ["voice"]},
    )
    people = [Someone({place: True}, {}, blocks=blocks) for place, blocks in enumerate(lists)]
    return World(people, [Saying(place, place, "given", 5 + place) for place in range(len(people))])


def published_texts() -> list[NoticeVersion]:
    """The notice as it was once, as it has been since a material change, then an editorial one, and as it will be."""
    found = []
    for days, weight in (
        (3000, Weight.FIRST),
        (1000, Weight.MATERIAL),
        (900, Weight.EDITORIAL),
        (-30, Weight.MATERIAL),
    ):
        found.append(published_notice(effective_on=TOMORROW - timedelta(days=days), text=f"May we, by {days}?"))
        NoticeVersion.objects.filter(pk=found[-1].pk).update(weight=weight)
    return found


def build(world: World, purpose: str, texts: list[NoticeVersion]) -> None:
    """The world as rows, through the services."""
    now = clock.now()
    for who in world.people:
        who.row = PrincipalFactory()
        for number, is_confirmed in who.holds.items():
            ContactPointFactory(
                principal=who.row, kind="phone", address=NUMBERS[number], verified_at=now if is_confirmed else None
            )
    for who in world.people:
        if who.joined_to is not None:
            other = world.people[who.joined_to]
            subjects.join(
                old_ref=who.row.subject.ref, new_ref=other.row.subject.ref, actor=actor.SYSTEM, now=clock.now()
            )
    for saying in world.sayings:
        saying.event = said(
            world.people[saying.who].row,
            saying.answer,
            address=NUMBERS[saying.number],
            purpose=purpose,
            occurred_at=now - timedelta(minutes=saying.minutes),
            notice_version=texts[saying.text],
        )
    for place, who in enumerate(world.people):
        if who.is_child:
            Protection.objects.create(
                subject_ref=who.row.subject.ref, kind="child", ground="declared", noted_at=clock.now()
            )
        if who.wishes:
            wish(who)
        if who.blocks:
            block(who.row.subject.ref, **who.blocks)
        for number in range(who.sent):
            Message.objects.create(
                reference=f"OS-MS-{place}-{number}", kind="x.y", subject_ref=who.row.subject.ref,
                fiduciary="onesetu", channel="sms", language="en", purpose="marketing", category="promotional",
                about=f"x:{place}:{number}", template_sha256="", template_language="en", state="sent",
                message_id=f"<{place}-{number}>", attempts_allowed=1, created_at=now,
                sent_at=at_hour(12) - timedelta(days=1),
            )  # fmt: skip


def wish(who: Someone) -> None:
    wishes = dict(who.wishes)
    if wishes.pop("paused", False):
        wishes["paused_until"] = at_hour(12) + timedelta(days=3)
    preferring.change(subject_ref=who.row.subject.ref, wishes=WishList(**wishes), actor=actor.SYSTEM)


def block(subject_ref: Any, **lists: list[str]) -> Any:
    """What somebody tells on the page; a list that is not named is empty."""
    return blocking.block(subject_ref=subject_ref, lists=lists, way=Way.PAGE, actor=actor.SYSTEM)


def group_of(world: World, place: int) -> set[int]:
    """Everybody who is the same person as the one at that place."""
    same = {place}
    while True:
        more = {i for i, who in enumerate(world.people) if who.joined_to in same}
        more |= {world.people[i].joined_to for i in same if world.people[i].joined_to is not None}  # type: ignore[misc]
        if more <= same:
            return same
        same |= more


def word_at(world: World, number: int) -> tuple[str, Saying | None]:
    """NO_CONSENT, a no, an end, or GIVEN: the latest of each person; a no by anybody wins."""
    latest: dict[frozenset[int], Saying] = {}
    for saying in world.sayings:
        if saying.number == number:
            person = frozenset(group_of(world, saying.who))
            if person not in latest or saying.minutes < latest[person].minutes:
                latest[person] = saying
    noes = [one for one in latest.values() if one.answer != "given"]
    chosen = min(noes or latest.values(), key=lambda one: one.minutes, default=None)
    if chosen is None:
        return "NO_CONSENT", None
    if chosen.answer != "given":
        return f"CONSENT_{chosen.answer.upper()}", chosen
    return ("CONSENT_EXPIRED" if chosen.minutes == LONG_AGO else "GIVEN"), chosen


def is_confirmed(world: World, saying: Saying) -> bool:
    """When it was said or since, by the person under any reference."""
    if world.people[saying.who].holds.get(saying.number):
        return True
    return any(world.people[i].holds.get(saying.number) for i in group_of(world, saying.who))


def expected(world: World, address: str, *, hour: int, is_promotional: bool) -> set[str]:
    """The reasons a decision may name; where several people's wishes say no, any of theirs."""
    if address in NOBODYS:
        return {NOBODYS[address]}
    number = NUMBERS.index(address)
    word, saying = word_at(world, number)
    if word != "GIVEN" or saying is None:
        return {word}
    is_late = is_promotional and hour >= 21
    if not is_confirmed(world, saying):
        return {"ADDRESS_UNVERIFIED"}
    if saying.text == OLD_TEXT and not is_late:
        return {"NOTICE_CHANGED"}
    asked = [saying.who, *(i for i, who in enumerate(world.people) if number in who.holds)]
    groups = {frozenset(group_of(world, place)) for place in asked}
    reasons = {reason for group in groups if (reason := _wished(world, group, hour, is_promotional=is_promotional))}
    if is_late:
        # The hours are the law's; a pause lasts longer.
        return reasons & {"CHILD", "DND_BLOCKED"} or reasons & {"PAUSED"} or {"OUTSIDE_HOURS"}
    return reasons or {"ALLOWED_BY_CONSENT"}


def _wished(world: World, group: frozenset[int], hour: int, *, is_promotional: bool) -> str:
    """The first that holds: what only the person changes stands before what passes by itself."""
    wishes, blocks = _last_of(world, group, "wishes"), _last_of(world, group, "blocks")
    is_quiet = "quiet_from" in wishes and 11 <= hour < 13
    blocked_now = _TODAY in blocks.get("days", []) or any(_is_in(band, hour) for band in blocks.get("bands", []))
    holds = {
        "CHILD": is_promotional and any(world.people[i].is_child for i in group),
        "DND_BLOCKED": bool(blocks.get("categories")) or "sms" in blocks.get("modes", []),
        "PAUSED": bool(wishes.get("paused")),
        "DND_HOURS": blocked_now,
        "QUIET_HOURS": is_quiet and (is_promotional or bool(wishes.get("quiet_for_service"))),
        "TOO_OFTEN": bool(wishes.get("pace")) and sum(world.people[i].sent for i in group) >= 2,
    }
    return next((reason for reason, is_so in holds.items() if is_so), "")


def _is_in(band: str, hour: int) -> bool:
    return int(band[:2]) <= hour < int(band[6:8])


def _last_of(world: World, group: frozenset[int], what: str) -> dict[str, Any]:
    """Those told last: they are told in the order of the people. Telling of the one leaves the other as it is."""
    told = [getattr(world.people[place], what) for place in sorted(group)]
    return next((each for each in reversed(told) if each), {})
