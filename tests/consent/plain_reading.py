"""What may be sent in a world of ``worlds``, read naively: no code of the product decides here.

The reasons stand in the order in which they are named: first what is wrong with the question, then with the sender, then
what the address itself said, then what the people there wish; of that first what only they can change. Where it is
written: ``portal/docs/consent.md`` ("What counts", "Reasons of a decision"), ``senders.md``, ``decisions/do-not-disturb.md``
and ``opt-out-scope.md``, ``consent/data/``; the rules of law are those of ``portal/kernel/law/data``.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.consent.worlds import (
    ADVERTISED,
    CHANNEL_OF_STOP,
    CLIENT,
    CLIENTS,
    DAYS,
    HOLIDAY,
    LONG_AGO,
    NO_ADDRESS,
    OLD_TEXT,
    ONESETU,
    ORDER_NEWS,
    Asked,
    Saying,
    World,
    at_hour,
    kind_of,
)

#: Category, and whether a yes is needed.
PURPOSES = {
    "marketing": ("promotional", True),
    "product_updates": ("service", True),
    ORDER_NEWS: ("service", False),
    "account_service": ("transactional", False),
    "policy_and_security": ("policy_and_security", False),
}
STRICTEST_FIRST = ["promotional", "service", "transactional", "policy_and_security"]
#: On a channel, of each header, number or agent as written: its name, and the category that its last letter names.
HEADERS = {
    ("sms", "AD-560001-P"): ("560001", "promotional"),
    ("sms", "560001"): ("560001", ""),
    ("sms", "ONESTU"): ("ONESTU", ""),
    ("sms", "AD-ONESTU-P"): ("ONESTU", "promotional"),
    ("sms", "OLDSTU"): ("OLDSTU", ""),
    ("sms", "AD-560002-P"): ("560002", "promotional"),
    ("sms", "AD-ACMEBK-S"): ("ACMEBK", "service"),
    ("voice", "140 123 4567"): ("1401234567", ""),
    ("voice", "1601234567"): ("1601234567", ""),
    ("voice", "1407654321"): ("1407654321", ""),
    ("whatsapp", "90000 00001"): ("+919000000001", ""),
    ("whatsapp", "+919000000002"): ("+919000000002", ""),
    ("rcs", "Onesetu.Agent"): ("onesetu.agent", ""),
    ("rcs", "acme.agent"): ("acme.agent", ""),
}
#: Whose, and for what. No two channels have one name.
SENDERS = {
    "560001": (ONESETU, {"promotional"}),
    "ONESTU": (ONESETU, {"service", "transactional"}),
    "560002": (CLIENT, {"promotional"}),
    "ACMEBK": (CLIENT, {"service"}),
    "1401234567": (ONESETU, {"promotional"}),
    "1601234567": (ONESETU, {"service", "transactional"}),
    "1407654321": (CLIENT, {"promotional"}),
    "+919000000001": (ONESETU, {"promotional", "service"}),
    "+919000000002": (CLIENT, {"service"}),
    "onesetu.agent": (ONESETU, {"promotional"}),
    "acme.agent": (CLIENT, {"service"}),
}
#: On a channel: whose, for what, and from which header only.
TEMPLATES = {
    ("sms", "1101"): (ONESETU, "promotional", "560001"),
    ("sms", "1102"): (ONESETU, "transactional", "ONESTU"),
    ("sms", "1103"): (CLIENT, "promotional", "560002"),
    ("whatsapp", "an_offer"): (ONESETU, "promotional", "+919000000001"),
    ("whatsapp", "not_submitted"): (ONESETU, "promotional", "+919000000001"),
}
#: Agreed to by two people, and not by the platform.
NOT_APPROVED = {"not_submitted"}
#: WA-POLICY: free text only so long after a message of the person's own, to that fiduciary.
FREE_TEXT = timedelta(hours=24)
#: TRAI's preferences are about telephone numbers: calls and SMS by law, WhatsApp and RCS by policy.
BLOCKABLE = {"sms", "voice", "whatsapp", "rcs"}
#: What lies in the dashboard rings nowhere: no hour is wrong for it.
SILENT = "dashboard"
#: The header and the template of Onesetu's that have ended.
ENDED = {"OLDSTU", "1104"}
#: Reasons that are the same whatever the address.
OF_THE_QUESTION = {
    "GOVERNMENT_HEADER", "ACCOUNT_CLOSED", "SENDER_KYC_LAPSED", "SENDER_NOT_VERIFIED",
    "HEADER_ENDED", "UNKNOWN_HEADER", "HEADER_OF_ANOTHER", "HEADER_CATEGORY",
    "TEMPLATE_ENDED", "TEMPLATE_NOT_APPROVED", "TEMPLATE_OF_ANOTHER", "TEMPLATE_NOT_FOR_HEADER", "TEMPLATE_CATEGORY",
}  # fmt: skip
#: What a person wishes, in the order in which it is named. Some of it ends by itself.
WAITING = ("PAUSED", "OUTSIDE_HOURS", "DND_HOURS", "QUIET_HOURS")
WISHED = ("CHILD", "DND_BLOCKED", *WAITING, "TOO_OFTEN")
NEVER = datetime.max.replace(tzinfo=at_hour(12).tzinfo)


class Expected(NamedTuple):
    """``until``: when a wait is over, or may be; None where nobody waits."""

    reason: str
    until: datetime | None = None


def expected(world: World, address: str, asked: Asked) -> Expected:
    """The one reason that a decision about the address names."""
    faulty = wrong_with_question(asked)
    if faulty:
        return Expected(faulty)
    if address == NO_ADDRESS:
        return Expected("NO_SUCH_ADDRESS")
    place = world.addresses_on(asked.channel).index(address)
    faulty = (
        wrong_with_header(asked)
        or wrong_with_template(asked)
        or wrong_together(asked)
        or wrong_without_template(world, place, asked)
    )
    if faulty:
        return Expected(faulty)
    category = category_of(asked)
    if category in {"transactional", "policy_and_security"}:
        return Expected("ALLOWED_ESSENTIAL")
    word, saying = word_at(world, place, asked, category)
    if word.startswith("ALLOWED"):
        return wishes_at(world, place, saying, asked, category) or Expected(word)
    is_of_a_no = word in {"CONSENT_DENIED", "CONSENT_WITHDRAWN", "SUPPRESSED"}
    return Expected("NO_CONSENT" if is_of_a_no and not hears_of_noes(world, place, asked) else word)


def wrong_with_question(asked: Asked) -> str:
    """A no to every address, even to what is none."""
    if asked.header == "VM-GOVT-G":
        return "GOVERNMENT_HEADER"
    return CLIENTS.get(asked.whose, "")


def wrong_with_header(asked: Asked) -> str:
    if not asked.header:
        return ""
    name, named = header_of(asked)
    if name in ENDED and asked.whose == ONESETU:
        return "HEADER_ENDED"
    if name not in SENDERS:
        return "UNKNOWN_HEADER"
    whose, carried = SENDERS[name]
    if whose != asked.whose:
        return "HEADER_OF_ANOTHER"
    return "HEADER_CATEGORY" if named and named not in carried else ""


def wrong_with_template(asked: Asked) -> str:
    if not asked.template:
        return ""
    written = asked.channel, asked.template
    if asked.template in ENDED and asked.whose == ONESETU:
        return "TEMPLATE_ENDED"
    if written not in TEMPLATES:
        return "TEMPLATE_NOT_APPROVED"
    whose, _category, only_from = TEMPLATES[written]
    if whose != asked.whose:
        return "TEMPLATE_OF_ANOTHER"
    if asked.template in NOT_APPROVED:
        return "TEMPLATE_NOT_APPROVED"
    return "TEMPLATE_NOT_FOR_HEADER" if asked.header and header_of(asked)[0] != only_from else ""


def header_of(asked: Asked) -> tuple[str, str]:
    """The name of the header that was written, and the category it names; empty for none and for one of nobody's."""
    return HEADERS.get((asked.channel, asked.header or ""), ("", ""))


