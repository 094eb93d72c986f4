"""What each book asks of a row before two people may agree to it. Raises Refused beside the field that is wrong."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, ports, work_references
from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.law import bases
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import BASES_OF_REGIME, LawfulBasis, Regime
from portal.kernel.people.models import RoleGrant
from portal.kernel.people.selectors import grants_in_force
from portal.kernel.registers.base.choices import (
    AccessBasis,
    ActivityRole,
    CountrySays,
    DatasetForm,
    DatasetKind,
    DpiaOutcome,
    Lack,
    LeftOut,
)
from portal.kernel.registers.base.models.register_entries import BookEntry
from portal.kernel.registers.base.models.security import AccessReview, AccountBlock, ContentAccess, ExternalLink
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.entries.models.processing import Dataset, Dpia, ProcessingActivity, Product
from portal.kernel.registers.entries.services import suspension_notices
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.models.vendor_assurance import Contract, CountryRule, RecipientCheck, Transfer
from portal.kernel.registers.recipients.rules import HOME, lacks
from portal.kernel.registers.recipients.selectors import vendor_assurance
from portal.kernel.registers.senders.selectors.senders import in_force
from portal.kernel.registers.senders.services import sender_entries


def _known(model: type[BookEntry], codes: list[str], at: datetime) -> bool:
    """Whether a row of each code holds at ``at``."""
    return in_force(model._default_manager.filter(code__in=codes), at=at).values("code").distinct().count() == len(
        codes
    )


def _activity(row: ProcessingActivity, at: datetime) -> None:
    """GDPR Art 30: the processor names the controllers, the controller its basis; a needed assessment is there."""
    if row.role != ActivityRole.CONTROLLER and not row.others.strip():
        raise at_field(
            "others", _("Say who else decides: the law asks for the name and contact."), code="OTHERS_MISSING"
        )
    if row.role != ActivityRole.PROCESSOR and not row.basis_in:
        raise at_field("basis_in", _("Say on what basis this is done in India."), code="NO_BASIS")
    if row.role != ActivityRole.PROCESSOR:
        _require_bases(row, at)
    if row.needs_dpia and not row.dpias:
        raise at_field("dpias", _("Name the impact assessment. Have it agreed to first."), code="DPIA_MISSING")
    if row.dpias:
        _require_go(row.dpias, at)


def _require_bases(row: ProcessingActivity, at: datetime) -> None:
    """A basis is one that its law knows, and that of each purpose: a processor states what the controllers' purposes rest on."""
    field_of = {Regime.IN: "basis_in", Regime.EU: "basis_eu", Regime.US_CA: "basis_us_ca"}
    for regime in bases.unknown_bases(row.bases):
        said = _("The law of %(place)s does not know this basis. Choose one of: %(bases)s.")
        known = sorted(str(LawfulBasis(one).label) for one in BASES_OF_REGIME[regime])
        about = {"place": Regime(regime).label, "bases": ", ".join(known)}
        raise at_field(field_of[Regime(regime)], said % about, code="BASIS_OF_OTHER_LAW")
    named = [each for each in law.purposes_in_force(on=clock.day(at)) if each.code in row.purposes]
    for regime, purpose in bases.other_bases(row.bases, named):
        said = _(
            "The purpose %(purpose)s has another lawful basis: %(basis)s. Choose that one, or record this purpose "
            "by itself."
        )
        about = {"purpose": purpose.code, "basis": LawfulBasis(purpose.bases[regime]).label}
        raise at_field(field_of[Regime(regime)], said % about, code="BASIS_OF_OTHER_PURPOSE")


def _require_go(codes: list[str], at: datetime) -> None:
    stopped = Dpia.objects.filter(code__in=codes, outcome=DpiaOutcome.STOP)
    if not _known(Dpia, codes, at) or in_force(stopped, at=at).exists():
        raise at_field(
            "dpias", _("An assessment is not agreed to, or says that this must not go ahead."), code="DPIA_STOPS"
        )


def _product(row: Product, at: datetime) -> None:
    """Live only with its records of processing (policy map 1)."""
    if not row.activities or not _known(ProcessingActivity, row.activities, at):
        said = _("A record of processing that it needs is not valid on its first day. Have that approved first.")
        raise at_field("activities", said, code="NO_PROCESSING_ROW")
    if row.country != HOME:
        _require_allowed(row.country, at)


