"""What becomes of a mail: a person's word, or one of the machines' that is kept out with its reason. Plain values in."""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Final

from grievances.mail_in.parsing import Mail


class Reason(StrEnum):
    """Why a mail is no grievance and no line of one."""

    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    BULK = "bulk"
    CALENDAR = "calendar"
    EMPTY = "empty"
    FLOOD = "flood"
    KNOWN = "known"
    LOOP = "loop"
    NO_SENDER = "no_sender"
    READ_RECEIPT = "read_receipt"
    UNREADABLE = "unreadable"


#: More hand-overs than any mail has that goes straight.
MOST_HOPS: Final = 40
_POSTMASTERS: Final = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|bounces?|double-bounce)(\+[^@]*)?@")
#: At the beginning of a subject: holiday replies of programs that do not say in a header what they are.
_AWAY: Final = re.compile(
    r"^\s*(automatic reply|auto(matic)?[ -]?(reply|response|antwort)|out of (the )?office|autoreply|abwesen(d|heit)"
    r"|i am away|on (annual )?leave\b|ooo:|स्वचालित उत्तर|कार्यालय से बाहर|स्वयंचलित उत्तर|कार्यालयाबाहेर)",
    re.IGNORECASE,
)
#: Where a mail's own words end and those of the mail it answers begin.
_QUOTED: Final = re.compile(
    r"^(on .{5,200} wrote:|.{0,200}(ने लिखा|यांनी लिहिले)\s*:|am .{5,200} schrieb .{1,200}:|le .{5,200} a écrit\s*:"
    r"|-{2,}\s*(original message|forwarded message|मूल संदेश|मूळ संदेश)\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_BLOCK: Final = re.compile(r"^\*?from:\*? .{3,200}\n\*?(sent|date|to):\*? ", re.IGNORECASE | re.MULTILINE)
_DEVANAGARI: Final = re.compile("[\u0904-\u0939]")
#: Words that one of the two languages written so has and the other has not.
_MARATHI: Final = re.compile("आहे|आणि|नाही|मला|माझ|तुम्ही|झाल|केल|पाहिजे|ळ")
_HINDI: Final = re.compile("है|हैं|और|नहीं|मुझे|मेर|आप|हुआ|किया|चाहिए")


def why_ignored(mail: Mail, *, own: Collection[str]) -> Reason | None:
    """Why a mail is kept out; None where somebody may have written it. ``own``: our addresses, in lower case.

    In doubt it is a person's: a grievance that a machine filed costs a minute, one that was thrown away breaks the law.
    """
    checks = (
        (Reason.NO_SENDER, not mail.sender),
        (Reason.BOUNCE, _is_bounce(mail)),
        (Reason.READ_RECEIPT, mail.report_type == "disposition-notification"),
        (Reason.LOOP, mail.sender in own or mail.hops > MOST_HOPS or mail.headers.get("x-loop", "") in own),
        (Reason.AUTO_REPLY, _is_auto_reply(mail)),
        (Reason.BULK, _is_bulk(mail)),
        (Reason.CALENDAR, bool(mail.calendar)),
        (Reason.EMPTY, not (mail.text or mail.subject or mail.files or mail.is_encrypted)),
    )
    return next((reason for reason, holds in checks if holds), None)


def _is_bounce(mail: Mail) -> bool:
    if mail.report_type == "delivery-status" or "x-failed-recipients" in mail.headers:
        return True
    return bool(_POSTMASTERS.match(mail.sender))


def _is_auto_reply(mail: Mail) -> bool:
    """RFC 3834; what is not in it, by the headers and subjects that programs use instead."""
    submitted = mail.headers.get("auto-submitted", "no").partition(";")[0].strip()
    if submitted not in {"", "no"}:
        return True
    if {"x-autoreply", "x-autorespond"} & set(mail.headers) or mail.headers.get("precedence") == "auto_reply":
        return True
    is_silent = mail.headers.get("return-path", "").replace(" ", "") == "<>"
    return is_silent or bool(_AWAY.match(mail.subject))


def _is_bulk(mail: Mail) -> bool:
    """Sent to many. A list's own marks are not enough: the mailbox of an office is a list in many houses."""
    return mail.headers.get("precedence", "") in {"bulk", "junk"} or "list-unsubscribe-post" in mail.headers


def own_words(text: str) -> str:
    """What somebody wrote themselves in an answer, without the mail they answer. All of it where nothing else is left."""
    ends = [found.start() for found in (_QUOTED.search(text), _HEADER_BLOCK.search(text)) if found is not None]
    kept = text[: min(ends)] if ends else text
    lines = kept.rstrip().split("\n")
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(">")):
        lines.pop()
    return "\n".join(lines).strip() or text.strip()


def language_of(text: str) -> str:
    """In which of our languages a text is: letters first, then words that only one of them has."""
    letters = _DEVANAGARI.findall(text)
    if not letters or len(letters) * 3 < sum(letter.isalpha() for letter in text):
        return "en"
    return "mr" if len(_MARATHI.findall(text)) > len(_HINDI.findall(text)) else "hi"
