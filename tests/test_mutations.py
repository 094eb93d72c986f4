"""The mutation run itself, on a module of a few lines whose tests notice some of its mutants."""

from pathlib import Path

import pytest

from tests.mutations import __main__ as mutations
from tests.mutations.changes import Mutant, mutants_of
from tests.mutations.targets import TARGETS

TOY = '''"""A toy."""

MOST = 3


def may(count: int, *, is_open: bool = True) -> bool:
    """Whether one more may come in: "é" before it on a line moves no column."""
    e, limit = "é", max(MOST, 0, key=abs)
    if not is_open or not e:
        return False
    print(count)
    return count < limit
'''
TESTS = """
from toy import may

def test_the_limit():
    assert [may(2), may(3)] == [True, False]
"""


def made() -> list[tuple[int, str, str, str]]:
    return [(each.line, each.kind, each.before, each.after) for each in mutants_of(TOY)]


def test_each_kind_of_fault_is_made_once_and_annotations_are_left_alone() -> None:
    assert made() == [
        (3, "constant", "3", "4"),
        (6, "negation", "True", "False"),
        (8, "constant", "0", "1"),
        (8, "keyword key", "max(MOST, 0, key=abs)", "max(MOST, 0)"),
        (9, "and/or", "not is_open or not e", "not is_open and (not e)"),
        (9, "negation", "not e", "e"),
        (9, "negation", "not is_open", "is_open"),
        (10, "negation", "False", "True"),
        (10, "return", "return False", "return None"),
        (11, "call", "print(count)", "pass"),
        (12, "comparison", "count < limit", "count <= limit"),
        (12, "return", "return count < limit", "return None"),
    ]


def test_a_mutant_differs_in_its_own_place_only() -> None:
    changed = {
        each.kind: [(a, b) for a, b in zip(TOY.splitlines(), each.text.splitlines(), strict=True) if a != b]
        for each in mutants_of(TOY)
    }
    assert changed["keyword key"] == [
        ('    e, limit = "é", max(MOST, 0, key=abs)', '    e, limit = "é", (max(MOST, 0))')
    ]
    assert changed["call"] == [("    print(count)", "    pass")]
    assert all(len(lines) == 1 for lines in changed.values())


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    (tmp_path / "toy.py").write_text(TOY)
    (tmp_path / "test_toy.py").write_text(TESTS)
    return tmp_path


def one(line: int, kind: str) -> Mutant:
    return next(each for each in mutants_of(TOY) if (each.line, each.kind) == (line, kind))


@pytest.mark.parametrize(("line", "kind", "result"), [(12, "comparison", "caught"), (11, "call", "survived")])
def test_a_mutant_is_caught_where_a_test_fails_and_the_module_is_as_before(
    toy: Path, line: int, kind: str, result: str
) -> None:
    assert mutations.result_of(toy, "toy.py", one(line, kind), ["test_toy.py"], seconds=60) == result
    assert (toy / "toy.py").read_text() == TOY


def test_tests_that_do_not_end_count_as_a_mutant_caught(toy: Path) -> None:
    (toy / "test_toy.py").write_text("import time\n\ndef test_long(): time.sleep(60)\n")
    result = mutations.result_of(toy, "toy.py", one(11, "call"), ["test_toy.py"], seconds=1)
    assert result == "timed out"


def test_tests_that_fail_without_a_mutant_end_the_run(toy: Path) -> None:
    (toy / "test_toy.py").write_text("def test_no(): assert False\n")
    with pytest.raises(SystemExit, match="unchanged code"):
        mutations.seconds_for(toy, ["test_toy.py"])


def test_tests_that_fail_once_are_tried_again_and_what_they_said_is_shown(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (toy / "test_toy.py").write_text(
        "from pathlib import Path\n\n"
        "def test_moody():\n"
        "    mark = Path(__file__).with_name('tried')\n"
        "    was = mark.exists()\n"
        "    mark.touch()\n"
        "    assert was, 'the first time'\n"
    )
    assert mutations.seconds_for(toy, ["test_toy.py"]) == mutations.LEAST_SECONDS
    assert "the first time" in capsys.readouterr().out


def test_a_run_goes_on_after_those_that_were_tried(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[Mutant] = []
    monkeypatch.setattr(mutations, "copied", lambda _root, _scratch: toy)
    monkeypatch.setattr(mutations, "seconds_for", lambda *_given: 60)
    monkeypatch.setattr(mutations, "explanations", dict)
    monkeypatch.setattr(
        mutations, "result_of", lambda _tree, _module, mutant, *_given, **_more: tried.append(mutant) or "survived"
    )
    every = [mutant for _module, mutant in mutations.chosen(toy, {"toy.py": ()}, count=5, seed=7)]
    mutations.run(toy, {"toy.py": ("test_toy.py",)}, count=5, seed=7, after=3)
    assert tried == every[3:]
    assert "4 of 5" in capsys.readouterr().out


def test_a_seed_chooses_the_same_mutants_again(toy: Path) -> None:
    def lines(seed: int) -> list[int]:
        return [mutant.line for _module, mutant in mutations.chosen(toy, {"toy.py": ()}, count=5, seed=seed)]

    assert lines(7) == lines(7) != lines(8)


def test_every_critical_module_and_every_test_of_the_table_is_there() -> None:
    named = {*TARGETS, *(test for tests in TARGETS.values() for test in tests)}
    assert [name for name in sorted(named) if not (mutations.ROOT / name).is_file()] == []
    rules = {str(path.relative_to(mutations.ROOT)) for path in mutations.ROOT.glob("consent/*/rules/[!_]*.py")}
    assert rules <= set(TARGETS)


def test_a_survivor_that_is_explained_does_not_count_and_another_does(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    survivor, other = one(11, "call"), one(12, "comparison")
    monkeypatch.setattr(mutations, "TARGETS", {"toy.py": ["test_toy.py"]})
    monkeypatch.setattr(mutations, "chosen", lambda *_given, **_more: [("toy.py", survivor), ("toy.py", other)])
    monkeypatch.setattr(mutations, "copied", lambda _root, _scratch: toy)
    monkeypatch.setattr(mutations, "seconds_for", lambda *_given: 60)
    results = {survivor: "survived", other: "caught"}
    monkeypatch.setattr(mutations, "result_of", lambda _tree, _module, mutant, *_given, **_more: results[mutant])
    monkeypatch.setattr(mutations.sys, "argv", ["tests.mutations", "--seed", "7", "--at-least", "92"])
    monkeypatch.setattr(mutations, "explanations", dict)
    assert mutations.main() == 1
    key = ("toy.py", "print(count)", survivor.kind, survivor.before, survivor.after)
    monkeypatch.setattr(mutations, "explanations", lambda: {key: "It says nothing that anybody reads."})
    assert mutations.main() == 0
    said = capsys.readouterr().out
    assert "survived  1 of 300  toy.py:11" in said
    assert "1 caught (0 timed out), 1 survived, 0 explained: 50.0 %" in said
    assert "1 caught (0 timed out), 0 survived, 1 explained: 100.0 %" in said


def test_each_explanation_says_why_of_a_mutant_that_there_is() -> None:
    texts = {module: (mutations.ROOT / module).read_text() for module in TARGETS}
    made = {mutations.key_of(module, text, each) for module, text in texts.items() for each in mutants_of(text)}
    explained = mutations.explanations()
    assert set(explained) <= made
    assert all(why.strip() for why in explained.values())
