"""Letters and papers as PDF, set by typst with our fonts alone: the same bytes for the same words."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from fontpkg_noto_sans import ROOT as LATIN
from fontpkg_noto_sans_devanagari import ROOT as DEVANAGARI

from portal.kernel.core import date_format

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "letters"


def typeset(template: str, words: Mapping[str, object], inputs: Mapping[str, str] | None = None) -> bytes:
    """The PDF of a template of ``templates/letters``: ``words`` reach it as JSON, ``inputs`` as they are."""
    return bytes(
        typst.compile(
            (TEMPLATES / template).read_bytes(),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[LATIN, DEVANAGARI]),
            sys_inputs={"data": json.dumps(words, ensure_ascii=False), **(inputs or {})},
        )
    )


def part(heading: str, rows: Sequence[Sequence[str]], empty: str = "", *, heads: Sequence[str] = ()) -> dict[str, Any]:
    """A heading with a table: of two columns, the first in bold, or with a head for each column. ``empty`` for no rows."""
    return {"heading": heading, "rows": [list(row) for row in rows], "empty": empty, "heads": list(heads)}


def in_groups(digest: str) -> str:
    """A hash as paper shows it: in groups of 16 digits, which a line can break between and an eye can compare."""
    return " ".join(digest[start : start + 16] for start in range(0, len(digest), 16))


def paper(title: str, parts: Sequence[dict[str, Any]], *, at: datetime, footer: str) -> bytes:
    """The PDF of a paper made at an instant; ``footer`` stands on every page."""
    words = {
        "title": title,
        "made": f"Made on {date_format.in_both(at)}.",
        "footer": f"Onesetu · {footer}",
        "parts": list(parts),
    }
    return typeset("paper.typ", words)
