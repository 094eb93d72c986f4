"""Mails as the world sends them: what each is made of, and what has to become of it."""

import base64
import io
import random
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from PIL import Image

from grievances.base.inbound_mail.classification import Reason
from tests.grievances.pictures import pdf, png

ASHA = "asha@example.in"
OURS = "grievances@onesetu.example"
HTML = (
    "<html><head><style>p{color:red}</style><script>alert(1)</script></head><body onload='x()'>"
    "<p>They <b>wrote</b> to me &amp; called.</p><img src='https://t.example/p.gif'><p>Stop&nbsp;it.</p></body></html>"
)


@dataclass(frozen=True)
class Shape:
    """One shape of mail: its bytes; the reason for which it is ignored, or the words and files of its grievance."""

    name: str
    raw: bytes
    ignored: Reason | None = None
    words: str = ""
    files: int = 0
    left_out: int = 0
    language: str = "en"


def lines(*parts: str, body: str = "They wrote to me at night.", charset: str = "utf-8") -> bytes:
    """A mail of bare lines, as a program writes it."""
    head = [f"From: Asha <{ASHA}>", f"To: {OURS}", "Message-ID: <one@example.in>", "Subject: Spam", *parts]
    return "\r\n".join(head).encode("utf-8") + b"\r\n\r\n" + body.replace("\n", "\r\n").encode(charset)


def mail(body: str = "They wrote to me at night.", *, sender: str = f"Asha <{ASHA}>", **headers: str) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = sender, OURS
    made["Subject"] = headers.pop("Subject", "Spam")
    made["Message-ID"] = headers.pop("Message_ID", "<one@example.in>")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(body)
    return made


def with_file(content: bytes, name: str, kind: str = "image/png") -> bytes:
    made = mail()
    main, _slash, sub = kind.partition("/")
    made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return made.as_bytes()


def _html_only() -> bytes:
    made = mail()
    made.set_content(HTML, subtype="html")
    return made.as_bytes()


def _both() -> bytes:
    made = mail("The plain words.")
    made.add_alternative(HTML, subtype="html")
    return made.as_bytes()


def _empty_plain_beside_html() -> bytes:
    made = mail(" \n")
    made.add_alternative(HTML, subtype="html")
    return made.as_bytes()


def _screenshot() -> bytes:
    """A picture that does not fit into a few bytes, as one of a screen."""
    dots = random.Random(7).randbytes(90 * 90 * 3)
    made = io.BytesIO()
    Image.frombytes("RGB", (90, 90), dots).save(made, "PNG")
    return made.getvalue()


def _inline(content: bytes) -> bytes:
    made = mail()
    made.add_alternative("<p>See <img src='cid:a'></p>", subtype="html")
    part = made.get_body(("html",))
    assert part is not None
    part.add_related(content, "image", "png", cid="<a>")
    return made.as_bytes()


def _forwarded_as_attachment() -> bytes:
    inner = mail("Buy now!", sender="Shop <offers@shop.example>", Subject="OFFER", Message_ID="<two@shop.example>")
    made = mail("I got this from you.")
    made.add_attachment(inner)
    return made.as_bytes()


