"""The policy and the consent notice, published by two people, and a faulty draft that waits for somebody."""

from collections.abc import Mapping
from pathlib import Path

from consent.models import NoticeVersion
from consent.services import importing, publishing
from consent.states import NoticeKind
from portal.demo.story.cast import Cast
from portal.demo.story.office import OPENED, by
from portal.people.models import User

DATA = Path(__file__).resolve().parent.parent / "data"
POLICY, CONSENT = "privacy-policy", "consent-notice"
ASKED = ("marketing", "product_updates", "analytics", "call_recording")
#: Sentences that make a draft worth refusing: a list without entries and consent by use.
FAULTS = "\n\n16. Other uses\n\nWe may also use your data for:\n\nBy using our services, you consent to this policy.\n"


def build(cast: Cast, team: Mapping[str, User]) -> NoticeVersion:
    """Publish both texts with effect from the opening day; gives the consent notice that answers refer to."""
    policy = importing.notice(code=POLICY, kind=NoticeKind.PRIVACY_POLICY, title="Privacy policy")
    english = _text("policy.en.txt")
    drafted = importing.import_text(
        notice=policy, text=english, effective_on=OPENED, actor=by(team["data.protection"]), now=cast.start
    )
    for language in ("hi", "mr"):
        importing.add_translation(
            version=drafted.version,
            language=language,
            text=_text(f"policy.{language}.txt"),
            needs_native_review=True,
            actor=by(team["data.protection"]),
            now=cast.start,
        )
    _publish(cast, team, drafted.version)
    asked = importing.notice(code=CONSENT, kind=NoticeKind.CONSENT_NOTICE, title="What we ask")
    consent = importing.import_text(
        notice=asked,
        text=_text("consent_notice.en.txt"),
        effective_on=OPENED,
        purposes=ASKED,
        actor=by(team["data.protection"]),
        now=cast.start,
    ).version
    _publish(cast, team, consent)
    importing.import_text(
        notice=policy,
        text=english + FAULTS,
        effective_on=cast.day(30),
        what_changed="A clause about other uses was added.",
        actor=by(team["data.protection"]),
        now=cast.start,
    )
    return consent


def _text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def _publish(cast: Cast, team: Mapping[str, User], version: NoticeVersion) -> None:
    proposal = publishing.propose(version=version, actor=by(team["data.protection"]), now=cast.start)
    publishing.answer(proposal=proposal, approve=True, actor=by(team["administrator"]), now=cast.start)
    version.refresh_from_db()
