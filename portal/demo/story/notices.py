"""The policy and the consent notice, published by two people; a changed policy, mended and told to all; a faulty draft."""

import contextlib
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, NamedTuple

from consent.base.choices import NoticeKind, Weight
from consent.base.models.notices import NoticeVersion
from consent.notices.jobs import REACH_PROOF
from consent.notices.services import draft_edits, policy_import, policy_notifications, publication, translations
from portal.demo.story.cast import OPENED, Cast
from portal.demo.story.office import by
from portal.kernel.core.data_files import data_of
from portal.kernel.jobs import services as jobs
from portal.kernel.people.models import User

DATA = data_of("portal.demo")
POLICY, CONSENT, AADHAAR = "privacy-policy", "consent-notice", "aadhaar-consent"
#: Hours of the opening day.
DRAFTED, PUBLISHED = time(9), time(10, 30)
ASKED = ("marketing", "product_updates", "analytics", "call_recording", "content_reading", "ai_tools")
#: The faults of a real policy, in the version that is mended: a list that was lost, a clause that breaks off, use for
#: consent.
LOST = "Recorded calls help us:"
MENDED = "If you say yes, we record calls with our support:\n\n- to train our staff\n- to settle what was said"
ADDED = (
    f"\n\n16. Recorded calls\n\n{LOST}\n\n17. Contact again\n\nYou may write to our team for:\n\n"
    "18. Acceptance\n\nContinued use of the platform signifies acceptance of changes.\n"
)
#: Says the opposite of consent by use, in words that the check cannot tell from it: two people look.
NO_ACCEPTANCE = "Continued use of our services never means that you accept a change of this text."
#: The same in words that no check stumbles over, and no reader either.
CLEARER = (
    "A change of this text is never accepted by silence or by going on as before. Where it needs your yes, we ask."
)
SUMMARY = (
    "Calls with our support are recorded only if you say yes.\nWe say for how long invoices are kept.\n"
    "We say that using our services accepts no change.\nYour account works with a no."
)
SUMMARIES = {
    "hi": (
        "सहायता के साथ आपकी कॉल तभी रिकॉर्ड होती हैं जब आप हाँ कहें।\nहम बताते हैं कि बिल कितने समय तक रखे जाते हैं।\n"
        "हम कहते हैं कि हमारी सेवाओं के उपयोग से कोई बदलाव स्वीकार नहीं होता।\nनहीं कहने पर भी आपका खाता चलता है।"
    ),
    "mr": (
        "मदत विभागाशी झालेले तुमचे कॉल तुम्ही होय म्हटले तरच रेकॉर्ड होतात.\nबिले किती काळ ठेवली जातात ते आम्ही सांगतो.\n"
        "आमच्या सेवा वापरल्याने कोणताही बदल स्वीकारला जात नाही, असे आम्ही सांगतो.\nनाही म्हटले तरी तुमचे खाते चालते."
    ),
}
OTHER_USES = {
    "en": "A clause about other uses was added.",
    "hi": "दूसरे उपयोगों के बारे में एक खंड जोड़ा गया।",
    "mr": "इतर उपयोगांबद्दल एक कलम जोडले.",
}
#: Sentences that make a draft worth refusing: a list without entries and consent by use.
FAULTS = "\n18. Other uses\n\nWe may also use your data for:\n\nBy using our services, you consent to this policy.\n"


class Drafts(NamedTuple):
    """The texts of the opening day, in the order in which they are published."""

    policy: NoticeVersion
    consent: NoticeVersion
    aadhaar: NoticeVersion


def draft(cast: Cast, team: Mapping[str, User]) -> Drafts:
    """Import the texts on the opening day, from which they apply."""
    at = cast.on(OPENED, DRAFTED)
    policy = policy_import.notice(code=POLICY, kind=NoticeKind.PRIVACY_POLICY, title="Privacy policy")
    english = _text("policy.en.txt")
    drafted = policy_import.import_text(
        notice=policy, text=english, effective_on=OPENED, actor=by(team["data.protection"]), now=at
    ).version
    _translate(drafted, "policy", team, at=at)
    asked = policy_import.notice(code=CONSENT, kind=NoticeKind.CONSENT_NOTICE, title="What we ask")
    consent = policy_import.import_text(
        notice=asked,
        text=_text("consent_notice.en.txt"),
        effective_on=OPENED,
        purposes=ASKED,
        actor=by(team["data.protection"]),
        now=at,
    ).version
    _translate(consent, "consent_notice", team, at=at)
    aadhaar = policy_import.import_text(
        notice=policy_import.notice(code=AADHAAR, kind=NoticeKind.CONSENT_NOTICE, title="Consent to use Aadhaar"),
        text=_text("aadhaar_notice.en.txt"),
        effective_on=OPENED,
        purposes=["aadhaar_verification"],
        actor=by(team["data.protection"]),
        now=at,
    ).version
    _translate(aadhaar, "aadhaar_notice", team, at=at)
    return Drafts(drafted, consent, aadhaar)


