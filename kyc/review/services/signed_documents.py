"""Documents that a signature proves, in a case: read by the confined child process, judged by the plan's signed checks.

An offline e-KYC file, an e-Aadhaar PDF and a certificate of DigiLocker are read while the customer waits, because the
share code may live in the memory of that one request only. What goes into quarantine, and later into the vault, is the
verdict: the file itself, its photo and its hashes are never stored. A picture with a QR code is read by the worker.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import DocumentState
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import labels
from kyc.cases.rules import signature_results
from kyc.cases.rules.document_checks import Said
from kyc.cases.selectors import known_name
from kyc.cases.services import document_encryption
from kyc.cases.services.declared_values import typed_beside
from kyc.review.services.value_checks import digest
from kyc.signatures.child_reader import DIGILOCKER, EAADHAAR, EKYC, QR
from kyc.signatures.keys import Key
from kyc.signatures.result import Signature, Signed
from kyc.signers.services import signer_proposals
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.law.selectors import house_rule
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import Customer, Membership, Principal
from portal.kernel.people.selectors import contact_for
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.result import Fault
from portal.kernel.vault.services import files

#: The module that answers in the child.
READER = "kyc.signatures.child_reader"
#: Kinds whose file is read at once, and of which only the verdict is stored.
AT_ONCE = frozenset({EKYC, EAADHAAR, DIGILOCKER})
#: What is kept of them: the verdict without the fields that nobody needs to see.
RECORD = "application/json"


def read(
    data: bytes,
    *,
    kind: str,
    keys: Iterable[Key],
    now: datetime,
    mobile: str = "",
    email: str = "",
    share_code: str = "",
) -> Signed:
    """The verdict on a signed document. Writes nothing; the share code ends with the child process.

    A child that dies on the file is a verdict too: the same file would kill the next one.
    """
    if len(data) > client.LIMITS.size:
        return Signed(refused=str(Fault.TOO_LARGE))
    asked = {
        "kind": kind,
        "keys": [key.as_json() for key in keys],
        "now": clock.stamp(now),
        "mobile": mobile,
        "email": email,
        "share_code": share_code,
    }
    try:
        return Signed.from_json(client.ask(READER, data, asked=asked))
    except client.ChildFailedError:
        return Signed(refused=str(Fault.TOO_COMPLEX))


def read_at_once(
    stream: BinaryIO, *, kind: str, customer: Customer, party: Party | None, share_code: str, now: datetime
) -> bytes:
    """The verdict on an upload, as the bytes that are stored in its place. Raises Refused with the reason as code.

    A file that nobody signed proves nothing and could never be approved: it is refused while its holder is here.
    """
    data = stream.read(client.LIMITS.size + 1)
    mobile, email = _contacts(customer, party)
    signed = read(
        data,
        kind=kind,
        keys=signer_proposals.trusted(),
        now=now,
        mobile=mobile,
        email=email,
        share_code=share_code.strip(),
    )
    if signed.refused:
        said = labels.PROOF_FAULTS.get(signed.refused) or labels.FAULTS.get(Fault(signed.refused))
        raise Refused(said or _("We could not read this file."), code=signed.refused)
    if signed.signature is Signature.MISSING:
        raise Refused(labels.PROOF_FAULTS["SIGNATURE_MISSING"], code="SIGNATURE_MISSING")
    return json.dumps(signed.as_json(), sort_keys=True).encode()


def judged(document: Document, data: bytes, *, at: datetime) -> tuple[dict[str, Said], Signed]:
    """What each signed check says, by its name, and the verdict they follow from: stored already, or read now.

    ``data`` is what lies in quarantine, or the kept picture with its QR codes. What was looked at beside the file is in the
    hash of each: the trusted keys, the instant, the contacts, and what is known and typed of the person.
    """
    contacts = _contacts(document.case.customer, document.party)
    keys = signer_proposals.trusted()
    if document.kind in AT_ONCE:
        signed = Signed.from_json(json.loads(data))
    else:
        signed = read(data, kind=document.kind, keys=keys, now=at, mobile=contacts[0], email=contacts[1])
    seen = {
        "kind": document.kind,
        "keys": sorted(key.sha256 for key in keys if key.may_sign(document.kind)),
        "at": clock.stamp(at),
        "contacts": contacts,
        "known": known_name(document),
        "declared": _declared(document),
    }
    found = _said(document, signed, now=at)
    return {name: replace(one, seen_sha256=digest(seen)) for name, one in found.items()}, signed


def holds_another_code(data: bytes, *, kind: str, at: datetime) -> bool:
    """Whether the QR codes of an upload are none of Aadhaar: its holder hears so at once, as of a picture without a code."""
    if kind != QR:
        return False
    return read(data, kind=kind, keys=(), now=at).refused in {Fault.NO_CODE, Fault.CORRUPT}


def said_at_once(document: Document, *, actor: Actor) -> str:
    """What the check of its signature will say of a file that was read when it came; empty for every other.

    Its verdict lies in quarantine until the checks have run; the caller has decided that the person may see the document.
    """
    if document.kind not in AT_ONCE or document.state not in {DocumentState.RECEIVED, DocumentState.STALLED}:
        return ""
    with files.open_stream(document.quarantined, actor=actor, reason="own_document") as stream:
        signed = Signed.from_json(json.loads(stream.read()))
    return str(signature_results.signature(signed, kind=document.kind).outcome)


def record_of(signed: Signed, kind: str) -> bytes:
    """What is kept in place of a file that was read at once: what was verified, masked, and by which key."""
    kept = {**signed.as_json(), "kind": kind, "fields": signature_results.masked(signed.fields)}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()


def _said(document: Document, signed: Signed, *, now: datetime) -> dict[str, Said]:
    """The masked fields stand in the evidence of the first."""
    if signed.refused:
        nothing = Said(CheckOutcome.NOT_APPLICABLE, "NOT_READ")
        return {
            "signature": Said(CheckOutcome.FAIL, signed.refused),
            **dict.fromkeys(("contact", "declared_person", "name", "age", "issued_lately"), nothing),
        }
    today = clock.day(now)
    genuine = signature_results.signature(signed, kind=document.kind)
    evidence = {**genuine.evidence, **signature_results.masked(signed.fields), "layout": signed.layout}
    return {
        "signature": Said(genuine.outcome, genuine.reason, evidence, signed.signer_sha256),
        "contact": signature_results.contact(signed),
        "declared_person": signature_results.declared_person(signed, _declared(document)),
        "name": signature_results.name(signed, known_name(document)),
        "age": signature_results.age(
            signed, kind=document.kind, at=now, adult=int(house_rule("people.adult_age", on=today).amount or 0)
        ),
        "issued_lately": signature_results.issued_lately(
            signed, at=now, days=int(house_rule("kyc.issued_lately", on=today).amount or 0)
        ),
    }


def shown(document: Document) -> dict[str, Any]:
    """What the signature proved, masked, as the review desk names it; empty where nothing was verified."""
    found = proved(document)
    return {labels.PROVED[name]: found[name] for name in labels.PROVED if found.get(name)}


def proved(document: Document) -> dict[str, Any]:
    """What the signature proved, masked, by our names; empty where nothing was verified."""
    last = document.checks.filter(name="signature").select_related("evidence").order_by("-attempt").first()
    if last is None or not hasattr(last, "evidence"):
        return {}
    return dict(json.loads(document_encryption.opened(document, last.evidence.sealed)))


def owner_of(customer: Customer) -> Principal | None:
    """The person who owns the account."""
    memberships = Membership.objects.filter(customer=customer, ended_at=None, role=MemberRole.OWNER)
    owner = memberships.select_related("principal__subject").order_by("pk").first()
    return owner.principal if owner else None


def _declared(document: Document) -> dict[str, str]:
    given = typed_beside(document)
    return {"name": given.get("name", ""), "birth": given.get("born_on", "")}


def _contacts(customer: Customer, party: Party | None) -> tuple[str, str]:
    """Mobile number and e-mail address of the person behind the customer; nothing is known of a party's."""
    if party is not None:
        return "", ""
    owner = owner_of(customer)
    if owner is None:
        return "", ""
    mobile, email = (contact_for(owner, channel) for channel in (Channel.SMS, Channel.EMAIL))
    return (str(mobile.address) if mobile else "", str(email.address) if email else "")
