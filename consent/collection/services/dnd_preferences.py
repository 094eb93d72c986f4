"""What a person tells us to block, as with an operator's "do not disturb": categories, modes, hours and days.

A person's own list holds for whoever's messages we send, from its commit on. It is no entry in an operator's register.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Way
from consent.base.rules import dnd_rules
from consent.collection.services import client_consents
from consent.preferences.services import preferences
from consent.preferences.services.preferences import Blocked
from consent.records.models.events import ConsentReceipt
from consent.records.selectors.preferences import holders, preference_of
from consent.records.services.consent_events import fiduciary_of
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, clock, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import LostRace, NotAllowed, PortalError, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import DayType, PreferenceCategory
from portal.kernel.people import selectors as people

#: TRAI TCCCPR: the bands of hours that can be blocked. Other parts are codes of closed lists.
BANDS_RULE = "IN-TRAI-PREF-BANDS"
DAYS_RULE = "IN-TRAI-PREF-DAYS"


@dataclass(frozen=True)
class Offered:
    """The codes a person may choose from, each list in the order in which a page shows it."""

    categories: Sequence[str]
    modes: Sequence[str]
    bands: Sequence[str]
    days: Sequence[str]


def offered(*, at: datetime, now_blocked: Blocked) -> Offered:
    """What can be blocked by the rule of that day; a band that the person blocked under an older rule stays among them."""
    try:
        bands = list(law.legal_rule(BANDS_RULE, on=clock.day(at)).values)
    except PortalError:
        bands = []
    return Offered(
        categories=PreferenceCategory.values,
        modes=dnd_rules.CHANNELS,
        bands=sorted({*bands, *now_blocked.blocked_bands.split()}),
        days=DayType.values,
    )


def is_confirmed(*, at: datetime) -> bool:
    """Whether the hours and the kinds of days that are offered were read in the law. One that is not loaded is not."""
    try:
        rules = [law.legal_rule(key, on=clock.day(at)) for key in (BANDS_RULE, DAYS_RULE)]
    except PortalError:
        return False
    return all(rule.is_confirmed for rule in rules)


def blocked_of(subject_ref: UUID) -> Blocked:
    """What the person blocks now, told under any reference of theirs."""
    return preferences.blocked_in(preference_of(people.refs_of(subject_ref)))


@retried
def block(
    *,
    subject_ref: UUID,
    lists: Mapping[str, Iterable[str]],
    way: Way,
    actor: Actor,
    seen: Blocked | None = None,
    now: datetime | None = None,
) -> ConsentReceipt | None:
    """Keep exactly this list as what the person blocks. One transaction; None, and nothing written, when it is so already.

    The transaction writes the receipt, the fact, the present row, one audit event with its leaf, and the word to
    recipients. ``lists`` has codes under ``categories``, ``modes``, ``bands`` and ``days``; what is not named is empty.
    ``seen`` is the list that the person had before them: LostRace when it has changed since, so that an old
    page lifts nothing that was blocked elsewhere meanwhile. Raises Refused for a code that is not offered.
    """
    at = now or clock.now()
    with transaction.atomic():
        row = preferences.present(subject_ref)
        before = preferences.blocked_in(row)
        if seen is not None and seen != before:
            raise LostRace(_("Your blocks were changed elsewhere meanwhile. Check them again, then save."))
        known = offered(at=at, now_blocked=before)
        wanted = Blocked(
            **{f"blocked_{name}": _codes(lists.get(name, ()), codes) for name, codes in vars(known).items()}
        )
        if wanted == before:
            return None
        receipt = ConsentReceipt.objects.create(reference=ids.new_reference("CR"), subject_ref=subject_ref, made_at=at)
        event = record(
            AuditKind.CONSENT_PREFERENCE_TOLD,
            actor=actor,
            about=f"consent.receipt:{receipt.reference}",
            facts={
                "reference": receipt.reference,
                "way": str(way),
                **{name.removeprefix("blocked_"): codes or None for name, codes in asdict(wanted).items()},
            },
            subject_ref=subject_ref,
            at=at,
        )
        preferences.keep(
            subject_ref=subject_ref,
            wishes=preferences.of_row(row, people.refs_of(subject_ref)),
            blocked=wanted,
            entry=event.entry,
            receipt=receipt,
            actor=actor,
            at=at,
        )
    return receipt


@retried
def told_by_system(
    *, fiduciary: str, address: str, lists: Mapping[str, Iterable[str]], actor: Actor, now: datetime
) -> list[ConsentReceipt]:
    """A system of our own was told (by call, letter or key press) what is not wanted at a number: block that as well.

    One transaction, for everybody who holds the number, or for somebody new who is known by it alone. Only adds: what is
    blocked is lifted by the person, on their page. Empty when all of it was blocked already. Raises NotAllowed for a
    client's system, because a block stops everybody's messages; Refused for what is no number or a code that is not
    offered.
    """
    whose = fiduciary_of(fiduciary)
    if not whose.is_self:
        raise NotAllowed(_("A person's block applies to every sender: only our own systems may report it."))
    plain = addresses.normalise(addresses.PHONE, address)
    with transaction.atomic():
        keys = addresses.address_keys(plain)
        known = sorted(holders(keys)) or [
            client_consents.person_at(whose, addresses.PHONE, plain, actor=actor, now=now)
        ]
        done = [_block_more(ref, lists, actor=actor, now=now) for ref in known]
    return [receipt for receipt in done if receipt is not None]


def _block_more(
    subject_ref: UUID, lists: Mapping[str, Iterable[str]], *, actor: Actor, now: datetime
) -> ConsentReceipt | None:
    before = preferences.blocked_in(preferences.present(subject_ref))
    wider = {
        name.removeprefix("blocked_"): [*codes.split(), *lists.get(name.removeprefix("blocked_"), ())]
        for name, codes in asdict(before).items()
    }
    return block(subject_ref=subject_ref, lists=wider, way=Way.API, actor=actor, now=now)


def seen_in(text: str) -> Blocked:
    """The list that a page carried (``as_text``). Raises Refused for what is none."""
    parts = text.split("|")
    if len(parts) != len(fields(Blocked)):
        raise Refused(_("Open this page again, then save."), code="MALFORMED")
    return Blocked(*parts)


def as_text(blocked: Blocked) -> str:
    """A list on one line, for a page to carry."""
    return "|".join(asdict(blocked).values())


def differences(*, seen: Blocked, now: Blocked) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What is blocked now and was not in the list that was seen, and the other way round; by list."""
    was, stands = _by_list(seen), _by_list(now)
    more = {name: [code for code in codes if code not in was[name]] for name, codes in stands.items()}
    less = {name: [code for code in codes if code not in stands[name]] for name, codes in was.items()}
    return more, less


def merged(ticked: Mapping[str, Iterable[str]], *, seen: Blocked, now: Blocked) -> dict[str, list[str]]:
    """Whatever the person changed in the list that they saw, put on the list that stands now."""
    was, found = _by_list(seen), {}
    for name, codes in _by_list(now).items():
        wanted = list(ticked.get(name, ()))
        lifted = [code for code in was[name] if code not in wanted]
        found[name] = [code for code in codes if code not in lifted]
        found[name] += [code for code in wanted if code not in was[name] and code not in codes]
    return found


def _by_list(blocked: Blocked) -> dict[str, list[str]]:
    return {name.removeprefix("blocked_"): codes.split() for name, codes in asdict(blocked).items()}


def _codes(chosen: Iterable[str], known: Sequence[str]) -> str:
    wanted = {str(code) for code in chosen}
    if wanted - set(known):
        raise Refused(_("One of the choices is no longer offered. Check them again and save."), code="NOT_OFFERED")
    return " ".join(code for code in known if code in wanted)
