"""Random people, what they said, wished and stopped, and what is asked about them. ``plain_reading`` says what is right."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st

from consent.base.choices import Pace, Way, Weight
from consent.collection.services import dnd_preferences
from consent.decisions.services.bulk_decisions import Question
from consent.models import ConsentEvent, NoticeVersion
from consent.preferences.services import preferences
from consent.preferences.services.preferences import WishList
from consent.records.services.addresses import Address
from consent.suppressions.services import suppressions
from kyc.models import Case
from portal.kernel.core import actor, addresses, clock
from portal.kernel.law.models import LegalRule
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Fiduciary, Protection
from portal.kernel.people.services import contacts, subjects
from portal.kernel.registers.senders.services import message_templates, sender_entries
from portal.kernel.registers.senders.services.senders import note_inbound
from tests.consent.factories import ASKED, published_notice, said
from tests.law.factories import PurposeFactory
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    FiduciaryFactory,
    PrincipalFactory,
    SubjectFactory,
)
from tests.registers.factories import agreed_template, entity_of, registered_sender, two_people

NUMBERS = [f"+9198000000{place:02d}" for place in range(5)]
#: Nobody holds it and nobody spoke about it.
STRANGE = "+919800000099"
NO_ADDRESS = "12"
#: The last of each is nobody's.
PHONES = [*NUMBERS, STRANGE]
MAILS = [f"at-{place}@acme.example" for place in range(6)]
TOMORROW = clock.day(clock.now()) + timedelta(days=1)
#: A public holiday, as the rule says in these worlds.
HOLIDAY = TOMORROW + timedelta(days=1)
LONG_AGO = 800 * 24 * 60
#: Of the texts that were published: the one which a material change has overtaken.
OLD_TEXT = 0
ONESETU = "onesetu"
CLIENT = "acme-bank"
#: Clients, by what is in the way of their sending anything.
CLIENTS = {
    CLIENT: "",
    "no-account": "",
    "new-client": "SENDER_NOT_VERIFIED",
    "late-client": "SENDER_KYC_LAPSED",
    "shut-client": "ACCOUNT_CLOSED",
}
#: What the promotion of a client is about; nothing is known of the others'.
ADVERTISED = {CLIENT: "education"}
#: A service that rests on no consent.
ORDER_NEWS = "order_news"
#: Nobody is known by it.
STRANGE_REF = UUID(int=1)
#: What stands for a person on a channel; on every other it is their number. A reference can be neither lost nor unconfirmed.
KINDS = {"email": "email", "push": "subject", "dashboard": "subject"}
#: Worlds that one test tries: few in a quick run, more in a full one.
MANY_WORLDS = settings().max_examples // 2


def at_hour(hour: int, day: date = TOMORROW) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=clock.IST)


def kind_of(channel: str) -> str:
    return KINDS.get(channel, "phone")


@dataclass
class Someone:
    """``holds`` maps a place to whether number and e-mail there are confirmed. ``joined_to``: known by an earlier reference, too.

    ``left`` are places they held when they spoke and gave up since; at some they are reached ``again``, confirmed.
    """

    holds: dict[int, bool]
    wishes: dict[str, Any]
    sent: int = 0
    joined_to: int | None = None
    is_child: bool = False
    #: What they told us to block: categories, modes, bands, days.
    blocks: dict[str, list[str]] = field(default_factory=dict)
    left: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()
    row: Any = field(default=None, compare=False)


@dataclass
class Saying:
    """Minutes ago, so that each was said at its own time. Where the person is the address, ``number`` is their place."""

    who: int
    number: int
    answer: str
    minutes: int
    #: Which of the ``TEXTS`` it was said to.
    text: int = 1
    whose: str = ONESETU
    channel: str = "sms"
    purpose: str = "marketing"
    event: ConsentEvent | None = field(default=None, compare=False)


@dataclass
class Stop:
    """Promotion of a fiduciary stopped at an address, whoever holds it; with a header, from that sender only."""

    number: int
    minutes: int
    whose: str = ONESETU
    kind: str = "phone"
    header: str = ""


@dataclass
class Writing:
    """Somebody wrote from a number on a channel, so long before noon of ``TOMORROW``."""

    number: int
    before: timedelta
    whose: str = ONESETU
    channel: str = "whatsapp"

    @property
    def at(self) -> datetime:
        return at_hour(12) - self.before


@dataclass
class World:
    people: list[Someone]
    sayings: list[Saying]
    stops: list[Stop] = field(default_factory=list)
    writings: list[Writing] = field(default_factory=list)

    def addresses_on(self, channel: str) -> list[str]:
        """What may be asked about, by place. The last of each is nobody's. References there are once the world is built."""
        if kind_of(channel) == "subject":
            return [*(str(who.row.subject.ref) for who in self.people), str(STRANGE_REF)]
        return MAILS if channel == "email" else PHONES


