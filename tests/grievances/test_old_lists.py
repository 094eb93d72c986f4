"""Lists of an old system: what cannot be read says why."""

from typing import Any

import pytest
import tablib  # type: ignore[import-untyped]

from grievances.legacy_imports.services import legacy_files
from portal.kernel.core.errors import Refused


def read(name: str, content: bytes) -> list[dict[str, str]]:
    return legacy_files.read(
        name, content, columns=("name", "kind"), required=("name", "kind"), most_rows=100, most_bytes=4096
    )


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("list.pdf", b"%PDF", "TYPE"),
        ("list.csv", b"", "COLUMNS"),
        ("list.csv", b"name,kind\n", "EMPTY"),
        ("list.csv", b"name,colour\nA,red\n", "COLUMNS"),
        ("list.csv", b"\xff\xfe\x00", "UNREADABLE"),
        ("list.xlsx", b"not a workbook", "UNREADABLE"),
        ("list.csv", b"name,kind\n" + b"A,b\n" * 101, "TOO_MANY_ROWS"),
        ("list.csv", b"x" * 4097, "TOO_LARGE"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(name, content)
    assert refused.value.code == code


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(monkeypatch: Any) -> None:
    book = tablib.Dataset(["Asha", "individual"], headers=["name", "kind"]).export("xlsx")
    monkeypatch.setattr(legacy_files, "MOST_UNPACKED", 10)
    with pytest.raises(Refused) as refusal:
        legacy_files.read("list.xlsx", book, columns=("name", "kind"), required=(), most_rows=100, most_bytes=2**20)
    assert refusal.value.code == "UNREADABLE"
