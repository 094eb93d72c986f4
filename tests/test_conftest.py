"""In which order tests run, and how many examples a law tries."""

import ast
from types import SimpleNamespace

import hypothesis
import pytest

from tests import conftest


@pytest.mark.parametrize("marks", ["", "not workers", "full", "full or not full"])
def test_a_run_that_takes_the_long_tests_tries_as_many_examples_as_they(marks: str) -> None:
    assert conftest.profile_for(marks) == "full"


@pytest.mark.parametrize("marks", ["not full", "not full and not browser and not workers"])
def test_a_run_without_the_long_tests_tries_fewer(marks: str) -> None:
    assert conftest.profile_for(marks) == "quick"


def law(**settings: int) -> SimpleNamespace:
    def test(number: int) -> None:
        tried.append(number)

    tried: list[int] = []
    given = hypothesis.given(hypothesis.strategies.integers())(test)
    return SimpleNamespace(function=hypothesis.settings(**settings)(given) if settings else given, tried=tried)


@pytest.mark.parametrize(("own", "tried"), [({}, conftest.EXAMPLES), ({"max_examples": 3}, 3)])
def test_a_law_without_a_database_is_tried_a_hundred_times_unless_it_says_how_often(own, tried) -> None:
    item = law(**own)
    for _parameters in range(2):
        conftest.try_more_examples(item)  # type: ignore[arg-type]
    item.function()
    assert len(item.tried) == tried


def test_a_seed_gives_the_same_order_again_and_modules_stay_together() -> None:
    items = [SimpleNamespace(path=name, number=number) for name in "abcdef" for number in range(6)]

    def order(seed: str) -> list[tuple[str, int]]:
        return [(each.path, each.number) for each in conftest.in_random_order(list(items), seed=seed)]  # type: ignore[arg-type]

    assert order("7") == order("7") != order("8")
    assert sorted(order("7")) == [(each.path, each.number) for each in items]
    modules = [path for path, _number in order("7")]
    assert [path for at, path in enumerate(modules) if at == 0 or modules[at - 1] != path] == list(
        dict.fromkeys(modules)
    )


def test_every_long_test_is_in_its_module() -> None:
    gone = []
    for path, names in conftest.LONG.items():
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module(body=[], type_ignores=[])
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        gone += [f"{path.name}::{name}" for name in sorted(names - there)]
    assert conftest.LONG
    assert gone == []
