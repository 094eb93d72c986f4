"""Which certificates are trusted: those that ship, and those that two people imported. Two people also end one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from cryptography.x509.oid import NameOID
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kyc.base.choices import PROVED_BY_SIGNATURE, SignerChange
from kyc.base.permissions import Act
from kyc.signatures.child_reader import KINDS
from kyc.signatures.keys import Key
from kyc.signers import shipped_signers
from kyc.signers.models import SignerKey, SignerProposal
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.law.selectors import house_rule
from portal.kernel.people.services import maker_checker

log = structlog.get_logger(__name__)
ALARM = "kyc.signer_alarm"
LONGEST_SOURCE = int(SignerProposal._meta.get_field("source").max_length or 0)


def load_shipped(*, actor: Actor) -> int:
    """Trust the certificates of ``kyc/data/signers`` (``sync_rules``); returns how many were added. Safe to repeat.

    One that two people have ended stays ended.
    """
    added = 0
    for one in shipped_signers.shipped():
        with transaction.atomic():
            added += _add(one.key, one.source, is_confirmed=one.confidence == "R", actor=actor, now=clock.now())
    return added


def trusted() -> list[Key]:
    """Every certificate in force, newest first; which documents each may sign stands in it."""
    rows = SignerKey.objects.filter(ended_at=None).order_by("-valid_until", "pk")
    return [Key(bytes(row.certificate), frozenset(row.kinds)) for row in rows]


def shown(proposal: SignerProposal) -> dict[str, Any]:
    """What both people see and are bound to."""
    return _describe(proposal.change, proposal.sha256, proposal.kinds, proposal.source)


def propose(*, data: bytes, kinds: Iterable[str], source: str, actor: Actor, now: datetime) -> SignerProposal:
    """Propose to trust a certificate, PEM or DER. Nothing is verified with it before another person agrees.

    Raises NotAllowed; Refused for a file that is no RSA certificate, without a known kind or a source, or for one that
    is trusted or proposed already.
    """
    wanted = sorted(set(kinds))
    if not wanted or not set(wanted) <= set(KINDS):
        raise Refused(_("Choose which documents it may sign."), code="KINDS")
    if not source.strip():
        raise Refused(
            _("Say where the certificate was published, so that the other person can compare it."), code="SOURCE"
        )
    try:
        key = Key.from_file(data, wanted)
    except ValueError as error:
        said = _("This file is no certificate with an RSA key. Choose the .cer or .pem file that the issuer publishes.")
        raise Refused(said, code="CERTIFICATE") from error
    _require_short(source)
    if SignerKey.objects.filter(sha256=key.sha256, ended_at=None, kinds=wanted).exists():
        raise Refused(_("This certificate is trusted already."), code="KNOWN")
    return _propose(SignerChange.ADD, key, source.strip(), actor, now)


def propose_end(row: SignerKey, *, source: str, actor: Actor, now: datetime) -> SignerProposal:
    """Propose to trust a certificate no longer; ``source`` says why. Raises NotAllowed, Refused, IllegalMove."""
    if row.ended_at is not None:
        raise IllegalMove(_("This certificate is no longer trusted."))
    if not source.strip():
        raise Refused(_("Say why it should not be trusted, and where that was published."), code="SOURCE")
    _require_short(source)
    return _propose(SignerChange.END, Key(bytes(row.certificate), frozenset(row.kinds)), source.strip(), actor, now)


def answer(proposal: SignerProposal, *, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """Agree or refuse, in one transaction with what follows: a yes adds or ends the certificate.

    After the commit a worker looks again at documents whose signer was unknown (``rechecking``).

    Raises what ``maker_checker.answer`` raises.
    """
    with transaction.atomic():
        maker_checker.answer(
            proposal,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(proposal),
            reason=reason,
            now=now,
        )
        _record(AuditKind.KYC_SIGNER_ANSWERED, proposal, actor, now)
        if not approve:
            return
        if proposal.change == SignerChange.END:
            SignerKey.objects.filter(sha256=proposal.sha256, ended_at=None).update(ended_at=now)
        else:
            key = Key(bytes(proposal.certificate), frozenset(proposal.kinds))
            SignerKey.objects.filter(sha256=key.sha256).update(ended_at=None, kinds=sorted(key.kinds))
            _add(key, proposal.source, is_confirmed=True, actor=actor, now=now)
            enqueue("kyc.tasks.look_again", proposal.kinds)


@dataclass(frozen=True)
class Ending:
    """A kind of document whose newest certificate ends soon, or has ended."""

    kind: str
    name: str
    ends_at: datetime
    days: int


def ending(*, now: datetime) -> list[Ending]:
    """The kinds of document for which no trusted certificate outlives the alarm's lead time, soonest first."""
    newest: dict[str, SignerKey] = {}
    for row in SignerKey.objects.filter(ended_at=None).defer("certificate").order_by("valid_until", "pk"):
        newest |= dict.fromkeys(row.kinds, row)
    if not newest:
        return []
    lead = house_rule(ALARM, on=clock.day(now)).duration
    soon = {kind: row for kind, row in newest.items() if row.valid_until - now <= lead}
    found = [Ending(kind, row.name, row.valid_until, (row.valid_until - now).days) for kind, row in soon.items()]
    return sorted(found, key=lambda one: (one.ends_at, one.kind))