@dataclass(frozen=True)
class Asked:
    """One question about every address."""

    purpose: str = "marketing"
    channel: str = "sms"
    hour: int = 12
    day: date = TOMORROW
    whose: str = ONESETU
    header: str | None = None
    template: str | None = None
    #: The message is in no template; batches and lists have no such question.
    is_free_text: bool = False

    @property
    def at(self) -> datetime:
        return at_hour(self.hour, self.day)

    @property
    def question(self) -> Question:
        return Question(self.purpose, self.channel, self.at, self.whose, self.header, self.template)


WISHES = st.sampled_from(
    [
        {},
        {},
        {"paused": True},
        {"quiet_from": time(11), "quiet_until": time(13)},
        {"quiet_from": time(11), "quiet_until": time(13), "quiet_for_service": True},
        {"quiet_from": time(19), "quiet_until": time(8), "quiet_for_service": True},
        {"pace": Pace.TWO_A_WEEK},
    ]
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TODAY = DAYS[TOMORROW.weekday()]
_OTHER_DAY = "mon" if _TODAY != "mon" else "tue"
BLOCKS = st.sampled_from(
    [
        {},
        {},
        {},
        {"categories": ["food", "health"]},
        {"modes": ["sms"]},
        {"modes": ["voice"]},
        {"modes": ["whatsapp", "rcs"], "days": [_OTHER_DAY]},
        {"bands": ["12:00-14:00"]},
        {"bands": ["10:00-12:00", "21:00-24:00"]},
        {"days": [_TODAY]},
        {"days": ["holiday"]},
    ]
)
PLACES = st.sampled_from([frozenset(), frozenset(), frozenset(), frozenset({0, 2}), frozenset({1, 3, 4})])
PEOPLE = st.lists(
    st.builds(
        Someone,
        holds=st.dictionaries(st.integers(0, 4), st.sampled_from([True, True, False]), min_size=1, max_size=3),
        wishes=WISHES,
        sent=st.integers(0, 3),
        joined_to=st.none() | st.integers(0, 1),
        is_child=st.sampled_from([False, False, False, True]),
        blocks=BLOCKS,
        left=PLACES,
        again=PLACES,
    ),
    min_size=1,
    max_size=4,
)
WHOSE = st.sampled_from([ONESETU, ONESETU, CLIENT])
_LATELY = st.integers(1, 500)
MINUTES = _LATELY | _LATELY | _LATELY | _LATELY | st.just(LONG_AGO)
CHANNELS = st.sampled_from(["sms", "sms", "whatsapp", "email", "voice", "rcs", "push", "dashboard"])
SAYINGS = st.lists(
    st.builds(
        Saying,
        who=st.integers(0, 3),
        number=st.integers(0, 4),
        answer=st.sampled_from(["given", "given", "given", "denied", "withdrawn"]),
        minutes=MINUTES,
        text=st.sampled_from([0, 1, 1, 2]),
        whose=WHOSE,
        channel=CHANNELS,
        purpose=st.sampled_from(["marketing", "marketing", "product_updates", ORDER_NEWS]),
    ),
    min_size=2,
    max_size=9,
)
STOPS = st.lists(
    st.builds(
        Stop,
        number=st.integers(0, 5),
        minutes=MINUTES | st.just(LONG_AGO + 60),
        whose=WHOSE,
        kind=st.sampled_from(["phone", "phone", "email", "subject"]),
        header=st.sampled_from(["", "", "560001", "560002", "1401234567"]),
    ),
    max_size=3,
)
WRITINGS = st.lists(
    st.builds(
        Writing,
        number=st.integers(0, 5),
        before=st.sampled_from([timedelta(hours=hours, minutes=1) for hours in (4, 13, 20, 23, 24, 30)]),
        whose=WHOSE,
        channel=st.sampled_from(["whatsapp", "whatsapp", "whatsapp", "sms"]),
    ),
    max_size=4,
)
#: What is registered, by channel: see ``register``. As senders write it.
HEADERS = {
    "sms": (
        "AD-560001-P", "560001", "ONESTU", "AD-ONESTU-P", "OLDSTU", "AD-560002-P", "AD-ACMEBK-S", "AD-NOBODY-T",
        "VM-GOVT-G",
    ),
    "voice": ("140 123 4567", "1601234567", "1407654321", "9800000000", "560001"),
    "whatsapp": ("90000 00001", "+919000000002", "+919000000003"),
    "rcs": ("Onesetu.Agent", "acme.agent", "nobody.agent"),
}  # fmt: skip
#: The header of a stop that is narrowed to it, and its channel.
CHANNEL_OF_STOP = {"560001": "sms", "560002": "sms", "1401234567": "voice"}
TEMPLATES = {
    "sms": ("1101", "1102", "1103", "1104", "9999"),
    "whatsapp": ("an_offer", "not_submitted", "1101"),
}
#: What has no registered senders and templates, and is asked with some all the same.
ELSEWHERE = ("ONESTU",)
QUESTIONS = st.lists(
    st.builds(
        Asked,
        purpose=st.sampled_from(
            ["marketing", "marketing", "product_updates", ORDER_NEWS, "account_service", "policy_and_security"]
        ),
        channel=CHANNELS,
        hour=st.sampled_from([9, 12, 12, 20, 22]),
        day=st.sampled_from([TOMORROW, TOMORROW, HOLIDAY]),
        whose=st.sampled_from([ONESETU, CLIENT] * 3 + list(CLIENTS)),
    ),
    min_size=4,
    max_size=6,
)


@st.composite
def worlds(draw: Any) -> tuple[World, list[Asked]]:
    """A world and what is asked there: most of it about something that somebody said."""
    people = draw(PEOPLE)
    for place, who in enumerate(people):
        if who.joined_to is not None and who.joined_to >= place:
            who.joined_to = None
        who.left &= who.holds.keys()
        who.again &= who.left
    sayings = {}
    for saying in draw(SAYINGS):
        saying.who %= len(people)
        held = sorted(people[saying.who].holds)
        if draw(st.sampled_from([True, True, True, False])):
            saying.number = held[saying.number % len(held)]
        is_person = kind_of(saying.channel) == "subject"
        saying.number = saying.who if is_person else saying.number
        # Of two words at one instant the order of recording would decide.
        sayings["person" if is_person else saying.number, saying.minutes] = saying
    stops = draw(STOPS)
    for stop in stops:
        stop.header = stop.header if stop.kind == "phone" else ""
        stop.number %= len(people) if stop.kind == "subject" else len(PHONES)
    asked = []
    for each in draw(QUESTIONS):
        about = draw(st.sampled_from([*sayings.values(), None]))
        if about is not None:
            each = replace(each, whose=about.whose, channel=about.channel, purpose=about.purpose)  # noqa: PLW2901
        header = draw(st.sampled_from([None] * 12 + list(HEADERS.get(each.channel, ELSEWHERE))))
        template = draw(st.sampled_from([None] * 12 + list(TEMPLATES.get(each.channel, ELSEWHERE))))
        is_free_text = template is None and draw(st.sampled_from([False, False, True]))
        asked.append(replace(each, header=header, template=template, is_free_text=is_free_text))
    return World(people, list(sayings.values()), stops, draw(WRITINGS)), asked


def blocking_world() -> World:
    """Five people who all agreed, each at a number of their own, and who block each something else; the last holidays only."""
    lists = (
        {"categories": ["food"]},
        {"modes": ["sms"]},
        {"bands": ["12:00-14:00"]},
        {"days": [_TODAY]},
        {"modes": ["voice"], "days": ["holiday"]},
    )
    people = [Someone({place: True}, {}, blocks=blocks) for place, blocks in enumerate(lists)]
    yeses = [
        Saying(place, place, "given", 5 + place, whose=whose, purpose=purpose)
        for place in range(len(people))
        for whose in (ONESETU, CLIENT)
        for purpose in ("marketing", "product_updates")
    ]
    return World(people, yeses)


def stopped_world() -> World:
    """Five people who agreed with both: stopped for one fiduciary, by one header, before the yes, twice, and not at all."""
    people = [Someone({place: True}, {}) for place in range(5)]
    yeses = [Saying(place, place, "given", 100, whose=whose) for place in range(5) for whose in (ONESETU, CLIENT)]
    stops = [
        Stop(0, 50, whose=CLIENT),
        Stop(1, 50, header="560001"),
        Stop(2, 200),
        Stop(3, 200),
        Stop(3, 50, header="560001"),
        Stop(5, 50),
    ]
    return World(people, yeses, stops)


#: Every form in which something is asked about what the two worlds above hold.
EVERY_WAY = [
    Asked(),
    Asked(hour=22),
    Asked(day=HOLIDAY),
    Asked(purpose="product_updates", hour=22),
    Asked(whose=CLIENT),
    Asked(header="AD-560001-P", template="1101"),
    Asked(header="AD-560002-P", whose=CLIENT),
    Asked(purpose="account_service", header="560001"),
    Asked(whose="late-client"),
]


def published_texts() -> list[NoticeVersion]:
    """The notice as it was once, as it has been since a material change, then an editorial one, and as it will be."""
    found = []
    for days, weight in (
        (3000, Weight.FIRST),
        (1000, Weight.MATERIAL),
        (900, Weight.EDITORIAL),
        (-30, Weight.MATERIAL),
    ):
        found.append(
            published_notice(asks=ASKED, effective_on=TOMORROW - timedelta(days=days), text=f"May we, by {days}?")
        )
        NoticeVersion.objects.filter(pk=found[-1].pk).update(weight=weight)
    return found


def register() -> None:
    """Everything that two people register beside the people: clients, headers, templates, a purpose and a holiday."""
    everywhere = ["sms", "whatsapp", "rcs", "email", "voice", "push", "dashboard"]
    PurposeFactory(
        code=ORDER_NEWS, message_category="service", bases={"IN": "voluntary_provision"}, channels=everywhere
    )
    LegalRule.objects.filter(key="IN-NATIONAL-HOLIDAYS").update(values=[f"{HOLIDAY:%m-%d}"])
    for place, code in enumerate(CLIENTS):
        client = FiduciaryFactory(code=code, name="Acme Bank")
        if code != "no-account":
            _account(client, place)
    bank = Fiduciary.objects.get(code=CLIENT)
    ours = registered_sender("560001", carries=["promotional"])
    bills = registered_sender("ONESTU")
    old = registered_sender("OLDSTU", carries=["promotional"])
    theirs = registered_sender("560002", fiduciary=bank, carries=["promotional"])
    registered_sender("ACMEBK", fiduciary=bank, carries=["service"])
    registered_sender("1401234567", kind="voice_number", carries=["promotional"])
    registered_sender("1601234567", kind="voice_number", carries=["service", "transactional"])
    registered_sender("1407654321", kind="voice_number", fiduciary=bank, carries=["promotional"])
    shop = registered_sender("+919000000001", kind="whatsapp_number", carries=["promotional", "service"])
    registered_sender("+919000000002", kind="whatsapp_number", fiduciary=bank, carries=["service"])
    registered_sender("onesetu.agent", kind="rcs_agent", carries=["promotional"])
    registered_sender("acme.agent", kind="rcs_agent", fiduciary=bank, carries=["service"])
    offer = "{}: 20% off. Reply STOP to stop."
    agreed_template(template_id="1101", category="promotional", senders=[ours], text=offer.format("Onesetu"))
    agreed_template(template_id="1102", senders=[bills])
    agreed_template(
        template_id="1103", category="promotional", fiduciary=bank, senders=[theirs], text=offer.format("Acme Bank"),
        brand="Acme Bank",
    )  # fmt: skip
    for name in ("an_offer", "not_submitted"):
        text = f"{offer.format('Onesetu')} ({name})"
        letter = agreed_template(
            channel="whatsapp", template_id=name, category="promotional", senders=[shop], text=text
        )
        for state in ("submitted", "approved") if name == "an_offer" else ():
            message_templates.move_to(template=letter, state=state, actor=two_people()[0], now=clock.now())
    ended = agreed_template(template_id="1104", senders=[bills], text="Your Onesetu code was {#numeric#}. Tell nobody.")
    for entry in (old, ended):
        sender_entries.end(entry, actor=two_people()[0], now=clock.now())


def _account(client: Fiduciary, place: int) -> None:
    problem = CLIENTS[client.code]
    customer = CustomerFactory()
    if problem == "ACCOUNT_CLOSED":
        type(customer).objects.filter(pk=customer.pk).update(state="closed", closed_at=clock.now())
    if problem != "SENDER_NOT_VERIFIED":
        Case.objects.create(
            reference=f"OS-KY-{place}", customer=customer, subject_ref=customer.subject.ref, state="approved",
            opened_at=clock.now(),
            rekyc_on=clock.day(clock.now()) - timedelta(days=1) if problem == "SENDER_KYC_LAPSED" else None,
        )  # fmt: skip
    about = [ADVERTISED[client.code]] if client.code in ADVERTISED else []
    entity_of(client, customer=customer, entity_id=f"110123456789012345{place}", advertises=about)


def build(world: World, texts: list[NoticeVersion]) -> None:
    """The world as rows, through the services."""
    now = clock.now()
    _bring_in(world, now)
    for saying in world.sayings:
        saying.event = said(
            world.people[saying.who].row,
            saying.answer,
            address="" if kind_of(saying.channel) == "subject" else world.addresses_on(saying.channel)[saying.number],
            purpose=saying.purpose,
            channel=saying.channel,
            fiduciary=saying.whose,
            occurred_at=now - timedelta(minutes=saying.minutes),
            notice_version=texts[saying.text],
        )
    for stop in world.stops:
        make(world, stop, now)
    for writing in world.writings:
        note_inbound(
            fiduciary=Fiduciary.objects.get(code=writing.whose), address_key=addresses.address_key(PHONES[writing.number]),
            channel=writing.channel, at=writing.at,
        )  # fmt: skip
    _give_up(world, now)
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


def _bring_in(world: World, now: datetime) -> None:
    """The people, with what they hold and who of them is one."""
    for who in world.people:
        who.row = PrincipalFactory()
        for number, is_confirmed in who.holds.items():
            for kind, address in (("phone", PHONES[number]), ("email", MAILS[number])):
                ContactPointFactory(
                    principal=who.row, kind=kind, address=address, verified_at=now if is_confirmed else None
                )
    for who in world.people:
        if who.joined_to is not None:
            other = world.people[who.joined_to]
            subjects.join(
                old_ref=who.row.subject.ref, new_ref=other.row.subject.ref, actor=actor.SYSTEM, now=clock.now()
            )


def _give_up(world: World, now: datetime) -> None:
    """The places that people left, each at an instant of its own, after everything that was said; some come back."""
    instant = now - timedelta(seconds=30)
    for who in world.people:
        for number in sorted(who.left):
            for address in (PHONES[number], MAILS[number]):
                instant += timedelta(milliseconds=1)
                contact = who.row.contact_points.get(address_key=addresses.address_key(address), left_at=None)
                contacts.leave(contact=contact, actor=actor.SYSTEM, now=instant)
                if number in who.again:
                    ContactPointFactory(principal=who.row, kind=contact.kind, address=address)


def make(world: World, stop: Stop, now: datetime) -> None:
    """A stop as it reaches us from an address of which nobody knows who spoke."""
    texts = {
        "phone": PHONES,
        "email": MAILS,
        "subject": [addresses.subject_text(who.row.subject.ref) for who in world.people],
    }
    suppressions.alone(
        subject_ref=SubjectFactory(kind="stranger").ref,
        fiduciary=Fiduciary.objects.get(code=stop.whose),
        places=[Address(stop.kind, tuple(addresses.address_keys(texts[stop.kind][stop.number])))],
        way=Way.SMS,
        occurred_at=now - timedelta(minutes=stop.minutes),
        actor=actor.SYSTEM,
        senders=[(CHANNEL_OF_STOP.get(stop.header, ""), stop.header)],
    )


def wish(who: Someone) -> None:
    wishes = dict(who.wishes)
    if wishes.pop("paused", False):
        wishes["paused_until"] = at_hour(12) + timedelta(days=3)
    preferences.change(subject_ref=who.row.subject.ref, wishes=WishList(**wishes), actor=actor.SYSTEM)


def block(subject_ref: Any, **lists: list[str]) -> Any:
    """What somebody tells on the page; a list that is not named is empty."""
    return dnd_preferences.block(subject_ref=subject_ref, lists=lists, way=Way.PAGE, actor=actor.SYSTEM)