def wrong_without_template(world: World, place: int, asked: Asked) -> str:
    """Within the hours after the number's last message. Once it left somebody, nobody knows who had written. By SMS and
    voice never.
    """
    if not asked.is_free_text or asked.channel not in {"whatsapp", "sms", "voice"}:
        return ""
    if asked.channel != "whatsapp":
        return "TEMPLATE_NEEDED"
    is_open = not any(place in who.left for who in world.people) and any(
        (one.number, one.whose, one.channel) == (place, asked.whose, "whatsapp")
        and one.at <= asked.at < one.at + FREE_TEXT
        for one in world.writings
    )
    return "" if is_open else "TEMPLATE_NEEDED"


def registered_for(asked: Asked) -> tuple[set[str] | None, str | None]:
    """What the header may carry under the last letter as written, and what the template is for. None: not named."""
    name, named = header_of(asked)
    by_header = ({named} if named else SENDERS[name][1]) if asked.header else None
    return by_header, TEMPLATES[asked.channel, asked.template][1] if asked.template else None


def wrong_together(asked: Asked) -> str:
    """A message goes only from a header, and in a template, that is registered for what it is, or for something stricter."""
    own, _needs_yes = PURPOSES[asked.purpose]
    by_header, by_template = registered_for(asked)
    stricter = STRICTEST_FIRST[: STRICTEST_FIRST.index(own) + 1]
    if by_template and by_template not in stricter:
        return "TEMPLATE_CATEGORY"
    if by_header and not by_header & ({by_template} if by_template else set(stricter)):
        return "HEADER_CATEGORY"
    return ""


