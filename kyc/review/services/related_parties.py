"""Who stands behind a customer: people and organisations, in which capacity, and what they own.

Each change raises Refused as ``authority.require_open``: SUSPENDED, CUSTOMER_CLOSED.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kyc.base.choices import GONE, PartyRole, RenewalReason
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Holding, Party
from kyc.cases.outstanding_items import FATAL, ownership_of, requirements_of
from kyc.outcomes.services import case_status
from kyc.outcomes.services.deletion_requests import UNDECIDED, let_go
from kyc.review.services import kyc_renewals
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import ids, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.people.models import Principal
from portal.kernel.people.services import people, subjects
from portal.kernel.people.services.authority import require_open

ALL = Decimal(100)


def add_person(
    case: Case,
    *,
    full_name: str,
    roles: Iterable[str],
    percent: Decimal | None = None,
    held: Party | None = None,
    principal: Principal | None = None,
    actor: Actor,
    now: datetime,
) -> Party:
    """Name a person in one or more capacities; ``percent`` of the customer, or of ``held``, is what an owner owns.

    A new person without a login, unless ``principal`` is given (a member who signs themself). The party's reference is
    joined to the person's. Person, party, share, audit events and the state of the case are one transaction. Raises
    Refused: NAME, NUMBER_IN_NAME, ROLE (none, or one that this type does not have), PERCENT, ALREADY.
    """
    if principal is None and not full_name.strip():
        raise Refused(_("Enter the name."), code="NAME")
    if principal is None:
        pii_guard.require_name(full_name)
    wanted = _roles(case, roles, percent, now)
    with transaction.atomic():
        person = principal or people.create(full_name=full_name, actor=actor, now=now)
        party = _insert(case, actor, now, principal=person, name="", roles=wanted)
        subjects.join(old_ref=party.subject_ref, new_ref=person.subject.ref, actor=actor, now=now)
        if percent is not None:
            own(party, percent=percent, held=held, actor=actor, now=now)
        if party.is_signatory:
            kyc_renewals.something_changed(case, RenewalReason.SIGNATORY_CHANGED, actor=actor, now=now)
        case_status.settle(case, actor=actor, now=now)
    return party


def add_organisation(
    case: Case, *, name: str, percent: Decimal, held: Party | None = None, actor: Actor, now: datetime
) -> Party:
    """Name an organisation that owns a part of the customer, or of ``held``; who owns it is named next.

    Raises as ``add_person``.
    """
    if not name.strip():
        raise Refused(_("Enter the name."), code="NAME")
    pii_guard.require_name(name)
    roles = _roles(case, [PartyRole.OWNER], percent, now)
    with transaction.atomic():
        party = _insert(case, actor, now, principal=None, name=name.strip(), roles=roles)
        own(party, percent=percent, held=held, actor=actor, now=now)
        case_status.settle(case, actor=actor, now=now)
    return party


def own(owner: Party, *, percent: Decimal, held: Party | None, actor: Actor, now: datetime) -> Holding:
    """Note what a party owns of the customer or of an organisation in between; a share noted before ends.

    Raises Refused (PERCENT) for what is no share, and for a share in a person or in somebody else's organisation.
    """
    with transaction.atomic():
        require_open(owner.case.customer, actor, at=now)
        holding = _own(owner, percent, held, actor, now)
        case_status.settle(owner.case, actor=actor, now=now)
    return holding


def _own(owner: Party, percent: Decimal, held: Party | None, actor: Actor, now: datetime) -> Holding:
    """As ``own``, in the caller's transaction, which settles the case once all shares are written."""
    if not 0 < percent <= ALL:
        raise Refused(_("A share is more than 0 and at most 100%."), code="PERCENT")
    if held is not None and (held.case_id != owner.case_id or held.principal_id is not None or held.pk == owner.pk):
        raise Refused(_("Choose the customer or an organisation that owns a part of it."), code="HELD")
    _end_share(owner, held, now)
    holding = Holding.objects.create(owner=owner, held=held, percent=percent, since=now)
    _note(owner, "owns", actor, now)
    return holding


def set_shares(owner: Party, shares: Mapping[Party | None, Decimal | None], *, actor: Actor, now: datetime) -> None:
    """Note what a party owns of each of these (None: of the customer) from now on; no share ends what was noted before.

    Only what differs is written, each with its audit event, in one transaction with the state of the case: people who
    stay keep their papers. Raises Refused (PERCENT, HELD) as ``own``, and SHARE where somebody who is nothing but an
    owner would own nothing: they are taken off the list; IllegalMove for somebody who left.
    """
    with transaction.atomic():
        require_open(owner.case.customer, actor, at=now)
        Case.objects.select_for_update(no_key=True).get(pk=owner.case_id)
        owner.refresh_from_db()
        if owner.ended_at is not None:
            raise IllegalMove(_("This person was taken off the list already."))
        running = {holding.held: holding for holding in owner.holdings.filter(ended_at=None).select_related("held")}
        after = {held: holding.percent for held, holding in running.items()} | dict(shares)
        if not (any(after.values()) or owner.is_signatory or owner.is_director):
            said = _("Enter a share. A person who no longer owns anything is removed from the list.")
            raise Refused(said, code="SHARE")
        for held, percent in shares.items():
            if percent and (held not in running or running[held].percent != percent):
                _own(owner, percent, held, actor, now)
            elif not percent and held in running:
                _end_share(owner, held, now)
                _note(owner, "sold", actor, now)
        case_status.settle(owner.case, actor=actor, now=now)