def _keeps_products(row: ProcessingActivity, at: datetime, heir: ProcessingActivity | None) -> None:
    """A record of processing does not end while a live product rests on it and no other row has its code."""
    if heir is not None and heir.code == row.code:
        return
    resting = [each.name for each in in_force(Product.objects.all(), at=at) if row.code in each.activities]
    if resting:
        said = _("A live product depends on this: %(name)s. End that first.") % {"name": resting[0]}
        raise at_field("code", said, code="PRODUCT_RESTS_ON_IT")


def _keeps_newer_check(row: RecipientCheck, at: datetime, heir: RecipientCheck | None) -> None:
    """The check of a recipient that counts does not end while an older one, of before what it found, would count again."""
    if vendor_assurance.checks_of([row.recipient_code], at=at).get(row.recipient_code) != row:
        return
    held = in_force(RecipientCheck.objects.filter(recipient_code=row.recipient_code), at=at).exclude(pk=row.pk)
    if heir is not None and heir.recipient_code == row.recipient_code:
        held = held.filter(checked_on__gt=heir.checked_on)
    if held.exists():
        said = _("An older check of this recipient would count again. End that one first.")
        raise Refused(said, code="OLDER_COUNTS_AGAIN")


def _require_allowed(country: str, at: datetime) -> None:
    denied = in_force(CountryRule.objects.filter(country=country, says=CountrySays.DENIED), at=at)
    if denied.exists():
        raise at_field("country", _("A law forbids data to go to this country."), code="COUNTRY_DENIED")


def _transfer(row: Transfer, at: datetime) -> None:
    """Rests on a contract with the recipient, goes to no country that is denied, and names its evidence."""
    if row.country == HOME:
        raise at_field("country", _("This is no transfer: the data stays in India."), code="NOT_ABROAD")
    _require_allowed(row.country, at)
    if not row.evidence.strip():
        raise at_field(
            "evidence", _("Say where the document of the mechanism is stored."), code="MECHANISM_WITHOUT_PAPER"
        )
    if row.valid_until is not None and row.valid_until < clock.day(at):
        raise at_field("valid_until", _("This day has passed."), code="TRANSFER_ENDED")
    lacking = lacks(
        vendor_assurance.papers_of([row.recipient_code], at=at)[row.recipient_code],
        country=HOME,
        categories=(),
        on=clock.day(at),
    )
    if wanting := [lack for lack in lacking if lack in {"NO_CONTRACT", "CONTRACT_ENDED", "CLAUSES_MISSING"}]:
        raise at_field("recipient_code", Lack(wanting[0]).label, code=wanting[0])


def _contract(row: Contract, at: datetime) -> None:
    if row.signed_on > clock.day(at):
        raise at_field("signed_on", _("It counts from the day it was signed: that is still ahead."), code="NOT_SIGNED")
    if row.valid_until is not None and row.valid_until < clock.day(at):
        raise at_field("valid_until", _("This day has passed."), code="CONTRACT_ENDED")
    if not row.evidence.strip() and not row.paper_sha256:
        raise at_field("evidence", _("Say where the signed document is stored."), code="PAPER_MISSING")


def _recipient(row: Recipient, at: datetime) -> None:
    """Policy 6: nobody gets data without contract, check and, abroad, a transfer."""
    lacking = vendor_assurance.lacks_of([row], at=at)[row.code]
    if lacking:
        raise at_field("code", vendor_assurance.words_of(lacking), code=str(lacking[0]))


def _dataset(row: Dataset, at: datetime) -> None:
    """Policy 4.6 and map: children and those who opted out are left out; AI needs an assessment; no paper goes to it."""
    if not {LeftOut.CHILDREN, LeftOut.OPTED_OUT} <= set(row.left_out):
        said = _("Everyone under 18 and everyone who opted out must be left out.")
        raise at_field("left_out", said, code="NOT_LEFT_OUT")
    if row.kind == DatasetKind.AI and not row.dpias:
        raise at_field("dpias", _("Name the impact assessment. Have it agreed to first."), code="DPIA_MISSING")
    if row.form == DatasetForm.PSEUDONYMISED and row.tested_on is None:
        said = _("Say when it was tested whether people can be known again.")
        raise at_field("tested_on", said, code="NOT_TESTED")
    if row.dpias:
        _require_go(row.dpias, at)
    for code in row.recipients:
        if lacking := vendor_assurance.lacks(code, categories=row.used_categories, at=at):
            raise at_field("recipients", vendor_assurance.words_of(lacking), code=str(lacking[0]))