def category_of(asked: Asked) -> str:
    """The purpose's, unless header or template are for something stricter: then that."""
    own, _needs_yes = PURPOSES[asked.purpose]
    goes_as = {"service", "transactional"} if own == "policy_and_security" else {own}
    by_header, by_template = registered_for(asked)
    if by_template:
        return own if by_template in goes_as else by_template
    if not by_header or by_header & goes_as:
        return own
    return min(by_header & set(STRICTEST_FIRST[: STRICTEST_FIRST.index(own)]), key=STRICTEST_FIRST.index)


def word_at(world: World, place: int, asked: Asked, category: str) -> tuple[str, Saying | None]:
    """What the address's own word makes of it, and the answer that decides."""
    said = said_at(world, place, asked)
    ended = ended_at(world, place, asked) if said is None else None
    # The notice asks for purposes that need a yes, and only theirs ends by itself.
    is_asked = PURPOSES[asked.purpose][1]
    needs_yes = category == "promotional" or is_asked
    holds = {
        "CONSENT_DENIED": said is not None and said.answer == "denied",
        "CONSENT_WITHDRAWN": said is not None and said.answer == "withdrawn",
        "SUPPRESSED": category == "promotional" and is_stopped(world, place, asked, said),
        "ALLOWED_NO_OBJECTION": not needs_yes,
        "NO_CONSENT": said is None and not had_said_yes(world, ended),
        "CONSENT_EXPIRED": said is None or (is_asked and said.minutes == LONG_AGO),
        "ADDRESS_UNVERIFIED": said is not None and not is_confirmed(world, said),
        "NOTICE_CHANGED": is_asked and said is not None and said.text == OLD_TEXT,
        "ALLOWED_BY_CONSENT": True,
    }
    return next(reason for reason, is_so in holds.items() if is_so), said


def said_at(world: World, place: int, asked: Asked) -> Saying | None:
    """The latest word of each person who did not give the address up; a no by anybody wins."""
    latest = latest_of_each(world, place, asked)
    standing = [one for person, one in latest.items() if not has_left(world, person, place, asked)]
    noes = [one for one in standing if one.answer != "given"]
    return min(noes or standing, key=lambda one: one.minutes, default=None)


def latest_of_each(world: World, place: int, asked: Asked) -> dict[frozenset[int], Saying]:
    """The last word of each person about what is asked, whether it still counts or not."""
    latest: dict[frozenset[int], Saying] = {}
    for saying in world.sayings:
        about = (saying.whose, saying.channel, saying.purpose)
        if about == (asked.whose, asked.channel, asked.purpose) and is_at(world, saying.number, place, asked):
            person = frozenset(group_of(world, saying.who))
            if person not in latest or saying.minutes < latest[person].minutes:
                latest[person] = saying
    return latest


