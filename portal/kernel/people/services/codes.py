"""Six-digit codes: sent to an address, good for minutes, once, a few tries, in the browser that asked."""

import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses, advisory_locks, ciphers
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.core.text import ascii_digits
from portal.kernel.people import account_rules, signin_limits
from portal.kernel.people.account_rules import CodeVerdict
from portal.kernel.people.choices import CodePurpose
from portal.kernel.people.models import OneTimeCode, WrongCode

DIGITS = 6
#: Until the rules are loaded.
DEFAULT_LIFE = timedelta(minutes=15)
DEFAULT_TRIES = 5
#: How long an old code is called "expired"; later it is just wrong.
TOLD_EXPIRED_FOR = timedelta(hours=2)
#: Codes asked for one address: within this time ...
COUNTED_WITHIN = timedelta(hours=1)

TOO_MANY_CODES = "TOO_MANY_CODES"
_WHY = {
    CodeVerdict.WRONG: (_("This code is not right. Check it, or ask for a new one."), "CODE_WRONG"),
    CodeVerdict.EXPIRED: (_("This code has expired. Ask for a new one."), "CODE_EXPIRED"),
    CodeVerdict.USED: (_("This code was used already. Ask for a new one."), "CODE_USED"),
    CodeVerdict.TOO_MANY_TRIES: (_("There were too many wrong codes. Ask for a new one."), "CODE_TRIES"),
}
_NOTED = frozenset({CodeVerdict.WRONG, CodeVerdict.TOO_MANY_TRIES})


@dataclass(frozen=True)
class SeenFrom:
    """Where a code was typed: the network address, the browser, and the token of a known one."""

    network: str = field(default="", repr=False)
    browser: str = ""
    token: str = field(default="", repr=False)


def issue(
    *,
    purpose: CodePurpose | str,
    kind: str,
    address: str,
    about: str = "",
    browser: str = "",
    known_device: bool = False,
    now: datetime,
) -> OneTimeCode:
    """Insert a code for an address (whether or not anybody has it; sending is the caller's). See ``plain``.

    Raises Refused for what is no address, or (``TOO_MANY_CODES``) when too many were asked for within an hour. A
    device that is known for the address has a count of its own, so that a stranger cannot use it up. Who asks twice at
    one instant is counted one after the other.
    """
    normal = addresses.normalise(kind, address)
    limit = settings.CODES_PER_HOUR
    with transaction.atomic():
        # By the oldest lookup key, which all processes know while a new one is being given out.
        advisory_locks.take(
            f"people.code:{addresses.address_keys(normal)[-1].hex()}", *([f"people.code:{about}"] if about else [])
        )
        asked = OneTimeCode.objects.filter(
            purpose=CodePurpose(purpose),
            address_key__in=addresses.address_keys(normal),
            from_known_device=known_device,
            forgiven_at=None,
            made_at__gt=now - COUNTED_WITHIN,
        )
        # A login confirms addresses of its own: it is no means to send codes to a hundred strangers.
        of_login = OneTimeCode.objects.filter(
            purpose=CodePurpose.CONTACT, about=about, forgiven_at=None, made_at__gt=now - COUNTED_WITHIN
        )
        if purpose == CodePurpose.ACT:
            # Each that came back showed that its owner asks: who changes many things is not kept from the next.
            asked = asked.filter(used_at=None)
        too_many = bool(about) and purpose == CodePurpose.CONTACT and of_login.count() >= limit
        if too_many or asked.count() >= limit:
            raise Refused(
                _("Too many codes were asked for. Wait an hour, or use a device you have signed in from before."),
                code=TOO_MANY_CODES,
            )
        return OneTimeCode.objects.create(
            purpose=CodePurpose(purpose),
            kind=kind,
            address=normal,
            address_key=addresses.address_key(normal),
            about=about,
            browser=browser,
            nonce=os.urandom(16),
            made_at=now,
            expires_at=now + life(purpose, now=now),
            from_known_device=known_device,
        )


def life(purpose: CodePurpose | str, *, now: datetime) -> timedelta:
    """How long a code works, by our own rule."""
    proves_address = purpose in {CodePurpose.CONTACT, CodePurpose.STOP}
    key = "people.verification_code_life" if proves_address else "signin.code_life"
    return signin_limits.length(key, now=now, otherwise=DEFAULT_LIFE)


def is_open(*, purpose: CodePurpose | str, about: str, now: datetime) -> bool:
    """Whether a code that was sent for this work would still be taken: in time, not used, not ended by wrong ones."""
    sent = OneTimeCode.objects.filter(purpose=CodePurpose(purpose), about=about, used_at=None, expires_at__gt=now)
    return sent.filter(tries__lt=_most_tries(now)).exists()


def plain(code: OneTimeCode) -> str:
    """The six digits, computed from the row's nonce under a derived key: they are stored nowhere."""
    digest = hmac.digest(ciphers.derived_key("people.one_time_code"), bytes(code.nonce), "sha256")
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}d}"


