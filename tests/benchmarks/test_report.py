import io
from collections.abc import Iterator

from tests.benchmarks import BenchRow
from tests.benchmarks.__main__ import printed


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
