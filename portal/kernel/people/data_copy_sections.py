"""What we hold about a person in this room, for the bundle of their own data."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.kernel.people.models import AgeStatement, Device, Principal, Protection, RegimeEvidence, Rest, SignIn


class PeopleSection:
    """Registered in ``ports.sections``."""

    name = "people"
    label = _("Name, addresses and sign-ins")
    covers = (
        "people.AgeStatement",
        "people.ContactPoint",
        "people.Customer",
        "people.Device",
        "people.Membership",
        "people.Principal",
        "people.Protection",
        "people.RegimeEvidence",
        "people.Rest",
        "people.SignIn",
    )

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per person behind the references: what they may see of themselves, nothing of others."""
        refs = list(subject_refs)
        rows = Principal.objects.filter(subject__ref__in=refs).select_related("subject").order_by("created_at", "pk")
        regimes = RegimeEvidence.objects.filter(subject_ref__in=refs).order_by("noted_at")
        laws = [{"law": row.get_regime_display(), "because": row.get_ground_display()} for row in regimes]
        protections = Protection.objects.filter(subject_ref__in=refs).order_by("noted_at")
        held = [_protection(row) for row in protections]
        rests = [_rest(row) for row in Rest.objects.filter(subject_ref__in=refs).order_by("noted_at", "pk")]
        ages = AgeStatement.objects.filter(subject_ref__in=refs).order_by("stated_at", "pk")
        about = {
            "said_to_be_of_age_at": [row.stated_at.isoformat() for row in ages],
            "reported_not_to_act": rests,
        }
        return [{**_record(principal, laws, held), **about} for principal in rows]


def _protection(row: Protection) -> dict[str, Any]:
    return {
        "why": row.get_kind_display(),
        "because": row.get_ground_display(),
        "of_age_from": row.adult_on.isoformat() if row.adult_on else None,
        "until": row.ended_at.isoformat() if row.ended_at else None,
    }


def _rest(row: Rest) -> dict[str, Any]:
    return {
        "what": row.get_cause_display() or str(_("The organisation that they act for is insolvent")),
        "state": row.get_state_display(),
        "since": row.noted_at.isoformat(),
        "until": row.lifted_at.isoformat() if row.lifted_at else None,
    }


def _record(principal: Principal, laws: list[dict[str, Any]], held: list[dict[str, Any]]) -> dict[str, Any]:
    memberships = principal.memberships.select_related("customer").order_by("joined_at")
    return {
        "name": principal.full_name,
        "language": principal.language,
        "time_zone": principal.zone,
        "known_since": principal.created_at.isoformat(),
        "addresses": [
            {
                "kind": contact.get_kind_display(),
                "address": contact.address,
                "added_at": contact.added_at.isoformat(),
                "confirmed_at": contact.verified_at.isoformat() if contact.verified_at else None,
                "given_up_at": contact.left_at.isoformat() if contact.left_at else None,
            }
            for contact in principal.contact_points.order_by("added_at", "pk")
        ],
        "acts_for": [
            {
                "customer": row.customer.reference,
                "role": row.get_role_display(),
                "from": row.joined_at.isoformat(),
                "until": row.ended_at.isoformat() if row.ended_at else None,
            }
            for row in memberships
        ],
        "laws_that_apply": laws,
        "somebody_else_answers": held,
        "known_browsers": [
            {
                "browser": row.label,
                "first_seen": row.first_seen_at.isoformat(),
                "last_seen": row.last_seen_at.isoformat(),
                "forgotten_at": row.forgotten_at.isoformat() if row.forgotten_at else None,
            }
            for row in Device.objects.filter(user__principal=principal).order_by("first_seen_at", "pk")
        ],
        "sign_ins": [
            {
                "at": row.at.isoformat(),
                "outcome": row.get_outcome_display(),
                "browser": row.browser,
                "network_address": row.address,
            }
            for row in SignIn.objects.filter(user__principal=principal).order_by("at", "pk")
        ],
    }
