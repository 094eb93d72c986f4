from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

#: A digit that stands in a picture and that a machine could not read.
UNREAD = "\u25af"
#: What is told of a child that was still at work when its time was over, in place of an exit code: none is as large.
WORKED_TO_THE_END = 1_000


class Fault(StrEnum):
    """Why a file is refused. Each has a message of its own on the page."""

    AADHAAR_NUMBER = "AADHAAR_NUMBER"
    ACTIVE_CONTENT = "ACTIVE_CONTENT"
    ARCHIVE = "ARCHIVE"
    CORRUPT = "CORRUPT"
    EMBEDDED_FILE = "EMBEDDED_FILE"
    EMPTY = "EMPTY"
    ENCRYPTED = "ENCRYPTED"
    MALWARE = "MALWARE"
    NO_CODE = "NO_CODE"
    TOO_COMPLEX = "TOO_COMPLEX"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_PAGES = "TOO_MANY_PAGES"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    TRAILING_DATA = "TRAILING_DATA"
    TYPE = "TYPE"
    TYPE_MISMATCH = "TYPE_MISMATCH"


class Search(StrEnum):
    """How far the file was searched for numbers. QR codes always are; text in pictures only where a machine reads it."""

    SEARCHED = "SEARCHED"
    PARTLY = "PARTLY"
    NOT_SEARCHED = "NOT_SEARCHED"


class Notice(StrEnum):
    """What may be wrong with a file that is taken all the same: the customer sees it before they send it."""

    BLURRED = "BLURRED"
    SIDE_MISSING = "SIDE_MISSING"


class RefusedFileError(Exception):
    """Raised inside the child where a check says no."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True)
class Limits:
    """Technical limits, not law."""

    size: int = 10 * 1024 * 1024
    pixels: int = 40_000_000
    pages: int = 20
    #: The variance of the edges in a picture 1,000 pixels wide; a photo below it is called blurred.
    sharpness: float = 12.0
    objects: int = 200_000
    #: Bytes of instructions that a PDF may have drawn in all, what is drawn twice counted twice (``pdf_drawings``).
    drawn: int = 64 * 1024 * 1024
    cpu_seconds: int = 20
    wall_seconds: float = 30.0
    memory: int = 1536 * 1024 * 1024


@dataclass(frozen=True)
class Verdict:
    """What the child saw. ``numbers`` holds clear numbers found in the text: they stay in the worker's memory."""

    fault: Fault | None = None
    detail: str = ""
    mime: str = ""
    pages: int = 0
    width: int = 0
    height: int = 0
    search: Search = Search.NOT_SEARCHED
    #: How many numbers were covered in the kept copy.
    hidden: int = 0
    #: Something a page shows beside its text: pictures, or lines that may draw a code.
    shows_pictures: bool = False
    notices: tuple[str, ...] = ()
    numbers: dict[str, list[str]] = field(default_factory=dict, repr=False)

    @property
    def is_accepted(self) -> bool:
        return self.fault is None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Verdict":
        fault = Fault(given["fault"]) if given["fault"] else None
        changed = {"fault": fault, "search": Search(given["search"]), "notices": tuple(given["notices"])}
        return cls(**{**given, **changed})
