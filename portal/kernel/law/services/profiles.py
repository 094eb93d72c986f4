"""The organisation profile, adopted after two people agreed (the proposal is a row of ``portal.fronts.workplace``)."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Switch
from portal.kernel.law.models import OrganisationProfile


def adopt(
    *,
    answers: Mapping[str, str],
    effective_from: date,
    made_by_ref: str,
    checked_by_ref: str,
    shown_sha256: str,
    actor: Actor = SYSTEM,
    now: datetime | None = None,
) -> OrganisationProfile:
    """Write the profile in force from a day on, with its audit event, in one transaction.

    A question without an answer is "not decided". Running clocks keep the rules they were started under. Raises Refused
    for an unknown question or answer, or when one person did both halves.
    """
    now = now or clock.now()
    if set(answers) - set(OrganisationProfile.SWITCHES) or set(answers.values()) - set(Switch.values):
        raise Refused(_("The profile has a question or an answer that is not known. Choose from the list."))
    if made_by_ref == checked_by_ref:
        raise Refused(_("The person who checks must be another one than the person who proposed."))
    with transaction.atomic():
        row = OrganisationProfile.objects.create(
            **answers,
            effective_from=effective_from,
            made_by_ref=made_by_ref,
            checked_by_ref=checked_by_ref,
            shown_sha256=shown_sha256,
            recorded_at=now,
        )
        record(
            AuditKind.LAW_PROFILE_ADOPTED,
            actor=actor,
            about=f"law.profile:{row.pk}",
            facts={
                "effective_from": effective_from.isoformat(),
                "maker": made_by_ref,
                "checker": checked_by_ref,
                "shown_sha256": shown_sha256,
            },
            at=now,
        )
    return row
