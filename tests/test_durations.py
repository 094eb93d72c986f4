"""The table of where a run's time went."""

from types import SimpleNamespace

from tests import durations


def report(nodeid: str, seconds: float) -> SimpleNamespace:
    return SimpleNamespace(nodeid=nodeid, duration=seconds)


def test_the_phases_of_a_test_are_one_test_and_the_longest_part_comes_first() -> None:
    reports = [
        report("tests/law/test_rules.py::test_a", 1.0),
        report("tests/law/test_rules.py::test_a", 0.5),
        report("tests/law/test_clocks.py::test_b", 1.0),
        report("tests/journeys/test_today.py::test_c[x::y]", 6.0),
        report("tests/test_settings.py::test_d", 0.5),
    ]
    rows = durations.by_part(reports)
    assert rows == [("tests/journeys", 1, 6.0), ("tests/law", 2, 2.5), ("tests", 1, 0.5)]
    assert durations.lines(rows)[0].split() == ["6.0", "s", "67", "%", "1", "tests", "tests/journeys"]


def test_a_run_of_one_part_has_no_table() -> None:
    assert durations.lines(durations.by_part([report("tests/law/test_rules.py::test_a", 1.0)])) == []
