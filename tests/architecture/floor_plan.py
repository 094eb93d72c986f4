"""The floor plan of ``portal/docs/architecture.md``: which package holds what, from the packages' own first lines.

``python -m tests.architecture.floor_plan`` writes it anew.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.architecture.test_structure import ROOT, modules

PAGE: Final = ROOT / "portal/docs/architecture.md"
BEGIN, END = "<!-- floor plan -->\n", "<!-- end of the floor plan -->"
#: Low to high, as the import check has them (``pyproject.toml``).
ROOMS: Final = {
    "portal/kernel": "core ledger audit law vault jobs people outbox registers retention",
    "portal/kernel/registers": "base senders recipients orders incidents entries",
    "consent": "base records suppressions preferences notices prompts decisions collection broadcasts consent_imports",
    "kyc": "names numbers sanctions signatures base cases signers risk outcomes screening review qa_reviews legacy_imports",
    "grievances": "base tickets nominees requests mail legacy_imports",
    "portal/fronts": "signin selfservice api workplace evidence",
}


def first_line(package: Path) -> str:
    said = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    return said.splitlines()[0] if said else ""


def rows() -> Iterator[str]:
    for within, names in ROOMS.items():
        yield from ("", f"### `{within}/`", "", "| Package | Modules | What lies in it |", "|---|---|---|")
        for name in names.split():
            package = ROOT / within / name
            count = sum(package in module.parents for module in modules())
            yield f"| `{name}` | {count} | {first_line(package)} |"
    yield ""


def plan() -> str:
    return "\n".join(rows())


def main() -> int:
    before, _begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{plan()}\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
