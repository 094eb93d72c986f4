"""What the two standards' views of a receipt say, gathered from the registers of the day of the answer."""

from datetime import date

from consent.base.labels import event_identified_words
from consent.records.models.events import ConsentEvent
from consent.records.rules.receipt_standards import Party, Shown
from portal.kernel.core import clock
from portal.kernel.law.choices import Regime
from portal.kernel.law.models import Purpose
from portal.kernel.law.terms import Unit
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.base.selectors import current_entries
from portal.kernel.registers.recipients.selectors.recipients import recipients_of
from portal.kernel.retention import selectors as retention

UNITS = {Unit.CALENDAR_DAY: "D", Unit.MONTH: "M", Unit.YEAR: "Y"}


def shown(event: ConsentEvent, *, proof: str, vkey: str, policy_url: str, withdraw_url: str) -> Shown:
    """Everything a view needs. What nobody has entered stays empty; the view says "not recorded" there."""
    on = clock.day(event.occurred_at)
    purpose = Purpose.objects.filter(code=event.purpose, effective_from__lte=on).order_by("-version").first()
    us = _us(Fiduciary.objects.filter(is_self=True).first(), on)
    is_ours = event.fiduciary.is_self
    version = event.notice_version
    return Shown(
        event_id=str(event.entry.event_id),
        receipt=event.receipt.reference,
        answer=event.answer,
        way=f"{event.get_way_display()}. {event_identified_words(event)}",
        language=event.notice_language or "en",
        subject=str(event.subject_ref),
        controller=us if is_ours and us is not None else Party(event.fiduciary.code, event.fiduciary.name),
        processor=None if is_ours else us,
        purpose=event.purpose,
        purpose_name=purpose.name if purpose else event.purpose,
        purpose_description=purpose.description if purpose else "",
        purpose_category=purpose.message_category if purpose else "",
        basis=str(purpose.basis(Regime.IN) or "") if purpose else "",
        data=tuple(purpose.used_categories) if purpose else (),
        channel=str(event.get_channel_display()),
        notice="" if version is None else f"{version.notice.code} {version.number}",
        notice_sha256=event.notice_sha256,
        policy_url=policy_url,
        withdraw_url=withdraw_url,
        occurred_at=event.occurred_at,
        expires_at=event.expires_at,
        retention=_retention(purpose, on),
        recipients=_recipients(event),
        vkey=vkey,
        proof=proof,
    )


def _recipients(event: ConsentEvent) -> tuple[tuple[str, str], ...]:
    """Who gets this fiduciary's data for this purpose, at the time of the answer."""
    booked = recipients_of(event.fiduciary, at=event.occurred_at)
    return tuple((one.name, one.country) for one in booked if event.purpose in one.purposes)


def _us(own: Fiduciary | None, on: date) -> Party | None:
    """Onesetu with the details of that day, and the Grievance Officer's contact where one was appointed."""
    if own is None:
        return None
    company, officer = current_entries.company_details(on=on), current_entries.current_officer(on=on)
    return Party(
        code=own.code,
        name=company.legal_name if company else own.name,
        contact=f"{officer.title}, {officer.full_name}" if officer else "",
        address=company.postal_address if company else "",
        email=officer.email if officer else (company.email if company else ""),
        phone=officer.phone if officer else (company.phone if company else ""),
        url=company.website if company else "",
    )


def _retention(purpose: Purpose | None, on: date) -> str:
    """Our own period for the purpose's class, in ISO 8601; empty where no rule is loaded."""
    rule = retention.rule_for(purpose.retention_class, on=on) if purpose else None
    if rule is None:
        return ""
    period = retention.house_period(rule, on=on)
    unit = UNITS.get(Unit(period.unit))
    return f"P{period.amount}{unit}" if unit else ""
