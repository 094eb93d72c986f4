"""Frozen samples of the registers: drawn once, kept with seed and population hash, drawn again by anybody."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.fronts.evidence import sampling
from portal.fronts.evidence.models import DrawnSample
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.registers import REGISTERS, Register
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import clock, date_format, field_changes, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused

#: More rows than this make no population: choose fewer days.
MOST = 50_000
#: The registers that have an order of risk, and what it is.
RISK: Mapping[str, str] = {"clocks": "due_at", "erasure_runs": "-due", "kyc_screenings": "-likenesses"}
BY_NAME: Mapping[str, Register] = {register.name: register for register in REGISTERS}


def population(register: Register, period: Period, method: str) -> list[str]:
    """The rows of the register that a pack of the period holds: in the order of their numbers, or the highest risk first.

    Each is a line ``number,reference,hash``: the SHA-256 of the row's line in the pack. The reference is empty in a
    register without one. Raises Refused for a register without an order of risk, and for more rows than ``MOST``.
    """
    if method == sampling.FIRST and register.name not in RISK:
        raise Refused(_("This register has no order of risk. Choose another way of drawing."), code="NO_RISK")
    order = (RISK[register.name], "pk") if method == sampling.FIRST else ("pk",)
    found = register.chosen(period.start, period.end).order_by(*order).values_list("pk", flat=True)[: MOST + 1]
    numbers = [str(number) for number in found]
    if len(numbers) > MOST:
        raise Refused(_("More than %(most)s rows lie in these days. Choose fewer days.") % {"most": MOST}, code="MANY")
    lines = {str(row[0]): _item(register, row) for row in register.rows(period.start, period.end)}
    return [lines[number] for number in numbers if number in lines]


def _item(register: Register, row: tuple[Any, ...]) -> str:
    names = register.heads
    reference = row[names.index("reference")] if "reference" in names else ""
    return f"{row[0]},{reference},{hashlib.sha256(register.line(row).rstrip()).hexdigest()}"


def draw(
    *, register: Register, period: Period, method: str, size: int, seed: int, actor: Actor, now: datetime
) -> DrawnSample:
    """Draw and freeze: the row and its audit event in one transaction. The days are over: ``period`` has no open end.

    Raises Refused for days that are not over, none at all, a register without rows, and as ``population``.
    """
    period.refuse_unfit(now=now)
    if period.until is not None:
        raise Refused(_("Choose days that are over: of today more may come."), code="PERIOD_NOT_ENDED")
    rows = population(register, period, method)
    if not rows:
        raise Refused(_("The register has no row in these days."), code="EMPTY")
    with transaction.atomic():
        sample = DrawnSample.objects.create(
            reference=ids.new_reference("SM"),
            register=register.name,
            first_day=period.first_day,
            last_day=period.last_day,
            method=method,
            size=size,
            seed=seed,
            population=rows,
            population_size=len(rows),
            population_sha256=sampling.digest(rows),
            chosen=[row.partition(",")[0] for row in sampling.drawn(rows, method=method, size=size, seed=seed)],
            drawn_by_ref=actor.ref,
            drawn_at=now,
        )
        field_changes.watch_created(sample)
        facts: dict[str, str | int] = {
            "reference": sample.reference,
            "register": register.name,
            "from": period.first_day.isoformat(),
            "to": period.last_day.isoformat(),
            "method": method,
            "size": size,
            "seed": seed,
            "population": len(rows),
            "sha256": sample.population_sha256,
            "kept": True,
        }
        about = f"evidence.drawnsample:{sample.reference}"
        record(AuditKind.EVIDENCE_SAMPLE_DRAWN, actor=actor, about=about, facts=facts, at=now)
    return sample


def drawn_in(period: Period) -> list[DrawnSample]:
    """The samples whose drawing the log recorded in the period: a pack holds each of them or says why not."""
    events = AuditEvent.objects.filter(
        kind=AuditKind.EVIDENCE_SAMPLE_DRAWN,
        entry__recorded_at__gte=period.start,
        entry__recorded_at__lt=period.end,
    )
    labels = events.exclude(entry__payload=None).values_list("about", flat=True)
    references = [about.partition(":")[2] for about in labels]
    return list(DrawnSample.objects.filter(reference__in=references).order_by("reference"))


def kept(sample: DrawnSample) -> list[str] | None:
    """The population as it was when the sample was drawn; None for one of before populations were kept with samples."""
    return sample.population or None


def title_of(sample: DrawnSample) -> str:
    """The register of a sample as its list is called."""
    return str(capfirst(BY_NAME[sample.register].model._meta.verbose_name_plural))


def described(sample: DrawnSample) -> str:
    """What it is, in one line: reference, register, how many rows, of which days, and when it was drawn."""
    size = ngettext("%(count)d row", "%(count)d rows", len(sample.chosen)) % {"count": len(sample.chosen)}
    return _("%(reference)s: %(register)s, %(rows)s, %(days)s, drawn on %(drawn)s") % {
        "reference": sample.reference,
        "register": title_of(sample),
        "rows": size,
        "days": date_format.days(sample.first_day, sample.last_day),
        "drawn": date_format.day(clock.day(sample.drawn_at)),
    }


def as_plain(sample: DrawnSample) -> dict[str, object]:
    """A sample as a pack holds it: what ``verify.py`` draws again. ``chosen`` are lines of the population."""
    rows = kept(sample) or []
    return {
        "reference": sample.reference,
        "register": sample.register,
        "from": sample.first_day.isoformat(),
        "to": sample.last_day.isoformat(),
        "population_size": sample.population_size,
        "population_sha256": sample.population_sha256,
        "method": sample.method,
        "size": sample.size,
        "seed": sample.seed,
        "chosen": sampling.drawn(rows, method=sample.method, size=sample.size, seed=sample.seed),
    }
