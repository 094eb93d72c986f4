"""What people read about who stands behind a customer: capacities, shares, and what is wrong with them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from kyc.base.choices import PartyRole
from kyc.base.models.parties import Holding, Party
from kyc.cases.outstanding_items import Lacking
from kyc.cases.rules.ownership import OwnershipFault

#: What staff read about shares that are doubtful.
OWNERSHIP: Mapping[str, Any] = {
    OwnershipFault.MORE_THAN_ALL: _("More than 100% of something is named. Every owner named counts."),
    OwnershipFault.CLOSED_CIRCLE: _("Organisations own each other wholly: no person is behind them. Ask who is."),
    OwnershipFault.CIRCLE: _("Organisations own each other in part. The shares are followed to their limit."),
    OwnershipFault.NOT_ALL_NAMED: _("Not every owner is named. Ask who owns the rest."),
}


#: What the customer reads about shares that prove nothing, and how to mend them.
SHARES_WRONG: Mapping[str, Any] = {
    OwnershipFault.MORE_THAN_ALL: _(
        "The shares you named come to more than 100%. Change the one that is wrong, beside its owner."
    ),
    OwnershipFault.CLOSED_CIRCLE: _(
        "The organisations you named own each other wholly, and no person is behind them. Add who owns them."
    ),
}


def lacking(one: Lacking) -> str:
    """Who is still to be named, or what is to be mended, as a sentence."""
    if one.fault:
        return str(SHARES_WRONG[one.fault])
    if one.leaves_room:
        return str(
            _("The shares you named leave room for another owner. Name them, or say that no one else owns as much.")
        )
    said = {
        PartyRole.SIGNATORY: _("Name a signatory."),
        PartyRole.DIRECTOR: _("Name a director, partner or trustee."),
        PartyRole.OWNER: _("Name your owners. Their shares must not add up to more than 100%."),
    }
    return str(said[PartyRole(one.role)])


def owned_shares(party: Party, percent: Fraction | None, shares: Iterable[Holding]) -> list[str]:
    """What an owner owns: its share through all ways together, or, where none follows, its shares as they were typed."""
    if percent:
        return [_("owns %(percent)s%%") % {"percent": f"{float(percent):.4g}"}]
    return [
        _("owns %(percent)s%% of %(held)s") % {"percent": _typed(one.percent), "held": one.held.full_name}
        if one.held
        else _("owns %(percent)s%%") % {"percent": _typed(one.percent)}
        for one in shares
        if one.owner_id == party.pk
    ]


def _typed(percent: Decimal) -> str:
    return f"{percent.normalize():f}"


def capacities(party: Party, percent: Fraction | None, shares: Iterable[Holding] = ()) -> str:
    """What somebody is to the customer, in a few words, with what they own (``owned_shares``)."""
    found = [
        *([PartyRole.SIGNATORY.label] if party.is_signatory else []),
        *([PartyRole.DIRECTOR.label] if party.is_director else []),
        *owned_shares(party, percent, shares),
        *([_("Organisation")] if party.principal_id is None else []),
    ]
    return "; ".join(str(one) for one in found)