def _end_share(owner: Party, held: Party | None, now: datetime) -> None:
    Case.objects.filter(pk=owner.case_id).update(nobody_else_at=None)
    Holding.objects.filter(owner=owner, held=held, ended_at=None).update(ended_at=now)


def say_nobody_else(case: Case, *, actor: Actor, now: datetime) -> None:
    """The customer says that nobody who is not named owns more than the share that counts, with its audit event.

    A share noted later ends what was said. In one transaction with the state of the case. Raises Refused where no owners
    are asked for (ROLE), and where the named shares cannot be right (PERCENT): then there is nothing to say it about.
    """
    with transaction.atomic():
        require_open(case.customer, actor, at=now)
        case.refresh_from_db(from_queryset=Case.objects.select_for_update(no_key=True))
        owned = ownership_of(case, now=now)
        if owned is None:
            raise Refused(_("We do not ask who owns this customer."), code="ROLE")
        if owned.faults & FATAL:
            raise Refused(_("The shares you named cannot be right. Fix them first."), code="PERCENT")
        case.nobody_else_at = now
        case.save(update_fields=["nobody_else_at"])
        record(
            AuditKind.KYC_PARTY_CHANGED,
            actor=actor,
            about=case.owner,
            subject_ref=case.subject_ref,
            facts={"case": case.reference, "type": "nobody_else"},
            at=now,
        )
        case_status.settle(case, actor=actor, now=now)


def leave(party: Party, *, actor: Actor, now: datetime) -> None:
    """Somebody stands behind the customer no more: their shares end, and files that nobody decided about are let go,
    those too that wait for a decision.

    What was decided about stays with the case until its period is over, what a hold keeps until that ends. Raises IllegalMove when they left already.
    """
    with transaction.atomic():
        require_open(party.case.customer, actor, at=now)
        if Party.objects.filter(pk=party.pk, ended_at=None).update(ended_at=now) != 1:
            raise IllegalMove(_("This person was taken off the list already."))
        party.refresh_from_db()
        if Holding.objects.filter(Q(owner=party) | Q(held=party), ended_at=None).update(ended_at=now):
            Case.objects.filter(pk=party.case_id).update(nobody_else_at=None)
        for document in Document.objects.filter(UNDECIDED, party=party).exclude(state__in=GONE):
            let_go(document, actor=actor, now=now)
        _note(party, "left", actor, now)
        if party.is_signatory:
            kyc_renewals.something_changed(party.case, RenewalReason.SIGNATORY_CHANGED, actor=actor, now=now)
        case_status.settle(party.case, actor=actor, now=now)


def _roles(case: Case, roles: Iterable[str], percent: Decimal | None, now: datetime) -> set[str]:
    found = {str(role) for role in roles}
    if not found or not found <= set(requirements_of(case, now=now).roles):
        raise Refused(_("Choose what this person is."), code="ROLE")
    if (PartyRole.OWNER in found) != (percent is not None):
        raise Refused(_("Enter what percentage the owner owns."), code="PERCENT")
    if percent is not None and not 0 < percent <= ALL:
        raise Refused(_("A share is more than 0 and at most 100%."), code="PERCENT")
    return found


def _insert(
    case: Case, actor: Actor, now: datetime, *, principal: Principal | None, name: str, roles: set[str]
) -> Party:
    try:
        with transaction.atomic():
            require_open(case.customer, actor, at=now)
            party = Party.objects.create(
                reference=ids.new_reference("PA"),
                case=case,
                subject_ref=uuid.uuid4(),
                principal=principal,
                name=name,
                is_signatory=PartyRole.SIGNATORY in roles,
                is_director=PartyRole.DIRECTOR in roles,
                added_at=now,
            )
    except IntegrityError as error:
        raise Refused(_("This person is on the list already."), code="ALREADY") from error
    _note(party, "added", actor, now)
    return party


def _note(party: Party, what: str, actor: Actor, now: datetime) -> None:
    record(
        AuditKind.KYC_PARTY_CHANGED,
        actor=actor,
        about=f"kyc.party:{party.reference}",
        subject_ref=party.subject_ref,
        facts={"case": party.case.reference, "type": what},
        at=now,
    )
