"""The certificate for electronic evidence: its text is data, its blanks are for the hands of those who sign."""

import functools
import tomllib
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

from portal.kernel.core import clock, typst_pdf
from portal.kernel.core.errors import NotFound
from portal.kernel.law import selectors as law

BLANK = "." * 60
#: What stands above the text while nobody has compared it with the Gazette.
UNCONFIRMED = (
    "UNCONFIRMED. This text was written down from memory ({rule}, {provision}). Counsel has to compare it with the "
    "Gazette before anyone signs it."
)


@functools.cache
def text() -> Mapping[str, Any]:
    """The certificate as it lies in the data."""
    return tomllib.loads(files("portal.fronts.evidence").joinpath("data/certificate.toml").read_text(encoding="utf-8"))


def is_confirmed(*, at: datetime) -> bool:
    """Whether the rule behind the text was read in the Gazette; one that is missing was not."""
    try:
        return law.legal_rule(str(text()["rule"]), on=clock.day(at)).is_confirmed
    except NotFound:
        return False


def certificate(*, record: str, sha256: str, hashes: list[tuple[str, str]], at: datetime, footer: str) -> bytes:
    """The PDF. ``record`` says which record it is of, ``sha256`` is its hash, ``hashes`` those of its parts."""
    said, values = text(), {"blank": BLANK, "record": record, "hash": typst_pdf.in_groups(sha256)}
    parts = [
        typst_pdf.part(part["heading"], [(label, line.format(**values)) for label, line in part["lines"]])
        for part in said["part"]
    ]
    if not is_confirmed(at=at):
        warning = UNCONFIRMED.format(rule=said["rule"], provision=said["title"])
        parts.insert(0, typst_pdf.part("Before it is signed", [], warning))
    report = [(name, typst_pdf.in_groups(digest)) for name, digest in hashes]
    parts.append(typst_pdf.part("Hash report (SHA-256, in groups of 16)", report, heads=("File", "SHA-256")))
    return typst_pdf.paper(str(said["title"]), parts, at=at, footer=footer)
