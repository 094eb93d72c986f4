import io
import subprocess
from collections.abc import Iterator

import pytest

from tests.benchmarks import BenchRow
from tests.benchmarks.__main__ import in_a_process_of_its_own, printed


def a_row(number: str, *, is_met: bool = True) -> BenchRow:
    return BenchRow(number, "a job", "ms", 1.0, 2.0, 0.5, "at most 1", is_met)


def test_a_row_that_fails_does_not_hide_the_others() -> None:
    def failing() -> Iterator[BenchRow]:
        yield a_row("P7")
        raise RuntimeError("no disk")

    report = io.StringIO()
    is_met = printed([("P7", failing), ("P13", lambda: [a_row("P13")])], report)
    lines = report.getvalue()
    assert not is_met
    assert lines.index("P7   a job") < lines.index("P7   NO FIGURE: RuntimeError: no disk") < lines.index("P13  a job")


def test_the_report_is_met_only_when_every_row_is() -> None:
    assert printed([("P1", lambda: [a_row("P1")])], io.StringIO())
    assert not printed([("P1", lambda: [a_row("P1", is_met=False)]), ("P2", lambda: [a_row("P2")])], io.StringIO())


def test_the_rows_on_sqlite_use_no_other_database(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, str]] = []

    def run(command: list[str], *, env: dict[str, str], check: bool) -> subprocess.CompletedProcess[bytes]:
        given.append(env)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    names = ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL")
    for name in names:
        monkeypatch.setenv(name, "elsewhere")
    in_a_process_of_its_own("", [])
    in_a_process_of_its_own("postgres://here", [])
    assert [given[0][name] for name in names] == ["", "", ""]
    assert given[1]["KEYS_DATABASE_URL"] == "elsewhere"
