"""From the bytes of a mail to what counts of it. Mail comes from everywhere: nothing in it is believed, nothing raises for it.

RFC 5322, 2045-2049, 2231 and 3464, read the way mail programs break them: wrong and missing charsets, bare 8-bit headers,
text that exists as HTML only, mails within mails.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser
from itertools import chain
from typing import Final

from portal.core.text import without_hiding_marks

#: Technical limits: what is read of the text of one mail, and of how many parts.
LONGEST_TEXT: Final = 50_000
MOST_PARTS: Final = 200
#: A picture smaller than this, shown inside the text, is a logo or a dot that counts readers; a screenshot is larger.
SMALL_PICTURE: Final = 4_096
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{3,250}>")
_BLANK_LINES: Final = re.compile(r"\n{3,}")
#: What belongs to a signature over the mail and not to the mail.
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_BREAKS: Final = frozenset(
    ["br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "hr", "pre"]
)
#: Names under which Python decodes what is no text of a mail; the time that they take grows with the square of it.
_OF_NO_MAIL: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape"})
#: Methods of RFC 5546 by which calendars talk to each other; a file with dates that a person attaches has none of them.
_INVITING: Final = frozenset({"ADD", "CANCEL", "COUNTER", "DECLINECOUNTER", "REFRESH", "REPLY", "REQUEST"})
_SILENT: Final = frozenset(
    ["script", "style", "head", "title", "template", "noscript", "svg", "math", "iframe", "object"]
)


@dataclass(frozen=True)
class Attached:
    """A file that came with a mail: its name and type as the sender says them, and its bytes."""

    name: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)
    is_inline: bool = False

    @property
    def is_decoration(self) -> bool:
        """A small picture that the text shows: a logo, a line, a dot."""
        return self.is_inline and self.media_type.startswith("image/") and len(self.content) < SMALL_PICTURE


@dataclass(frozen=True)
class Mail:
    """One mail. Addresses in lower case; texts decoded, composed by nobody and safe for nothing: pages escape them."""

    message_id: str
    #: Message-IDs of what it answers, the nearest first.
    answers: tuple[str, ...]
    sender: str = field(repr=False)
    reply_to: str = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    files: tuple[Attached, ...] = field(repr=False)
    media_type: str
    #: Headers that machines write about themselves, in lower case.
    headers: dict[str, str] = field(repr=False)
    report_type: str = ""
    #: METHOD of an invitation (RFC 5546); empty without one.
    calendar: str = ""
    is_encrypted: bool = False
    hops: int = 0


@dataclass(frozen=True)
class _Part:
    """A part that holds something itself, and what it says in words: nothing where it is a file."""

    message: Message
    words: str
    is_forwarded: bool = False


#: Headers that say who or what wrote a mail.
_OF_MACHINES: Final = (
    "auto-submitted",
    "precedence",
    "return-path",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "x-autoreply",
    "x-autorespond",
    "x-auto-response-suppress",
    "x-failed-recipients",
    "x-loop",
)


def parse(raw: bytes) -> Mail:
    """What counts of a mail. Never raises for what is in it: what cannot be decoded is decoded as well as can be."""
    message = message_from_bytes(raw)
    parts = list(_parts(message, iter(range(MOST_PARTS))))
    answers = [*_ids(message, "In-Reply-To"), *reversed(_ids(message, "References"))]
    return Mail(
        message_id=next(iter(_ids(message, "Message-ID")), ""),
        answers=tuple(dict.fromkeys(answers)),
        sender=_address(message, "From") or _address(message, "Sender"),
        reply_to=_address(message, "Reply-To"),
        recipients=tuple(_addresses(message, "To", "Cc", "Delivered-To", "X-Original-To")),
        subject=" ".join(without_hiding_marks(_header(message, "Subject")).split()),
        text=_text(parts),
        files=tuple(_files(parts)),
        media_type=message.get_content_type(),
        headers={name: _header(message, name).strip().lower() for name in _OF_MACHINES if name in message},
        report_type=str(message.get_param("report-type") or "").lower(),
        calendar=next(filter(None, (_method(part.message) for part in parts)), ""),
        is_encrypted=any(_is_encrypted(part.message) for part in parts),
        hops=len(message.get_all("Received") or ()),
    )


def _parts(message: Message, budget: Iterator[int]) -> Iterator[_Part]:
    """Every part that holds something itself, the mails within the mail included; as many as anybody reads.

    Of what is written in several ways (RFC 2046, 5.1.4) the words of one way are kept: the plainest comes first. Everything
    else that stands in a mail is said beside the rest of it, whatever it is written in.
    """
    if next(budget, None) is None:
        return
    if not message.is_multipart():
        yield _Part(message, "" if _is_file(message) else _words(message))
        return
    within = [part for part in message.get_payload() if isinstance(part, Message)]
    ways = [list(_parts(part, budget)) for part in within]
    if message.get_content_type() == "multipart/alternative":
        ways = _in_one_way(ways)
    if message.get_content_type() == "message/rfc822":
        yield _Part(message, _forwarded(within[0]), is_forwarded=True)
        ways = [[replace(part, is_forwarded=True) for part in way] for way in ways]
    yield from chain.from_iterable(ways)


def _in_one_way(ways: list[list[_Part]]) -> list[list[_Part]]:
    """The same things with the words of the first way that has any; what is forwarded in another is said nowhere else."""
    chosen = next((way for way in ways if any(part.words and not part.is_forwarded for part in way)), None)
    return [[part if way is chosen or part.is_forwarded else replace(part, words="") for part in way] for way in ways]


def _header(message: Message, name: str) -> str:
    """A header in words: RFC 2047 where it holds, bare 8-bit letters where it does not."""
    value = message.get(name)
    if value is None:
        return ""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return _plain(str(value))
    return "".join(
        _decoded(piece, charset or "utf-8") if isinstance(piece, bytes) else _plain(piece) for piece, charset in pieces
    )


def _plain(text: str) -> str:
    """Bytes that came in a header as they are: the parser keeps them as surrogates."""
    try:
        return _decoded(text.encode("utf-8", "surrogateescape"), "utf-8")
    except UnicodeEncodeError:  # halves that stand for no byte: of a parameter in a charset that has such
        return _whole(text)


def _decoded(content: bytes, charset: str) -> str:
    """The text in the charset that is named, else in the one that it can be: nobody writes latin-1 by that name."""
    for name in (charset, "utf-8", "windows-1252"):
        try:
            if codecs.lookup(name).name not in _OF_NO_MAIL:
                return _whole(content.decode(name))
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _whole(text: str) -> str:
    """The text with half letters (lone surrogates, which UTF-7 can write and nothing can keep) replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _ids(message: Message, name: str) -> list[str]:
    return _MESSAGE_ID.findall(_header(message, name))