def is_at(world: World, number: int, place: int, asked: Asked) -> bool:
    """Whether a place of an act is that which is asked about: of people, whoever is the same person."""
    if kind_of(asked.channel) != "subject":
        return number == place
    return place < len(world.people) and number in group_of(world, place)


def has_left(world: World, person: Iterable[int], place: int, asked: Asked) -> bool:
    """Whether the person gave the address up since: their words there have ended, whether they came back or not."""
    return kind_of(asked.channel) != "subject" and bool(leavings(world, person, place))


def leavings(world: World, person: Iterable[int], place: int) -> list[int]:
    """At which of the person's references the address left them: they gave it up there, and had it by no other."""
    by, found = {i for i in person if place in world.people[i].holds}, []
    for i in sorted(by):
        if place in world.people[i].left:
            by -= {i}
            found += [] if by else [i]
            by |= {i} if place in world.people[i].again else set()
    return found


def ended_at(world: World, place: int, asked: Asked) -> Saying | None:
    """Where nobody's word counts any more, the last of those that ended: people leave in the order of the people."""
    latest = latest_of_each(world, place, asked)
    return max(latest.values(), key=lambda one: leaving_order(world, one, place), default=None)


def leaving_order(world: World, saying: Saying, place: int) -> int:
    return leavings(world, group_of(world, saying.who), place)[-1]


def had_said_yes(world: World, ended: Saying | None) -> bool:
    """A no that ended leaves an address about which nobody spoke; a yes that ended is named."""
    return ended is not None and any(
        (one.number, one.whose, one.channel, one.purpose, one.answer)
        == (ended.number, ended.whose, ended.channel, ended.purpose, "given")
        and one.who in group_of(world, ended.who)
        for one in world.sayings
    )


def is_stopped(world: World, place: int, asked: Asked, yes: Saying | None) -> bool:
    """Until a yes that was given after the stop. One from a header does not count against another header.

    A no to promotion stays with the address when its person leaves.
    """
    name, _named = header_of(asked)
    stopped = [
        stop.minutes
        for stop in world.stops
        if (stop.whose, stop.kind) == (asked.whose, kind_of(asked.channel))
        and is_at(world, stop.number, place, asked)
        and (not stop.header or (asked.channel == CHANNEL_OF_STOP[stop.header] and name in {"", stop.header}))
    ]
    if PURPOSES[asked.purpose][0] == "promotional":
        for person, last in latest_of_each(world, place, asked).items():
            if last.answer != "given" and has_left(world, person, place, asked):
                stopped.append(last.minutes)
    return any(yes is None or minutes <= yes.minutes for minutes in stopped)


def hears_of_noes(world: World, place: int, asked: Asked) -> bool:
    """A client hears of a no only where somebody ever said yes to it, or stopped it."""
    kind = kind_of(asked.channel)
    yes = any(
        (one.whose, one.answer, kind_of(one.channel)) == (asked.whose, "given", kind)
        and is_at(world, one.number, place, asked)
        for one in world.sayings
    )
    stop = any(
        (one.whose, one.kind) == (asked.whose, kind) and is_at(world, one.number, place, asked) for one in world.stops
    )
    return asked.whose == ONESETU or yes or stop


def group_of(world: World, place: int) -> set[int]:
    """Everybody who is the same person as the one at that place."""
    same = {place}
    while True:
        more = {i for i, who in enumerate(world.people) if who.joined_to in same}
        more |= {world.people[i].joined_to for i in same if world.people[i].joined_to is not None}  # type: ignore[misc]
        if more <= same:
            return same
        same |= more


def is_confirmed(world: World, saying: Saying) -> bool:
    """When it was said or since, by the person under any reference. Whoever is the address needs no confirmation."""
    if kind_of(saying.channel) == "subject":
        return True
    same = [world.people[i] for i in group_of(world, saying.who)]
    return any(who.holds.get(saying.number) or saying.number in who.again for who in same)


