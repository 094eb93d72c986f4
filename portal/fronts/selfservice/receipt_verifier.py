"""The page that checks receipts, and in a pack the pack too, in the reader's own browser: one file to keep, with script and sheet."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from portal.kernel.ledger import program

STATIC = Path(settings.BASE_DIR) / "portal" / "fronts" / "selfservice" / "static" / "selfservice"


def page(keys: Mapping[str, Any]) -> bytes:
    """The file, in the active language; ``keys`` are offered to start from."""
    return _written("selfservice/receipts/verifier_file.html", _text(["verifier.js"]), keys)


def page_for_packs() -> bytes:
    """For evidence packs, which it checks too: in English, and the same bytes whatever our keys are. Fills ``answers.verifier_page``."""
    with translation.override("en"):
        nobody: dict[str, list[str]] = {"vkeys": [], "witnesses": [], "witness_keys": []}
        # the tables of the program for auditors
        tables = "".join(f"const {name} = {program.table_text(name)};\n" for name in program.TABLES)
        script = tables.join([_text(["verifier.js"]), _text(["pack_registers.js", "pack_verifier.js"])])
        return _written("evidence/verifier_file.html", script, nobody)


def _written(template: str, script: str, keys: Mapping[str, Any]) -> bytes:
    sheet = _text(["tokens.css", "portal.css"])
    return render_to_string(template, {"script": script, "sheet": sheet, **keys}).encode()


def _text(names: Iterable[str]) -> str:
    return "".join((STATIC / name).read_text(encoding="utf-8") for name in names)