def _access(row: ContentAccess, at: datetime) -> None:
    """Contents are read on the ground of a consent, an order or a grievance that is there."""
    try:
        reference = work_references.parse_ticket(row.basis_reference)
    except BadReference as error:
        raise at_field(
            "basis_reference", _("Enter a whole reference, like OS-GR-7K4M-9QXK."), code="NO_REFERENCE"
        ) from error
    kinds = {AccessBasis.CONSENT: ("CR",), AccessBasis.ORDER: ("AO",), AccessBasis.GRIEVANCE: ("GR", "RQ")}
    if not reference.startswith(tuple(f"OS-{kind}-" for kind in kinds[AccessBasis(row.basis)])) or not _is_there(
        reference
    ):
        raise at_field("basis_reference", _("Consent, order or grievance not found."), code="NO_REFERENCE")


def _block(row: AccountBlock, at: datetime) -> None:
    """What a machine decided about somebody a person has looked at."""
    if row.is_automated and not row.human_check.strip():
        raise at_field(
            "human_check",
            _("This was decided automatically: say what a person reviewed before."),
            code="NO_HUMAN_CHECK",
        )


def _is_there(reference: str) -> bool:
    return work_references.exists(reference) or any(found(reference) for found in ports.referred_entries)


def _link(row: ExternalLink, at: datetime) -> None:
    """Over https to a name, with nothing about anybody in it."""
    parts = urlsplit(row.url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.port not in {None, 443}:
        raise at_field("url", _("Enter an address with https:// and the name of a host."), code="LINK_FORMAT")
    if parts.query or parts.fragment:
        raise at_field(
            "url", _("Leave out what follows a ? or a #: a link carries nothing about a person."), code="LINK_CARRIES"
        )


def host_of(url: str) -> str:
    """The host a link leads to, in small letters."""
    return (urlsplit(url).hostname or "").lower()


def also_stored(model: type[BookEntry], entered: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """What the machine adds to a row that is proposed: the host of a link, the grants that a review of access is about."""
    if model is ExternalLink:
        return {"host": host_of(entered["url"])}
    if model is AccessReview:
        count, digest = grants_now(entered["roles"], now=now)
        return {"grants": count, "grants_sha256": digest}
    return {}


def grants_now(roles: list[str], *, now: datetime) -> tuple[int, str]:
    """How many grants of these roles hold, and the SHA-256 of who holds what, in one order."""
    rows = grants_in_force(RoleGrant.objects.filter(role__code__in=roles, user__is_active=True), now=now)
    held = sorted(rows.values_list("role__code", "user_id", "ends_at"), key=str)
    lines = "\n".join(f"{role} {user} {clock.stamp(ends) if ends else '-'}" for role, user, ends in held)
    return len(held), hashlib.sha256(lines.encode()).hexdigest()


CHECKS: Mapping[type[Any], Callable[[Any, datetime], None]] = {
    AccountBlock: _block,
    ContentAccess: _access,
    Contract: _contract,
    Dataset: _dataset,
    ExternalLink: _link,
    ProcessingActivity: _activity,
    Product: _product,
    Transfer: _transfer,
}


def register() -> None:
    """Called once, when the room is ready: what ``services.entries`` asks of each book."""
    sender_entries.FITS.update(CHECKS)
    #: Only when somebody agrees: a recipient may be proposed while its papers are on their way.
    sender_entries.FITS[Recipient] = _recipient
    sender_entries.FOLLOWS[AccountBlock] = suspension_notices.tell
    sender_entries.KEEPS[ProcessingActivity] = _keeps_products
    sender_entries.KEEPS[RecipientCheck] = _keeps_newer_check
