"""Purposes: adopted after two people agreed (the proposal is a row of ``portal.fronts.workplace``), and told of their notice."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, Actor
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import BASES_OF_REGIME, Channel, LawfulBasis, MessageCategory, Regime
from portal.kernel.law.models import Purpose

FIELDS = frozenset(
    [
        "names",
        "descriptions",
        "message_category",
        "bases",
        "balancing_test",
        "used_categories",
        "channels",
        "retention_class",
        "validity_rule",
        "is_ours_alone",
        "is_asked_in_place",
        "notice_published_at",
    ]
)

#: What a correction may change. The second person sees old and new words and vouches that they mean the same.
WORDS = frozenset({"names", "descriptions", "balancing_test", "notice_published_at"})


def adopt(
    *,
    code: str,
    fields: Mapping[str, Any],
    effective_from: date,
    made_by_ref: str,
    checked_by_ref: str,
    shown_sha256: str,
    actor: Actor = SYSTEM,
    now: datetime | None = None,
    is_correction: bool = False,
) -> Purpose:
    """Write the next version of a purpose, with its audit event, in one transaction.

    Fields that are not given are those of the last version, but for ``notice_published_at``: a new meaning is asked
    for, of everybody again, only after its own notice. A correction mends words and means what it meant: its notice
    stays published, and answers stand. Raises Refused for fields that contradict each other or the law.
    """
    now = now or clock.now()
    with transaction.atomic():
        last = Purpose.objects.filter(code=code).order_by("-version").first()
        row = Purpose(
            code=code,
            version=last.version + 1 if last else 1,
            effective_from=effective_from,
            made_by_ref=made_by_ref,
            checked_by_ref=checked_by_ref,
            shown_sha256=shown_sha256,
            recorded_at=now,
            **{**(_kept(last) if last else {}), **fields},
        )
        row.sends_messages = bool(row.message_category)
        if is_correction:
            last = check_correction(row, last=last)
            row.means_since, row.notice_published_at = last.meaning_since, last.notice_published_at
        check(row, last=last)
        row.save(force_insert=True)
        record(
            AuditKind.LAW_PURPOSE_ADOPTED,
            actor=actor,
            about=f"law.purpose:{code}",
            facts={
                "purpose": code,
                "version": row.version,
                "effective_from": effective_from.isoformat(),
                "maker": made_by_ref,
                "checker": checked_by_ref,
                "shown_sha256": shown_sha256,
                "kind": "correction" if is_correction else "meaning",
            },
            at=now,
        )
    return row


def notice_published(*, code: str, at: datetime) -> int:
    """The notice that names the purpose is published: from ``at`` on, consent may be asked for.

    It tells of the purpose as it means on the day of ``at`` in India, or of its first meaning where none has begun by
    then; a meaning that comes later waits for its own notice. Touches versions that had no notice yet, in the caller's
    transaction; returns how many.
    """
    meanings = Purpose.objects.filter(code=code).annotate(meant=Coalesce("means_since", "effective_from"))
    days = list(meanings.order_by("meant").values_list("meant", flat=True).distinct())
    if not days:
        return 0
    meant = max((day for day in days if day <= clock.day(at)), default=days[0])
    return meanings.filter(meant=meant, notice_published_at=None).update(notice_published_at=at)


def check(row: Purpose, *, last: Purpose | None) -> None:
    """Raises Refused, saying what to mend, for a purpose that the law or the house does not allow."""
    unknown = {str(regime) for regime in Regime} ^ set(row.bases)
    if unknown:
        raise Refused(_("State one lawful basis for each region: India, the European Union and California."))
    for regime, basis in row.bases.items():
        if basis not in BASES_OF_REGIME[Regime(regime)]:
            raise Refused(
                _("The basis %(basis)s does not exist in the law of %(regime)s. Choose another one.")
                % {"basis": basis, "regime": Regime(regime).label}
            )
    if LawfulBasis.LEGITIMATE_INTEREST in row.bases.values() and not row.balancing_test.strip():
        raise Refused(_("A legitimate interest needs the text of its balancing test. Write it down first."))
    if row.message_category and row.message_category not in MessageCategory.values:
        raise Refused(_("The message category is not one of the four. Choose one from the list."))
    if set(row.channels) - set(Channel.values):
        raise Refused(_("A channel is not known. Choose channels from the list."))
    if not row.names.get("en") or not row.descriptions.get("en"):
        raise Refused(_("A purpose needs a name and a description in English."))
    if last is not None and row.effective_from <= last.effective_from:
        raise Refused(
            _("The new version must start after the present one, which started on %(date)s.")
            % {"date": last.effective_from.isoformat()}
        )


def check_correction(row: Purpose, *, last: Purpose | None) -> Purpose:
    """The version that is corrected. Raises Refused for a correction that changes more than words: that is a new meaning, and asks everybody again."""
    if last is None:
        raise Refused(_("There is no earlier version to correct."), code="NOTHING_TO_CORRECT")
    changed = [
        name for name in sorted(FIELDS - WORDS) if _unordered(getattr(row, name)) != _unordered(getattr(last, name))
    ]
    if changed:
        raise Refused(
            _("A correction mends words only. This one changes %(fields)s: propose it as a new meaning.")
            % {"fields": ", ".join(changed)},
            code="NOT_A_CORRECTION",
        )
    return last


def _unordered(value: Any) -> Any:
    """Channels and data categories are sets; a form gives them in another order than a file."""
    return sorted(value) if isinstance(value, list) else value


def _kept(last: Purpose) -> dict[str, Any]:
    return {name: getattr(last, name) for name in FIELDS - {"notice_published_at"}}
