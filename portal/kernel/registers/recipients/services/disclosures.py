"""Writing down that data of a person goes to a third party."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import advisory_locks, answers, clock, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import LawfulBasis
from portal.kernel.law.selectors import purpose as purpose_in_force
from portal.kernel.people.selectors import DEFAULT_REGIME, own_turns_of, refs_of, regimes_of
from portal.kernel.registers.base.labels import categories_of
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.selectors import vendor_assurance


@retried
def disclose(
    *,
    recipient_code: str,
    subject_ref: UUID,
    fields: Iterable[str],
    purpose: str,
    about: str,
    actor: Actor,
    now: datetime,
    consent_of: UUID | None = None,
) -> Disclosure:
    """Insert one disclosure and its audit event in one transaction; call it, and let it commit, before anything is sent.

    ``fields`` are kinds of values (``pan``, ``name``), never values; the basis is the purpose's on that day, consent
    where any law that applies to the person asks for it. A yes is read at the turn of whoever gave it, as a message's is
    before it leaves: a withdrawal that is being recorded is found, and one that comes now is recorded after the
    disclosure. Raises NotFound for a purpose that is not in force, Refused (NO_BASIS, NO_FIELDS) where nothing allows it
    or nothing would be sent, NO_PAPERS where the recipient lacks contract, check or transfer for these kinds of values on
    that day (``selectors.vendor_assurance``), and NO_CONSENT where the basis is consent and no yes of ``consent_of`` (the subject itself,
    unless told) counts then; its receipt stands in the row.
    """
    terms, whose = purpose_in_force(purpose, on=clock.day(now)), consent_of or subject_ref
    regimes = regimes_of(whose)
    bases = {regime: basis for regime in regimes if (basis := terms.basis(regime)) is not None}
    if len(bases) < len(regimes):
        raise Refused(_("No lawful basis is stated for this purpose: nothing may be sent."), code="NO_BASIS")
    kinds = sorted(set(fields))
    if not kinds:
        raise Refused(_("Say which kinds of values are sent."), code="NO_FIELDS")
    lacking = vendor_assurance.lacks(recipient_code, categories=categories_of(kinds), at=now)
    if lacking:
        raise Refused(vendor_assurance.words_of(lacking), code="NO_PAPERS")
    basis, receipt = bases[DEFAULT_REGIME], ""
    with transaction.atomic():
        if LawfulBasis.CONSENT in bases.values():
            basis, receipt = LawfulBasis.CONSENT, _receipt(whose, purpose, now)
        row = Disclosure.objects.create(
            reference=ids.new_reference("DI"),
            recipient_code=recipient_code,
            subject_ref=subject_ref,
            fields=kinds,
            purpose=purpose,
            basis=basis,
            receipt=receipt,
            about=about,
            disclosed_at=now,
        )
        audit.record(
            AuditKind.REGISTERS_DISCLOSURE_MADE,
            actor=actor,
            about=about,
            subject_ref=subject_ref,
            facts={
                "disclosure": row.reference,
                "recipient": recipient_code,
                "fields": " ".join(kinds),
                "purpose": purpose,
                "basis": str(basis),
            },
            at=now,
        )
    return row


def _receipt(whose: UUID, purpose: str, now: datetime) -> str:
    """The receipt of the yes that counts, read at the person's turn. First of all in the caller's transaction."""
    advisory_locks.take(*own_turns_of(refs_of(whose)))
    receipt: str = answers.consent_standing.ask(subject_ref=whose, purpose=purpose, at=now)
    if not receipt:
        raise Refused(_("This is based on consent, and there is no consent: nothing may be sent."), code="NO_CONSENT")
    return receipt