def _addresses(message: Message, *names: str) -> Iterator[str]:
    raw = [_plain(str(value)) for name in names for value in message.get_all(name) or ()]
    for _name, address in getaddresses(raw):
        if "@" in address:
            yield address.strip().lower()


def _address(message: Message, name: str) -> str:
    return next(_addresses(message, name), "")


def _payload(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _method(part: Message) -> str:
    if part.get_content_type() != "text/calendar":
        return ""
    named = str(part.get_param("method") or "")
    found = re.search(r"^METHOD:(\w+)", _letters(part), re.MULTILINE | re.IGNORECASE)
    method = (named or (found.group(1) if found else "")).upper()
    return method if method in _INVITING else ""


def _is_encrypted(part: Message) -> bool:
    kind = part.get_content_type()
    if kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
        return "signed" not in str(part.get_param("smime-type") or "")
    return kind == "application/pgp-encrypted"


def _words(part: Message) -> str:
    """What a part says; kinds of text that nobody knows are read as plain (RFC 2046, 4.1.4)."""
    return words_of_html(_letters(part)) if "html" in part.get_content_type() else _letters(part).strip()


def _letters(part: Message) -> str:
    text = _decoded(_payload(part), part.get_content_charset() or "utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return _unfolded(text) if str(part.get_param("format") or "").lower() == "flowed" else text


def _unfolded(text: str) -> str:
    """RFC 3676: a line that ends in a blank goes on in the next one; a signature's mark does not."""
    return re.sub(r"(?<!^--) \n(?!>)", " ", text)


def _is_file(part: Message) -> bool:
    if part.get_content_maintype() == "multipart":  # its boundary is nowhere: what stands there is text
        return False
    if part.get_content_disposition() == "attachment":
        return True
    kind = part.get_content_type()
    return not kind.startswith("text/") or kind == "text/calendar" or bool(_filename(part))


def _text(parts: list[_Part]) -> str:
    """The words of the mail, in the order in which they stand there; those of the mails within it among them."""
    said = "\n\n".join(part.words for part in parts if part.words)
    return _BLANK_LINES.sub("\n\n", without_hiding_marks(said))[:LONGEST_TEXT].strip()


def _forwarded(inner: Message) -> str:
    """The head of a mail within the mail; its own parts are walked like the others.

    Not in the order in which mail programs quote what somebody answers: that is taken off (``judging.own_words``).
    """
    lines = [f"{name}: {_header(inner, name)}" for name in ("Date", "From", "Subject") if name in inner]
    return "\n".join(["----", *lines])


def _files(parts: list[_Part]) -> Iterator[Attached]:
    for part in (part.message for part in parts):
        kind = part.get_content_type()
        if kind in _SIGNATURES or kind == "message/rfc822" or not _is_file(part):
            continue
        content = _payload(part)
        is_inline = part.get_content_disposition() == "inline" or "Content-ID" in part
        yield Attached(_name(part), kind, content, is_inline=is_inline)


def _filename(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except ValueError:  # a charset that can only be strict
        return ""


def _name(part: Message) -> str:
    """The file's own name, without the folders that some programs send along."""
    try:
        pieces = decode_header(_filename(part))
        name = "".join(_decoded(p, charset or "utf-8") if isinstance(p, bytes) else _plain(p) for p, charset in pieces)
    except (HeaderParseError, ValueError, LookupError):
        name = ""
    return re.split(r"[\\/]", without_hiding_marks(name))[-1].strip() or part.get_content_type().replace("/", ".")


class _Words(HTMLParser):
    """The words of a page that people would see, line by line. It opens nothing and runs nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag in _BREAKS:
            self.found.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in _BREAKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(re.sub(r"\s+", " ", data))


def words_of_html(page: str) -> str:
    """The words of an HTML text. What is broken in it stays plain text: it is shown escaped."""
    reader = _Words()
    reader.feed(page)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.found).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