def wishes_at(world: World, place: int, saying: Saying | None, asked: Asked, category: str) -> Expected | None:
    """Of everybody at the address, and who said yes there, the no that lasts longest; None where nobody says no."""
    there = holders_of(world, place, asked)
    groups = {frozenset(group_of(world, who)) for who in ([*there, saying.who] if saying else there)}
    noes = [no for group in groups or {frozenset()} if (no := wished(world, group, asked, category))]
    return max(noes, key=lambda no: (no.until or NEVER, -WISHED.index(no.reason)), default=None)


def holders_of(world: World, place: int, asked: Asked) -> list[int]:
    """Who is reached there now."""
    if kind_of(asked.channel) == "subject":
        return [place] if place < len(world.people) else []
    return [i for i, who in enumerate(world.people) if place in who.holds.keys() - who.left | who.again]


def wished(world: World, group: frozenset[int], asked: Asked, category: str) -> Expected | None:
    """What one person makes of it: nothing, or the first that holds."""
    wishes, blocks = last_of(world, group, "wishes"), last_of(world, group, "blocks")
    is_promotion = category == "promotional"
    if asked.channel not in BLOCKABLE or not (is_promotion or PURPOSES[asked.purpose][1]):
        blocks = {}
    if asked.channel == SILENT or not (is_promotion or wishes.get("quiet_for_service")):
        wishes = {name: value for name, value in wishes.items() if name != "quiet_from"}
    about = ADVERTISED.get(asked.whose)
    is_timed = is_promotion and asked.channel != SILENT
    closed = {name: any(now for _what, now in seen) for name, seen in clock_says(asked.at, wishes, blocks, is_timed)}
    holds = {
        "CHILD": is_promotion and any(world.people[i].is_child for i in group),
        "DND_BLOCKED": asked.channel in blocks.get("modes", [])
        or any(about in {None, category} for category in blocks.get("categories", [])),
        "PAUSED": "paused" in wishes,
        **closed,
        "TOO_OFTEN": "pace" in wishes and sum(world.people[i].sent for i in group) >= 2,
    }
    reason = next((reason for reason in WISHED if holds[reason]), None)
    if reason is None:
        return None
    if reason == "PAUSED":
        return Expected(reason, at_hour(12) + timedelta(days=3))
    if reason not in WAITING:
        return Expected(reason)
    when = asked.at
    while seen_before(reason, when, wishes, blocks, is_timed) == seen_before(
        reason, asked.at, wishes, blocks, is_timed
    ):
        when += timedelta(hours=1)
    return Expected(reason, when)


def clock_says(when: datetime, wishes: dict[str, Any], blocks: dict[str, list[str]], is_timed: bool) -> Any:
    """For each reason that the hour gives: everything that is looked at, and whether it stops a message then."""
    hour, day = when.hour, when.date()
    law = [("hours", not 10 <= hour < 21)] if is_timed else []
    bands = [(band, int(band[:2]) <= hour < int(band[6:8])) for band in blocks.get("bands", [])]
    days = [(f"{each} {day}", each == ("holiday" if day == HOLIDAY else "") or each == DAYS[day.weekday()])
            for each in blocks.get("days", [])]  # fmt: skip
    quiet = []
    if "quiet_from" in wishes:
        begins, ends = wishes["quiet_from"].hour, wishes["quiet_until"].hour
        quiet = [("quiet", begins <= hour < ends if begins < ends else hour >= begins or hour < ends)]
    return [("OUTSIDE_HOURS", law), ("DND_HOURS", bands + days), ("QUIET_HOURS", quiet)]


def seen_before(
    reason: str, when: datetime, wishes: dict[str, Any], blocks: dict[str, list[str]], is_timed: bool
) -> list[Any]:
    """What the clock says up to that reason: a change of any of it may change the answer."""
    told = clock_says(when, wishes, blocks, is_timed)
    names = [name for name, _seen in told]
    return [seen for _name, seen in told[: names.index(reason) + 1]]


def last_of(world: World, group: frozenset[int], what: str) -> dict[str, Any]:
    """Those told last: they are told in the order of the people. Telling of the one leaves the other as it is."""
    told = [getattr(world.people[place], what) for place in sorted(group)]
    return next((each for each in reversed(told) if each), {})
