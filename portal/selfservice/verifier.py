"""The page that checks a receipt in the reader's own browser, as one file to keep: its script and sheet stand in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

STATIC = Path(settings.BASE_DIR) / "portal" / "selfservice" / "static" / "selfservice"


def page(keys: Mapping[str, Any]) -> bytes:
    """The file, in the active language; ``keys`` are offered to start from."""
    script = (STATIC / "verifier.js").read_text(encoding="utf-8")
    sheet = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("tokens.css", "portal.css"))
    return render_to_string(
        "selfservice/receipts/verifier_file.html", {"script": script, "sheet": sheet, **keys}
    ).encode()


def page_without_keys() -> bytes:
    """For evidence packs: in English, and the same bytes whatever our keys are. Fills ``hooks.verifier_page``."""
    with translation.override("en"):
        return page({"vkeys": [], "witnesses": [], "witness_keys": []})