def _twenty_megabytes() -> bytes:
    """Written with one line of the file, which is then repeated: every test process reads this module."""
    line = b"\0" * 57
    made = mail("A large file.")
    made.add_attachment(line, maintype="application", subtype="zip", filename="all.zip")
    written = base64.b64encode(line) + b"\r\n"
    short = made.as_bytes()
    assert short.count(written) == 1
    return short.replace(written, written * (20 * 1024 * 1024 // len(line)))


def _report(kind: str, part: str) -> bytes:
    head = (
        f"From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: {OURS}\r\nSubject: Undelivered Mail\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
    )
    return (head + f"--b\r\nContent-Type: message/{kind}\r\n\r\n{part}\r\n--b--\r\n").encode()


INVITING = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n"


def _invitation(*, with_a_file: bool = False) -> EmailMessage:
    made = mail("You are invited.", Message_ID="<two@shop.example>")
    made.add_alternative(INVITING, subtype="calendar", params={"method": "REQUEST"})
    if with_a_file:
        made.add_attachment(INVITING, subtype="calendar", filename="invite.ics")
    return made


def _about_an_invitation(*, is_file: bool = True) -> bytes:
    made = mail("They invite me every day.")
    if is_file:
        made.add_attachment(INVITING, subtype="calendar", filename="invite.ics", params={"method": "REQUEST"})
    else:
        made.add_attachment(_invitation())
    return made.as_bytes()


def _dates_as_a_file() -> bytes:
    made = mail("When you called me:")
    made.add_attachment("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar", filename="calls.ics")
    return made.as_bytes()


def _encrypted() -> bytes:
    made = mail("", Subject="Secret")
    made.clear_content()
    made["Content-Type"] = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
    made["Content-Transfer-Encoding"] = "base64"
    made.set_payload(base64.b64encode(b"\x30\x80sealed").decode())
    return made.as_bytes()


def _signed() -> bytes:
    return (
        f"From: {ASHA}\r\nTo: {OURS}\r\nSubject: Spam\r\nMessage-ID: <s@example.in>\r\n"
        'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSigned words.\r\n"
        "--b\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n--b--\r\n"
    ).encode()


def _broken_boundary() -> bytes:
    return lines("Content-Type: multipart/mixed; boundary=nowhere", body="Nobody closed this. They wrote to me.")


def _hindi_name() -> bytes:
    return with_file(png(), "स्क्रीनशॉट.png")


def _html_beside(*others: tuple[str, str], kind: str = "mixed") -> bytes:
    """What a person wrote as HTML, with other parts behind it: each a type and what it says."""
    head = f"From: {ASHA}\r\nTo: {OURS}\r\nSubject: Spam\r\nMessage-ID: <h@example.in>\r\n"
    parts = [("text/html", HTML), *others]
    body = "".join(f"--b\r\nContent-Type: {of}\r\n\r\n{said}\r\n" for of, said in parts)
    return f"{head}Content-Type: multipart/{kind}; boundary=b\r\n\r\n{body}--b--\r\n".encode()


SPAM = "From: Shop <offers@shop.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0530\r\n\r\nBuy now!"
SAID = "They wrote to me & called.\n\nStop it."


def _forwarded_in_one_way_only() -> bytes:
    """As Apple Mail writes it: plain, or HTML with what is forwarded between."""
    made = mail("I got this from you.")
    made.add_alternative("<p>I got this from you.</p>", subtype="html")
    _plain, marked = made.iter_parts()
    marked.add_attachment(mail("Buy now!", sender="Shop <offers@shop.example>", Message_ID="<two@shop.example>"))
    return made.as_bytes()


def _half_a_letter_in_a_name() -> bytes:
    raw = with_file(png(), "screen.png")
    assert b'filename="screen.png"' in raw
    return raw.replace(b'filename="screen.png"', b"filename*=utf-7''%2B2AA-screen.png")


SHAPES = [
    Shape("plain text", mail().as_bytes(), words="They wrote to me at night."),
    Shape("a subject and nothing else", mail("", Subject="Stop calling me").as_bytes(), words="Stop calling me"),
    Shape("HTML only", _html_only(), words="They wrote to me & called.\n\nStop it."),
    Shape("text and HTML", _both(), words="The plain words."),
    Shape("an empty text beside HTML", _empty_plain_beside_html(), words="They wrote to me & called."),
    Shape(
        "HTML before a forwarded mail",
        _html_beside(("message/rfc822", SPAM)),
        words=f"{SAID}\n\n----\nDate: Tue, 24 Nov 2026 09:00:00 +0530\nFrom: Shop <offers@shop.example>\n\nBuy now!",
    ),
    Shape(
        "HTML before a plain footer",
        _html_beside(("text/plain", "Sent from my phone")),
        words=f"{SAID}\n\nSent from my phone",
    ),
    Shape("HTML before HTML", _html_beside(("text/html", "<p>And more.")), words=f"{SAID}\n\nAnd more."),
    Shape("HTML before the same as plain", _html_beside(("text/plain", "Less."), kind="alternative"), words=SAID),
    Shape("a kind of text that nobody knows", lines("Content-Type: text/x-note"), words="They wrote to me at night."),
    Shape("forwarded in one of two ways", _forwarded_in_one_way_only(), words="Buy now!"),
    Shape(
        "dates without a name",
        _html_beside(("text/calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR")),
        words=SAID,
        left_out=1,
    ),
    Shape(
        "UTF-8 in base64",
        lines(
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            body=base64.b64encode("मुझे रात में संदेश आते हैं".encode()).decode(),
        ).replace(b"Subject: Spam", b"Subject: =?utf-8?B?4KS44KSC4KSm4KWH4KS2?="),
        words="मुझे रात में संदेश आते हैं",
        language="hi",
    ),
    Shape(
        "Marathi, unencoded, no charset",
        lines(body="मला रात्री संदेश येत आहेत, ते नको आहेत").replace(b"Subject: Spam", "Subject: तक्रार आहे".encode()),
        words="मला रात्री संदेश येत आहेत",
        language="mr",
    ),
    Shape(
        "latin-1 that is windows-1252",
        lines("Content-Type: text/plain; charset=iso-8859-1", body="You said “no” – twice.", charset="windows-1252"),
        words="twice.",
    ),
    Shape(
        "a charset nobody knows",
        lines("Content-Type: text/plain; charset=x-unknown"),
        words="They wrote to me at night.",
    ),
    Shape(
        "UTF-16",
        lines("Content-Type: text/plain; charset=utf-16", body="They wrote to me.", charset="utf-16"),
        words="They wrote to me.",
    ),
    Shape(
        "half a letter in UTF-7",
        lines("Content-Type: text/plain; charset=utf-7", body="+2AA-They wrote to me."),
        words="\ufffdThey wrote to me.",
    ),
    Shape(
        "half a letter in a charset of no mail",
        lines("Content-Type: text/plain; charset=unicode_escape", body=r"\ud800They wrote to me."),
        words="They wrote to me.",
    ),
    Shape(
        "half a letter in the subject",
        lines().replace(b"Subject: Spam", b"Subject: =?utf-7?Q?+2AA-?= at night"),
        words="\ufffd at night",
    ),
    Shape("half a letter in the name of a file", _half_a_letter_in_a_name(), words="night", files=1),
    Shape("a name in no charset", lines("Content-Disposition: inline; filename*=idna''x%41"), words="night"),
    Shape(
        "quoted-printable, cut off in the middle",
        lines("Content-Transfer-Encoding: quoted-printable", body="They wrote=20to me at ni=\nght=2"),
        words="They wrote to me at night",
    ),
    Shape(
        "format=flowed",
        lines("Content-Type: text/plain; format=flowed", body="They wrote \nto me.\n-- \nAsha"),
        words="They wrote to me.",
    ),
    Shape(
        "a subject in two encoded words",
        lines().replace(b"Subject: Spam", b"Subject: =?utf-8?Q?Sp?= =?iso-8859-1?Q?=E4m?="),
        words="Späm",
    ),
    Shape("a broken encoded subject", lines().replace(b"Subject: Spam", b"Subject: =?utf-8?B?4KS4=?="), words="night"),
    Shape("bare 8-bit name", lines().replace(b"Asha <", "आशा <".encode()), words="night"),
    Shape("a picture", with_file(png(), "screen.png"), words="night", files=1),
    Shape("a file with a Hindi name", _hindi_name(), words="night", files=1),
    Shape("a PDF", with_file(pdf(2), "bill.pdf", "application/pdf"), words="night", files=1),
    Shape("a screenshot inside the text", _inline(_screenshot()), words="night", files=1),
    Shape("a logo inside the text", _inline(png(8, 8)), words="night", files=0),
    Shape(
        "a program", with_file(b"MZ" + b"\0" * 300, "run.exe", "application/x-msdownload"), words="night", left_out=1
    ),
    Shape(
        "a PDF behind a password", with_file(pdf(password="x"), "a.pdf", "application/pdf"), words="night", left_out=1
    ),
    Shape(
        "winmail.dat", with_file(b"\x78\x9f\x3e\x22", "winmail.dat", "application/ms-tnef"), words="night", left_out=1
    ),
    Shape("20 MB", _twenty_megabytes(), words="A large file.", left_out=1),
    Shape("a file with dates", _dates_as_a_file(), words="When you called me:", left_out=1),
    Shape("a mail forwarded as a file", _forwarded_as_attachment(), words="Buy now!"),
    Shape(
        "a mail forwarded in the text",
        lines(body="Look:\n\n-------- Forwarded Message --------\nFrom: Shop <offers@shop.example>\n\nBuy now!"),
        words="Buy now!",
    ),
    Shape("signed with PGP", _signed(), words="Signed words."),
    Shape("encrypted", _encrypted(), words="Secret", left_out=1),
    Shape("a boundary that is nowhere", _broken_boundary(), words="They wrote to me."),
    Shape("no Message-ID", lines().replace(b"Message-ID: <one@example.in>\r\n", b""), words="night"),
    Shape("no To, no Date", lines().replace(f"To: {OURS}\r\n".encode(), b""), words="night"),
    Shape(
        "through a list of an office", lines("List-Id: <grievances.onesetu.example>", "Precedence: list"), words="night"
    ),
    Shape("nothing at all", mail("", Subject="").as_bytes(), ignored=Reason.EMPTY),
    Shape("no sender", lines().replace(f"From: Asha <{ASHA}>\r\n".encode(), b""), ignored=Reason.NO_SENDER),
    Shape("a bounce", _report("delivery-status", "Final-Recipient: rfc822; x@example.in"), ignored=Reason.BOUNCE),
    Shape("a bounce without a report", lines().replace(ASHA.encode(), b"postmaster@mx.example"), ignored=Reason.BOUNCE),
    Shape(
        "a read receipt",
        _report("disposition-notification", "Disposition: manual-action").replace(b"MAILER-DAEMON@mx", b"asha@mail"),
        ignored=Reason.READ_RECEIPT,
    ),
    Shape("a holiday reply (RFC 3834)", lines("Auto-Submitted: auto-replied"), ignored=Reason.AUTO_REPLY),
    Shape(
        "a holiday reply by its subject and a header of programs",
        lines("X-Auto-Response-Suppress: All").replace(b"Subject: Spam", b"Subject: Automatic reply: Your grievance"),
        ignored=Reason.AUTO_REPLY,
    ),
    Shape("a holiday reply with an empty path", lines("Return-Path: <>"), ignored=Reason.AUTO_REPLY),
    Shape("an old holiday program", lines("X-Autoreply: yes"), ignored=Reason.AUTO_REPLY),
    *(
        Shape(subject, lines().replace(b"Subject: Spam", f"Subject: {subject}".encode()), words=subject)
        for subject in (
            "Auto-reply SMS from your header after I sent STOP",
            "I am away from India and my KYC was rejected",
            "Out of office calls at 11 pm from your dialer",
            "On leave, my account was blocked",
        )
    ),
    Shape("an invitation", _invitation().as_bytes(), ignored=Reason.CALENDAR),
    Shape("an invitation with itself as a file", _invitation(with_a_file=True).as_bytes(), ignored=Reason.CALENDAR),
    Shape(
        "an invitation and nothing else",
        lines("Content-Type: text/calendar; method=REQUEST", body=INVITING),
        ignored=Reason.CALENDAR,
    ),
    Shape("about an invitation", _about_an_invitation(), words="They invite me every day.", left_out=1),
    Shape(
        "about an invitation within",
        _about_an_invitation(is_file=False),
        words="They invite me every day.",
        left_out=1,
    ),
    Shape("bulk", lines("Precedence: bulk"), ignored=Reason.BULK),
    Shape("a newsletter", lines("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), ignored=Reason.BULK),
    Shape("from ourselves", lines().replace(ASHA.encode(), OURS.encode()), ignored=Reason.LOOP),
    Shape("in a circle", lines(*["Received: from a by b"] * 60), ignored=Reason.LOOP),
]