def unsigned_for() -> list[str]:
    """The kinds of document that a signature proves and for which no certificate is trusted: none of them can be verified."""
    rows = SignerKey.objects.filter(ended_at=None).values_list("kinds", flat=True)
    return sorted(PROVED_BY_SIGNATURE.difference(*rows))


def warn(*, now: datetime) -> int:
    """One warning in the log for each kind whose newest certificate ends soon; returns how many. Run once a day."""
    soon = ending(now=now)
    for one in soon:
        log.warning("kyc.signer_ends_soon", kind=one.kind, days=one.days)
    return len(soon)


def _propose(change: SignerChange, key: Key, source: str, actor: Actor, now: datetime) -> SignerProposal:
    try:
        with transaction.atomic():
            made = maker_checker.propose(
                SignerProposal,
                act=Act.SIGNER,
                maker=maker_checker.person_of(actor),
                shown=_describe(change, key.sha256, sorted(key.kinds), source),
                now=now,
                change=change,
                sha256=key.sha256,
                name=name_of(key),
                certificate=key.der,
                kinds=sorted(key.kinds),
                source=source,
            )
            _record(AuditKind.KYC_SIGNER_PROPOSED, made, actor, now)
    except IntegrityError as error:
        raise Refused(_("A change of this certificate waits for a decision already."), code="OPEN") from error
    return made


def _require_short(source: str) -> None:
    if len(source.strip()) > LONGEST_SOURCE:
        said = _("Say it in %(most)d characters at most: an address and a day are enough.") % {"most": LONGEST_SOURCE}
        raise Refused(said, code="SOURCE")


def name_of(key: Key) -> str:
    """The common name in the certificate."""
    names = key.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value)[:200] if names else key.sha256[:16]


def _describe(change: str, sha256: str, kinds: Iterable[str], source: str) -> dict[str, Any]:
    return {"change": str(change), "sha256": sha256, "kinds": sorted(kinds), "source": source}


def _add(key: Key, source: str, *, is_confirmed: bool, actor: Actor, now: datetime) -> bool:
    certificate = key.certificate
    _row, is_new = SignerKey.objects.get_or_create(
        sha256=key.sha256,
        defaults={
            "name": name_of(key),
            "certificate": key.der,
            "kinds": sorted(key.kinds),
            "valid_from": certificate.not_valid_before_utc,
            "valid_until": certificate.not_valid_after_utc,
            "source": source,
            "is_confirmed": is_confirmed,
            "added_at": now,
        },
    )
    if is_new:
        record(
            AuditKind.KYC_SIGNER_ADDED,
            actor=actor,
            about=f"kyc.signer_key:{key.sha256}",
            facts={"sha256": key.sha256, "kinds": " ".join(sorted(key.kinds))},
            at=now,
        )
    return is_new


def _record(kind: AuditKind, proposal: SignerProposal, actor: Actor, at: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=f"kyc.signer_key:{proposal.sha256}",
        facts={
            "proposal": proposal.pk,
            "change": str(proposal.change),
            "sha256": proposal.sha256,
            "kinds": " ".join(proposal.kinds),
            "answer": str(proposal.answer),
            "shown_sha256": proposal.shown_sha256,
        },
        at=at,
    )