def redeem(
    *,
    purpose: CodePurpose | str,
    kind: str,
    address: str,
    typed: str,
    about: str = "",
    browser: str = "",
    seen_from: SeenFrom | None = None,
    now: datetime,
) -> OneTimeCode:
    """Use up the code that was typed, in a transaction of its own; see ``attempt``. Raises Refused saying what to do."""
    with transaction.atomic():
        found = attempt(
            purpose=purpose,
            kind=kind,
            address=address,
            typed=typed,
            about=about,
            browser=browser,
            seen_from=seen_from,
            now=now,
        )
    if isinstance(found, Refused):
        raise found
    return found


def digits_of(typed: str) -> str:
    """The digits of a code as it was typed: spaces, hyphens and digits of other scripts are forgiven."""
    return "".join(character for character in ascii_digits(typed) if character.isdigit())


def attempt(
    *,
    purpose: CodePurpose | str,
    kind: str,
    address: str,
    typed: str,
    about: str = "",
    browser: str = "",
    seen_from: SeenFrom | None = None,
    now: datetime,
) -> OneTimeCode | Refused:
    """The code that was typed, used up, or the refusal that says what to do, in the caller's transaction. Spaces, hyphens
    and digits of other scripts are forgiven.

    An earlier code works as long as its own time runs; using one ends all of them. A wrong one counts against each open
    code, and with ``seen_from`` goes into the history of the login, if the address has one: the refusal is returned and
    not raised, so that what it counts is not rolled back with it. Raise it after the transaction.
    """
    digits = digits_of(typed)
    normal = addresses.normalise(kind, address)
    rows = OneTimeCode.objects.filter(
        purpose=CodePurpose(purpose),
        address_key__in=addresses.address_keys(normal),
        about=about,
        browser=browser,
        made_at__gt=now - TOLD_EXPIRED_FOR - life(purpose, now=now),
    ).order_by("-made_at", "-pk")
    verdict, right = _judge(list(rows.select_for_update()), digits, _most_tries(now), now)
    if right is not None and OneTimeCode.objects.filter(pk=right.pk, used_at=None).update(used_at=now) == 1:
        rows.filter(used_at=None).update(used_at=now)
        right.refresh_from_db()
        return right
    if verdict is CodeVerdict.WRONG:
        rows.filter(used_at=None).update(tries=F("tries") + 1)
    if verdict in _NOTED and seen_from is not None:
        _keep_wrong(normal, seen_from, now)
    message, reason = _WHY[CodeVerdict.USED if right is not None else verdict]
    return Refused(message, code=reason)


def _most_tries(now: datetime) -> int:
    """How many wrong codes end a code, by our own rule."""
    return signin_limits.number("signin.attempts", now=now, otherwise=DEFAULT_TRIES)


def _keep_wrong(address: str, seen_from: SeenFrom, now: datetime) -> None:
    """A row for the task that writes the history: whose login it is, if anybody's, is looked up after the answer."""
    row = WrongCode.objects.create(
        address=address,
        address_key=addresses.address_key(address),
        network=seen_from.network,
        browser=seen_from.browser[:120],
        token=seen_from.token,
        typed_at=now,
    )
    enqueue("portal.signin.tasks.note_wrong_code", row.pk)


def _judge(rows: list[OneTimeCode], digits: str, tries: int, now: datetime) -> tuple[CodeVerdict, OneTimeCode | None]:
    """The best verdict over the open codes: right, or the most telling reason why not."""
    verdicts: dict[CodeVerdict, OneTimeCode] = {}
    for row in rows:
        facts = account_rules.CodeFacts(
            expires_at=row.expires_at,
            used_at=row.used_at,
            tries=row.tries,
            matches=hmac.compare_digest(plain(row), digits.rjust(DIGITS, "x")),
        )
        verdict = account_rules.judge_code(facts, now=now, max_tries=tries, told_expired_for=TOLD_EXPIRED_FOR)
        verdicts.setdefault(verdict, row)
    if CodeVerdict.RIGHT in verdicts:
        return CodeVerdict.RIGHT, verdicts[CodeVerdict.RIGHT]
    for telling in (CodeVerdict.USED, CodeVerdict.EXPIRED, CodeVerdict.WRONG, CodeVerdict.TOO_MANY_TRIES):
        if telling in verdicts:
            return telling, None
    return CodeVerdict.WRONG, None


def forgive(*, kind: str, address: str, now: datetime) -> int:
    """No longer count the codes asked for an address: staff unlock it. Gives how many there were."""
    keys = addresses.address_keys(addresses.normalise(kind, address))
    return OneTimeCode.objects.filter(address_key__in=keys, forgiven_at=None).update(forgiven_at=now)


def sweep(*, now: datetime) -> int:
    """Delete codes that are neither good nor counted any more, with the addresses in them."""
    longest = max(life(purpose, now=now) for purpose in CodePurpose)
    before = now - max(COUNTED_WITHIN, TOLD_EXPIRED_FOR + longest)
    deleted, _rows = OneTimeCode.objects.filter(made_at__lt=before).delete()
    return deleted
