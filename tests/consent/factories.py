"""Consent as services record it, and notices as two people publish them."""

import hashlib
from datetime import date, timedelta

from consent.base.choices import NoticeKind, VersionState, Way
from consent.models import ConsentEvent, Notice, NoticeText, NoticeVersion
from consent.records.services.consent_events import record
from portal.kernel.core import actor, clock
from portal.kernel.law.request_cache import remembering
from portal.kernel.law.services import purposes
from portal.kernel.people.models import Fiduciary, Principal
from tests.people.factories import PrincipalFactory
from tests.shipped import rules_of_law

ASHA = "asha@acme.example"
ASHA_PHONE = "+919876543210"
PROCESSING = ["analytics", "call_recording", "content_reading", "ai_tools"]
ASKED = ["marketing", "product_updates", *PROCESSING]


def law_is_loaded():
    """Rules and purposes as shipped, and Onesetu itself."""
    rules_of_law()
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )


def published_notice(*, asks=ASKED, code="consent", kind=NoticeKind.CONSENT_NOTICE, effective_on=None, text="May we?"):
    """A version as two people have published it, without the two people."""
    notice, _ = Notice.objects.get_or_create(code=code, defaults={"kind": kind, "title": "Notice"})
    number = notice.versions.count() + 1
    version = NoticeVersion.objects.create(
        notice=notice,
        number=number,
        state=VersionState.PUBLISHED,
        effective_on=effective_on or date(2026, 1, 1),
        purposes=list(asks),
        drafted_at=clock.now(),
        published_at=clock.now(),
    )
    NoticeText.objects.create(
        version=version,
        language="en",
        body=text.encode(),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        added_at=clock.now(),
    )
    for purpose in asks:
        purposes.notice_published(code=purpose, at=clock.now() - timedelta(days=300))
    return version


def translated(version, language, *, text="May we?", is_reviewed=True) -> NoticeText:
    """The same notice in another language, as a native speaker has read it, or not yet."""
    return NoticeText.objects.create(
        version=version,
        language=language,
        body=text.encode(),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        needs_native_review=not is_reviewed,
        added_at=clock.now(),
    )


def person(**kwargs) -> Principal:
    """A person with a confirmed e-mail address and number."""
    return PrincipalFactory(**{"email": ASHA, "phone": ASHA_PHONE, **kwargs})


@remembering()
def said(who: Principal, answer: str, **changes) -> ConsentEvent:
    """One answer of a person, by default about promotional SMS, a minute ago; as in a request, each rule is read once."""
    channel = changes.get("channel", "sms")
    kind = {"email": "email", "push": "subject", "dashboard": "subject", "none": "subject"}.get(channel, "phone")
    contact = who.contact_points.filter(kind=kind).first()
    usual = {
        "subject_ref": who.subject.ref,
        "fiduciary": "onesetu",
        "address_kind": kind,
        "address": contact.address if contact else "",
        "purpose": "marketing",
        "channel": channel,
        "answer": answer,
        "notice_version": NoticeVersion.objects.filter(state=VersionState.PUBLISHED).first(),
        "way": Way.PAGE,
        "evidence": (),
        "occurred_at": clock.now() - timedelta(minutes=1),
        "actor": actor.SYSTEM,
    }
    return record(**{**usual, **changes})