def publish(cast: Cast, team: Mapping[str, User], drafts: Drafts) -> NoticeVersion:
    """Publish them on the same day; gives the consent notice that answers refer to."""
    for version in drafts:
        _publish(team, version, at=cast.on(OPENED, PUBLISHED))
    # Somebody invented has read it, and the text says so: the preferences ask in Hindi, and in Marathi they do not yet.
    translations.review(
        text=drafts.consent.texts.get(language="hi"), actor=by(team["administrator"]), now=cast.on(OPENED, PUBLISHED)
    )
    return drafts.consent


def change(cast: Cast, team: Mapping[str, User]) -> NoticeVersion:
    """The next policy comes with faults; one person mends most, two people let one stand until clearer words are found,
    and it is published for later without any.

    A job tells everybody of it. Then another draft comes whose faults are for whoever tries the demonstration.
    """
    officer, administrator = by(team["data.protection"]), by(team["administrator"])
    policy = policy_import.notice(code=POLICY, kind=NoticeKind.PRIVACY_POLICY, title="Privacy policy")
    english = _text("policy.en.txt")
    common: dict[str, Any] = {"notice": policy, "actor": officer, "now": cast.start}
    version = policy_import.import_text(
        text=english.replace("tax law, for invoices", "tax law, for invoices: eight years").rstrip() + ADDED,
        effective_on=cast.day(30),
        purposes=["call_recording"],
        what_changed=SUMMARY,
        summaries=SUMMARIES,
        **common,
    ).version
    where: dict[str, Any] = {"version": version, "language": "en", "actor": officer, "now": cast.start}
    draft_edits.change_clause(
        **where,
        seen=version.binding.sha256,
        place=version.binding.clauses.get(number="16").position,
        number="16",
        title="Recorded calls",
        body=MENDED,
    )
    draft_edits.remove_clause(
        **where, seen=version.binding.sha256, place=version.binding.clauses.get(number="17").position
    )
    draft_edits.change_clause(
        **where,
        seen=version.binding.sha256,
        place=version.binding.clauses.get(number="18").position,
        number="18",
        title="No acceptance by use",
        body=NO_ACCEPTANCE,
    )
    draft_edits.number_through(**where, seen=version.binding.sha256)
    left = version.defects.get(mended=None)
    override = publication.propose_override(
        defect=left,
        why="The sentence says that use is no acceptance. The check looks at the words alone.",
        actor=officer,
        now=cast.start,
    )
    publication.answer_override(override=override, approve=True, actor=administrator, now=cast.start)
    last = version.binding.clauses.get(title="No acceptance by use")
    draft_edits.change_clause(
        **where,
        seen=version.binding.sha256,
        place=last.position,
        number=last.number,
        title=last.title,
        body=CLEARER,
    )
    _publish(team, version, at=cast.start, weight=Weight.MATERIAL)
    policy_import.import_text(
        text=version.binding.text + FAULTS,
        effective_on=cast.day(60),
        what_changed=OTHER_USES["en"],
        summaries={code: said for code, said in OTHER_USES.items() if code != "en"},
        **common,
    )
    return version


class _FirstBatch(Exception):
    """The story has told enough people."""


def tell(version: NoticeVersion, team: Mapping[str, User]) -> None:
    """The first batch of people is told of the changed policy, then staff stop the job; a proof of so much is written.

    The rest is for whoever tries the demonstration: "Go on telling" goes on with the others, and tells nobody twice.
    """
    announcement = version.announcements.select_related("version__notice", "job").get()
    if announcement.job is None:
        raise RuntimeError("a round begins with a job")
    jobs.cancel(announcement.job, by(team["administrator"]))

    def enough(done: int, total: int | None) -> None:
        if total is not None and done < total:
            raise _FirstBatch

    with contextlib.suppress(_FirstBatch):
        policy_notifications.tell_everyone(announcement, progress=enough, job=announcement.job.reference)
    jobs.start(kind=REACH_PROOF, parameters={"announcement": announcement.pk}, actor=by(team["auditor"]))


def _text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def _translate(version: NoticeVersion, name: str, team: Mapping[str, User], *, at: datetime) -> None:
    """In both other languages, as proposals that somebody who speaks them has still to read."""
    for language in ("hi", "mr"):
        policy_import.add_translation(
            version=version,
            language=language,
            text=_text(f"{name}.{language}.txt"),
            needs_native_review=True,
            actor=by(team["data.protection"]),
            now=at,
        )


def _publish(team: Mapping[str, User], version: NoticeVersion, *, at: datetime, weight: str = "") -> None:
    proposal = publication.propose(version=version, weight=weight, actor=by(team["data.protection"]), now=at)
    publication.answer(proposal=proposal, approve=True, actor=by(team["administrator"]), now=at)
    version.refresh_from_db()
