"""What a ticket's page shows of the request about data that it carries: the copy that was given out, a nominee's claim."""

from datetime import datetime
from typing import Any

from grievances.base import labels, selectors
from grievances.base.models.data_copies import Bundle
from grievances.base.models.requests import RightsRequest
from grievances.base.request_choices import BundleState, Right
from grievances.nominees import labels as nominee_labels
from grievances.nominees.choices import StandingState
from grievances.nominees.services import nominee_claims
from grievances.requests.services import data_copies, erasure_requests


def copy_of(found: RightsRequest | None, now: datetime) -> dict[str, Any]:
    """A request about data beside its ticket, with the copy that was given out."""
    copy = Bundle.objects.select_related("file").filter(request=found).first() if found is not None else None
    is_over = copy is None or copy.expires_at is None or copy.expires_at <= now
    left = 0 if copy is None or is_over else data_copies.most_downloads(now) - copy.downloads
    is_used_up = not is_over and left <= 0 and copy is not None and copy.state == BundleState.RELEASED
    return {
        "rights_request": found,
        "kept_now": erasure_requests.kept_now(found, at=now) if found is not None else (),
        "copy": copy,
        "copy_left": left,
        "copy_is_used_up": is_used_up,
        "claim": _claim_of(found),
    }


def _claim_of(found: RightsRequest | None) -> dict[str, Any] | None:
    """What a nominee's claim has led to: when it begins, and what they may ask for then."""
    standing = nominee_claims.last_of(found) if found is not None and found.right == Right.CLAIM else None
    if standing is None or found is None:
        return None
    rights = standing.nominee.rights if standing.nominee is not None else []
    return {
        "state": nominee_labels.STANDINGS[standing.state],
        "tag": "ok" if standing.state == StandingState.IN_FORCE else "none",
        "is_cooling": standing.state == StandingState.COOLING,
        "is_in_force": standing.state == StandingState.IN_FORCE,
        "begins": labels.day(standing.begins_at, selectors.zone_of(found.ticket)),
        "rights": [nominee_labels.RIGHTS[right] for right in rights],
    }
